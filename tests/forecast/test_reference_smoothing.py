"""Agreement with statsmodels called directly, and of every figure of the backtest with its definition, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_series import history_of, noisy_week
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from echo_ml.models.forecast.backtest import Backtest, backtest
from echo_ml.models.forecast.grains import DAYS, MONTHS, YEARLY
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.intervals import coverage, widths_of
from echo_ml.models.forecast.naive import fit_naive
from echo_ml.models.forecast.smoothing import fit_smoothing


def all_known(values: Floats) -> np.ndarray:
    return np.ones(len(values), dtype=bool)


def by_statsmodels(values: Floats, season: int, horizon: int, beginning: Floats):  # type: ignore[no-untyped-def]
    """The same model, asked for its own forecast and its own intervals."""
    model = ETSModel(
        pd.Series(values), error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=season,
        initialization_method="known", initial_level=beginning[0], initial_trend=0.0, initial_seasonal=beginning[1:],
    )  # fmt: skip
    fit = model.fit(disp=False)
    predicted = fit.get_prediction(start=len(values), end=len(values) + horizon - 1).summary_frame(alpha=0.05)
    return fit, predicted


@pytest.mark.parametrize("kind", ["noisy week", "growing"])
def test_forecasts_and_their_spread_are_those_of_statsmodels(kind: str) -> None:
    values = history_of(kind).values
    ours = fit_smoothing(values, all_known(values), DAYS)
    fit, predicted = by_statsmodels(ours.scale.to(values), 7, DAYS.horizon, ours.beginning)
    [centres] = ours.centres(values, np.array([len(values)]))
    np.testing.assert_allclose(centres - ours.noise, predicted["mean"], rtol=1e-8)
    wide = (predicted["pi_upper"] - predicted["pi_lower"]).to_numpy() / (2 * 1.959964)
    np.testing.assert_allclose(ours.spread, wide, rtol=1e-5)
    assert ours.parameters == pytest.approx(dict(zip(fit.model.param_names, fit.params, strict=True)))
    assert set(ours.parameters) == {"smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend"}


def test_given_its_beginning_a_fit_is_as_likely_as_one_that_estimates_it() -> None:
    values = noisy_week(400)
    ours = fit_smoothing(values, all_known(values), DAYS)
    on_scale = ours.scale.to(values)
    fit, _ = by_statsmodels(on_scale, 7, 1, ours.beginning)
    free = ETSModel(on_scale, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=7)
    assert fit.llf == pytest.approx(free.fit(disp=False).llf, abs=5)


def test_a_yearly_season_is_found_in_months() -> None:
    months = np.arange(60)
    year = 100 + 30 * np.sin(2 * np.pi * months / 12)
    values = year + np.random.default_rng(1).normal(0, 1, 60)
    ours = fit_smoothing(values, all_known(values), YEARLY)
    [centres] = ours.centres(values, np.array([60]))
    expected = 100 + 30 * np.sin(2 * np.pi * np.arange(60, 63) / 12)
    np.testing.assert_allclose(ours.scale.back(centres), expected, atol=4)


@pytest.fixture(scope="module")
def tested() -> Backtest:
    values = history_of("noisy week").values
    return backtest(values, all_known(values), DAYS, fit_naive)


def test_the_baseline_is_the_value_of_the_same_weekday_before_the_origin(tested: Backtest) -> None:
    values = history_of("noisy week").values
    for origin, forecasts in zip(tested.origins[::13], tested.forecasts[::13], strict=True):
        np.testing.assert_allclose(forecasts, np.tile(values[origin - 7 : origin], 5))


def test_mase_and_bias_are_as_they_are_defined(tested: Backtest) -> None:
    values = history_of("noisy week").values
    first = int(tested.origins[0])
    scale = np.mean([abs(values[t] - values[t - 7]) for t in range(7, first)])
    pairs = [
        (forecast, values[origin + ahead])
        for origin, forecasts in zip(tested.origins, tested.forecasts, strict=True)
        for ahead, forecast in enumerate(forecasts)
    ]
    assert tested.mase == pytest.approx(np.mean([abs(forecast - came) for forecast, came in pairs]) / scale)
    mean = np.mean([came for _, came in pairs])
    assert tested.bias == pytest.approx(np.mean([forecast - came for forecast, came in pairs]) / mean)


def test_an_interval_is_as_wide_as_the_errors_of_the_backtest_ask_for(tested: Backtest) -> None:
    scores = np.sort(tested.scores.ravel())
    widths = widths_of(tested)
    for level, width in widths.periods.items():
        assert np.mean(scores <= width) >= level / 100
        assert np.mean(scores < width) <= level / 100 + 1 / len(scores)
        assert (widths.sums[level] >= width).all()


def test_coverage_is_measured_with_what_was_known_at_each_origin(tested: Backtest) -> None:
    held = []
    for at, origin in enumerate(tested.origins):
        over = [other for other in range(at) if tested.origins[other] + 35 <= origin]
        if len(over) >= 4:
            before = np.sort(tested.scores[over].ravel())
            width = before[int(np.ceil((len(before) + 1) * 0.8)) - 1]
            held.append(np.mean(tested.scores[at] <= width))
    assert len(held) >= 70
    assert coverage(tested, 80, 35) == pytest.approx(np.mean(held))


def test_coverage_of_too_few_origins_is_not_measured() -> None:
    values = np.random.default_rng(1).normal(100, 5, MONTHS.least_backtest)
    few = backtest(values, all_known(values), MONTHS, fit_naive)
    assert len(few.origins) == MONTHS.least_origins
    assert coverage(few, 80, MONTHS.horizon) is None

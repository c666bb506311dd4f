"""Laws that every forecast keeps: nothing from after the origin, the currency and the calendar change nothing else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_series import FIRST, KINDS, forecast_of, history_of, of_days, of_months

from echo_ml.models.forecast.backtest import FitMethod, backtest
from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import DAYS, MONTHS
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.naive import fit_naive
from echo_ml.models.forecast.results import Forecast
from echo_ml.models.forecast.smoothing import fit_smoothing

FEW = settings(max_examples=8, deadline=None)
METHODS = pytest.mark.parametrize("fit", [fit_naive, fit_smoothing])
EVERY_KIND = pytest.mark.parametrize("kind", KINDS)


def same(one: Forecast, other: Forecast, factor: float = 1.0, tolerance: float = 1e-9) -> None:
    """Assert that two forecasts say the same, the second one in another currency."""
    assert (one.method, len(one)) == (other.method, len(other))
    for mine, others in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_allclose(others, factor * mine, rtol=tolerance, atol=tolerance * factor)


def numbers(found: Forecast) -> list[Floats]:
    ends = [end for of in (found.bands, found.sum_bands) for band in of.values() for end in (band.lower, band.upper)]
    return [found.values, found.sums, *ends]


@METHODS
@EVERY_KIND
def test_no_forecast_of_the_backtest_knows_anything_from_after_its_origin(fit: FitMethod, kind: str) -> None:
    values = history_of(kind).values
    known = np.ones(len(values), dtype=bool)
    seen = backtest(values, known, DAYS, fit)
    cut = len(values) - 60
    shuffled = np.concatenate([values[:cut], 7 * np.random.default_rng(2).permutation(values[cut:]) + 13])
    after = backtest(shuffled, known, DAYS, fit)
    before = seen.origins <= cut
    assert 0 < before.sum() < len(before)
    np.testing.assert_array_equal(seen.forecasts[before], after.forecasts[before])
    assert not np.allclose(seen.forecasts[~before], after.forecasts[~before])
    assert seen.naive_error == after.naive_error


@EVERY_KIND
def test_the_currency_scales_everything_and_chooses_nothing(kind: str) -> None:
    values = history_of(kind).values
    same(forecast_of(kind), forecast(of_days(64 * values)), 64)
    same(forecast_of(kind), forecast(of_days(0.013 * values)), 0.013, tolerance=0.01)


@EVERY_KIND
def test_the_same_history_in_other_weeks_is_forecast_alike_to_the_last_bit(kind: str) -> None:
    later = forecast(of_days(history_of(kind).values, FIRST + timedelta(weeks=400)))
    same(forecast_of(kind), later, tolerance=0)
    assert later.first - forecast_of(kind).first == timedelta(weeks=400)


@FEW
@given(
    st.sampled_from(list(KINDS)), st.integers(14, 190), st.integers(0, 2**32 - 1), st.floats(0, 0.3),
    st.sampled_from([of_days, of_months]),
)  # fmt: skip
def test_intervals_are_nested_and_hold_the_forecast_and_its_sums(kind, periods, seed, missing, grain) -> None:  # type: ignore[no-untyped-def]
    values = KINDS[kind](periods, seed)
    values[np.random.default_rng(seed).random(periods) < missing] = np.nan
    found = forecast(grain(values))
    assert found.reason
    for middle, bands in ((found.values, found.bands), (found.sums, found.sum_bands)):
        assert np.isfinite(middle).all()
        ends = [bands[95].lower, bands[80].lower, middle, bands[80].upper, bands[95].upper]
        assert all((low <= high).all() for low, high in pairwise(ends))
        assert np.isfinite(ends).all()


@settings(max_examples=4, deadline=None)
@given(st.integers(118, 150), st.integers(0, 2**32 - 1))
def test_what_was_never_below_zero_is_not_forecast_to_be(days: int, seed: int) -> None:
    found = forecast(of_days(KINDS["sparse"](days, seed)))
    assert (found.bands[95].lower >= 0).all()
    assert (found.values >= 0).all()
    assert (found.sum_bands[95].lower >= 0).all()


def test_where_values_were_below_zero_an_interval_may_reach_there() -> None:
    values = history_of("growing").values - 400
    assert (values < 0).any()
    assert (forecast(of_days(values)).bands[95].lower < 0).any()


@EVERY_KIND
def test_an_interval_never_gets_narrower_with_the_horizon_of_smoothing(kind: str) -> None:
    values = history_of(kind).values
    spread = fit_smoothing(values, np.ones(len(values), dtype=bool), DAYS).spread
    assert (np.diff(spread) >= 0).all()


@METHODS
def test_a_value_that_was_filled_in_is_never_judged(fit: FitMethod) -> None:
    values = history_of("noisy week").values.copy()
    known = np.ones(len(values), dtype=bool)
    known[-20:-10] = False
    one = backtest(values, known, DAYS, fit)
    assert np.isnan(one.actual).any(axis=1).any()
    values[-20:-10] = 1e6
    other = backtest(values, known, DAYS, fit)
    np.testing.assert_array_equal(one.actual, other.actual)
    before = one.origins <= len(values) - 20
    np.testing.assert_array_equal(one.scores[before], other.scores[before])


def test_months_of_different_lengths_are_compared_by_day() -> None:
    flat = of_months(np.full(20, 100.0))
    assert forecast(flat).values.tolist() == [100.0] * MONTHS.horizon

"""On series of known structure: smoothing is taken where it is better, intervals hold what they say, sums as well.

Seeds are fixed; the bounds leave room for what chance does with so many series.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from made_series import growing, noisy_week, of_days, random_walk_week

from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import DAYS
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.results import Forecast, Method

KNOWN = 260
SEEDS = range(6)
Made = list[tuple[Floats, Forecast, Floats]]


def forecasts(made: Callable[[int, int], Floats]) -> Made:
    """Histories, what is forecast after them, and what came."""
    series = [made(KNOWN + DAYS.horizon, seed) for seed in SEEDS]
    return [(values[:KNOWN], forecast(of_days(values[:KNOWN])), values[KNOWN:]) for values in series]


@pytest.fixture(scope="module", params=[noisy_week, growing], ids=["noisy week", "growing"])
def stable(request: pytest.FixtureRequest) -> Made:
    return forecasts(request.param)


def test_smoothing_is_chosen_and_errs_less_than_the_last_week_does_afterwards(stable: Made) -> None:
    assert sum(found.method is Method.ETS for _, found, _ in stable) >= len(stable) - 1
    errors = [np.abs(found.values - came).mean() for _, found, came in stable]
    naive = [np.abs(np.tile(known[-7:], 5) - came).mean() for known, _, came in stable]
    assert np.mean(errors) < 0.85 * np.mean(naive)


def test_the_backtest_promises_about_what_comes(stable: Made) -> None:
    promised = np.mean([found.accuracy.mase for _, found, _ in stable if found.accuracy and found.accuracy.mase])
    came = np.mean([np.abs(found.values - after).mean() / _scale(known) for known, found, after in stable])
    assert promised == pytest.approx(came, rel=0.2)
    assert promised < 1


@pytest.mark.parametrize("level", [80, 95])
def test_intervals_hold_as_many_days_as_they_say(stable: Made, level: int) -> None:
    held = [
        (found.bands[level].lower <= came) & (came <= found.bands[level].upper) for _, found, came in stable
    ]  # fmt: skip
    assert np.mean(held) == pytest.approx(level / 100, abs=0.08)


def test_an_interval_of_a_sum_holds_the_sum_and_is_narrower_than_the_sum_of_intervals(stable: Made) -> None:
    held = [
        found.sum_bands[95].lower[27] <= came[:28].sum() <= found.sum_bands[95].upper[27] for _, found, came in stable
    ]
    assert np.mean(held) >= 0.85
    for _, found, _ in stable:
        wide = (found.sum_bands[80].upper - found.sum_bands[80].lower)[27]
        assert wide < (found.bands[80].upper - found.bands[80].lower)[:28].sum()


def test_a_mean_is_forecast_so_that_days_may_be_summed_up() -> None:
    """The median of such noise lies 28 % below its mean."""
    many = forecasts(lambda days, seed: noisy_week(days, seed, noise=0.8))
    share = [found.values.sum() / (1000 * np.exp(0.32) * 5 * 6.8) for _, found, _ in many]
    assert np.mean(share) == pytest.approx(1, abs=0.08)


def test_the_last_week_stays_where_nothing_beats_it() -> None:
    found = [each for _, each, _ in forecasts(random_walk_week)]
    kept = [each for each in found if each.method is Method.SEASONAL_NAIVE]
    assert len(kept) >= len(found) - 1
    assert all("the baseline stays" in each.reason for each in kept)
    assert all(each.accuracy and each.accuracy.mase == each.accuracy.baseline_mase for each in kept)


def _scale(known: Floats) -> float:
    return float(np.abs(known[7:] - known[:-7]).mean())

"""When a method takes the baseline's place: when it errs less by more than noise, which is what batches differ by."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from echo_ml.models.forecast.backtest import Backtest
from echo_ml.models.forecast.choice import ALPHA, compare
from echo_ml.models.forecast.history import Floats

HORIZON = 10


def with_errors(errors: Floats) -> Backtest:
    """A backtest that erred by so much at every horizon of each origin."""
    nothing = np.zeros((len(errors), HORIZON))
    forecasts = nothing + errors[:, None]
    return Backtest(np.arange(len(errors)), forecasts, nothing, forecasts, forecasts, 1.0)


def test_it_is_a_t_test_of_batches_as_long_as_the_horizon_that_knows_what_neighbours_share() -> None:
    random = np.random.default_rng(1)
    one, other = random.gamma(2, 1, 60), random.gamma(2, 1, 60)
    verdict = compare(with_errors(one), with_errors(other), HORIZON)
    means = (other - one).reshape(6, HORIZON).mean(axis=1)
    assert verdict.t == pytest.approx(ttest_1samp(means, 0).statistic / np.sqrt(1.5))
    assert verdict.needed == pytest.approx(student.ppf(1 - ALPHA, 5))
    assert verdict.saves == pytest.approx((other - one).mean() / other.mean())


@pytest.mark.parametrize("better", [True, False])
def test_a_clear_difference_decides_in_its_direction(better: bool) -> None:
    errors = np.random.default_rng(1).gamma(9, 1, 80)
    challenger, baseline = with_errors(errors), with_errors(errors * (1.5 if better else 0.5))
    assert compare(challenger, baseline, HORIZON).is_better == better


def test_a_draw_and_the_same_errors_leave_the_baseline() -> None:
    errors = np.random.default_rng(1).gamma(9, 1, 80)
    assert not compare(with_errors(errors), with_errors(errors), HORIZON).is_better
    assert not compare(with_errors(errors), with_errors(errors[::-1]), HORIZON).is_better


def test_a_difference_that_is_always_the_same_is_no_noise() -> None:
    baseline = with_errors(np.full(40, 2.0))
    assert compare(with_errors(np.full(40, 1.0)), baseline, HORIZON).is_better
    assert not compare(with_errors(np.full(40, 3.0)), baseline, HORIZON).is_better


def test_a_baseline_that_was_never_wrong_stays() -> None:
    verdict = compare(with_errors(np.full(40, 1.0)), with_errors(np.zeros(40)), HORIZON)
    assert (verdict.is_better, verdict.needed) == (False, None)


def test_what_is_no_better_is_taken_as_seldom_as_it_says() -> None:
    """Differences that hang together over a horizon, as those of overlapping forecasts do."""
    random = np.random.default_rng(1)
    taken = []
    for _ in range(600):
        noise = random.normal(0, 1, 90 + HORIZON)
        shared = np.convolve(noise, np.ones(HORIZON) / HORIZON, "valid")[:90]
        taken.append(compare(with_errors(10 + shared), with_errors(np.full(90, 10.0)), HORIZON).is_better)
    assert np.mean(taken) < 1.5 * ALPHA

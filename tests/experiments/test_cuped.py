"""CUPED is the regression on arm and covariate, and it says when it gains nothing."""

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from echo_ml.experiments.fixed import cuped, means
from echo_ml.experiments.moments import Moments

EXACT = {"rtol": 1e-6}


def units(seed, users, effect=0.0, slope=2.0):
    """Values y of units with a covariate x that explains part of them."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(2, 3, users)
    return slope * x + rng.normal(effect, 4, users), x


def counted(y, x):
    return Moments.of(y.size, y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum())


@pytest.mark.parametrize(("seed", "users"), [(1, (60, 40)), (2, (500, 500)), (3, (2_000, 300))])
def test_it_is_a_regression_on_arm_and_covariate(seed, users):
    """Effect and theta are those of y on arm and x; the error is that of y - theta x on arm, robust (HC2)."""
    (y, x), (other_y, other_x) = units(seed, users[0]), units(seed + 100, users[1], effect=1.5)
    estimate, _ = cuped.adjusted(counted(y, x), counted(other_y, other_x), 0.05)
    all_y, all_x, arm = np.append(y, other_y), np.append(x, other_x), np.repeat([0.0, 1.0], users)
    regression = OLS(all_y, np.column_stack([np.ones(arm.size), arm, all_x])).fit()
    theta = regression.params[2]
    robust = OLS(all_y - theta * all_x, np.column_stack([np.ones(arm.size), arm])).fit(cov_type="HC2")
    assert np.allclose(cuped.theta(counted(y, x), counted(other_y, other_x)), theta, **EXACT)
    assert np.allclose(estimate.effect, regression.params[1], **EXACT)
    assert np.allclose(estimate.std_error, robust.bse[1], **EXACT)


def test_it_takes_the_squared_correlation_off_the_variance():
    (y, x), (other_y, other_x) = units(1, 20_000), units(2, 20_000)
    estimate, reduction = cuped.adjusted(counted(y, x), counted(other_y, other_x), 0.05)
    raw = means.compare(counted(y, x), counted(other_y, other_x), 0.05)
    assert reduction == pytest.approx(np.corrcoef(y, x)[0, 1] ** 2, abs=0.01)
    assert reduction == pytest.approx(1 - (estimate.std_error / raw.std_error) ** 2)
    assert cuped.gain_warning(float(reduction)) is None


def test_a_covariate_that_explains_everything_leaves_no_noise():
    _, x = units(1, 100)
    estimate, reduction = cuped.adjusted(counted(3 * x, x), counted(3 * x + 1, x), 0.05)
    assert (estimate.effect, reduction) == (pytest.approx(1), pytest.approx(1))


def test_a_covariate_without_relation_gains_nothing_and_says_so():
    (y, x), (other_y, other_x) = units(1, 5_000, slope=0), units(2, 5_000, slope=0)
    _, reduction = cuped.adjusted(counted(y, x), counted(other_y, other_x), 0.05)
    assert abs(reduction) < 0.01
    assert "gains nothing" in cuped.gain_warning(float(reduction))


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_a_covariate_that_is_the_same_for_everybody_adjusts_nothing_and_says_so(value):
    y, _ = units(1, 100)
    estimate, reduction = cuped.adjusted(counted(y, np.full(100, value)), counted(y, np.full(100, value)), 0.05)
    assert np.isnan([estimate.effect, estimate.std_error, estimate.p_value, reduction]).all()
    assert "same for every unit" in cuped.gain_warning(float(reduction))


def test_a_gain_below_zero_is_told_as_none():
    assert "explains 0.0% of the variance" in cuped.gain_warning(-0.02)

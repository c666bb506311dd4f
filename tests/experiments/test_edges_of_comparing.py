"""Too little to compare: an empty arm, one user, no scatter, nothing or everything converted, control at zero.

What cannot be known is NaN, without a warning (warnings of this package are errors in tests).
"""

import numpy as np
import pytest

from echo_ml.experiments import sample_ratio
from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed import comparing, cuped, lifts
from echo_ml.experiments.moments import Moments

ALPHA = 0.05
NOBODY = Moments.of(0, 0)
SOME = Moments.of(users=100, y=30, yy=30, x=200, xx=500, xy=70)
SAME_VALUES = Moments.of(users=100, y=10, yy=1, x=100, xx=100, xy=10)
"""Every user has 0.1, which no sum of doubles gives exactly."""


def figures(estimate):
    return {name: float(getattr(estimate, name)) for name in ("effect", "std_error", "lower", "upper", "p_value")}


def lift(kind, control, variant):
    return lifts.relative_lift(*comparing.value(kind, control), *comparing.value(kind, variant), ALPHA)


@pytest.mark.parametrize("kind", MetricKind)
@pytest.mark.parametrize("arms", [(NOBODY, SOME), (SOME, NOBODY), (NOBODY, NOBODY)])
def test_an_empty_arm_cannot_be_compared(kind, arms):
    assert np.isnan(list(figures(comparing.compare(kind, *arms, ALPHA)).values())).all()
    assert np.isnan(list(figures(lift(kind, *arms)).values())).all()
    assert np.isnan(list(figures(cuped.adjusted(*arms, ALPHA)[0]).values())).all()


@pytest.mark.parametrize("kind", [MetricKind.MEAN, MetricKind.COUNT, MetricKind.RATIO])
def test_one_user_has_a_value_but_no_scatter(kind):
    found = figures(comparing.compare(kind, SOME, Moments.of(1, 1, 1, 2, 4, 2), ALPHA))
    assert found.pop("effect") == pytest.approx(0.35 if kind is MetricKind.RATIO else 0.7)
    assert np.isnan(list(found.values())).all()


def test_one_user_is_enough_for_an_interval_of_shares():
    found = comparing.compare(MetricKind.PROPORTION, SOME, Moments.of(1, 1), ALPHA)
    assert -1 <= found.lower < 0 < found.upper <= 1
    assert found.p_value > ALPHA


@pytest.mark.parametrize("kind", [MetricKind.MEAN, MetricKind.COUNT, MetricKind.RATIO])
def test_values_that_are_all_the_same_tell_nothing_of_the_noise(kind):
    found = comparing.compare(kind, SAME_VALUES, SAME_VALUES + SAME_VALUES, ALPHA)
    assert (found.effect, found.std_error) == (pytest.approx(0), 0)
    assert np.isnan([found.lower, found.upper, found.p_value]).all()
    assert np.isnan([lift(kind, SAME_VALUES, SAME_VALUES).lower, lift(kind, SAME_VALUES, SAME_VALUES).p_value]).all()


@pytest.mark.parametrize("kind", [MetricKind.MEAN, MetricKind.COUNT, MetricKind.RATIO])
def test_scatter_in_one_arm_is_enough(kind):
    assert np.isfinite(list(figures(comparing.compare(kind, SAME_VALUES, SOME, ALPHA)).values())).all()


@pytest.mark.parametrize("yes", [0, 1])
def test_nobody_or_everybody_converted_in_both_arms_is_no_difference(yes):
    found = comparing.compare(MetricKind.PROPORTION, Moments.of(1000, yes * 1000), Moments.of(900, yes * 900), ALPHA)
    assert (found.effect, found.p_value) == (0, 1)
    assert -0.005 < found.lower < 0 < found.upper < 0.005


def test_nobody_converted_in_the_variant_alone():
    control, variant = Moments.of(1000, 50), Moments.of(1000, 0)
    found, relative = (compare(control, variant) for compare in (shares, lift_of_shares))
    assert found.p_value < 1e-10
    assert found.lower < -0.05 < found.upper < 0
    assert relative.effect == -1
    assert np.isnan(relative.lower), "no conversion has no scatter, so that nothing bounds the lift"


def shares(control, variant):
    return comparing.compare(MetricKind.PROPORTION, control, variant, ALPHA)


def lift_of_shares(control, variant):
    return lift(MetricKind.PROPORTION, control, variant)


def test_nothing_is_a_lift_of_nothing():
    assert np.isnan(list(figures(lift_of_shares(Moments.of(1000, 0), Moments.of(1000, 50))).values())).all()
    losses = Moments.of(10, -20, 50)
    assert np.isnan(lift(MetricKind.MEAN, losses, SOME).effect), "a value below zero has no share of itself"


def test_a_control_that_may_be_zero_bounds_no_lift():
    found = lift_of_shares(Moments.of(1000, 2), Moments.of(1000, 8))
    assert found.effect == pytest.approx(3)
    assert np.isnan([found.lower, found.upper]).all()
    assert np.isfinite(found.p_value)


def test_a_ratio_without_denominators_is_none():
    no_events = Moments.of(users=10, y=0)
    assert np.isnan(list(figures(comparing.compare(MetricKind.RATIO, no_events, SOME, ALPHA)).values())).all()


@pytest.mark.parametrize(("users", "shares"), [([0, 0], [0.5, 0.5]), ([10], [1.0]), ([10, 0], [1.0, 0.0])])
def test_no_units_or_one_arm_have_no_sample_ratio(users, shares):
    assert np.isnan(sample_ratio.p_value(users, shares))


def test_units_in_an_arm_that_was_to_be_empty_are_no_chance():
    assert sample_ratio.p_value([50, 50, 1], [0.5, 0.5, 0.0]) == 0
    assert sample_ratio.p_value([50, 50, 0], [0.5, 0.5, 0.0]) == 1


def test_the_odd_arm_has_the_largest_residual():
    users, split = [5_000, 2_500, 1_300, 1_000], [0.5, 0.25, 0.15, 0.1]
    residuals = sample_ratio.residuals(users, split)
    assert sample_ratio.p_value(users, split) < sample_ratio.RED
    assert np.abs(residuals).argmax() == 2
    assert residuals[2] < 0


def test_experiments_may_lie_along_any_leading_axes():
    users = np.array([[[50, 50], [90, 10]], [[0, 0], [5, 5]]])
    assert sample_ratio.p_value(users, [0.5, 0.5]).shape == (2, 2)
    assert np.isnan(sample_ratio.p_value(users, [0.5, 0.5])).tolist() == [[False, False], [True, False]]

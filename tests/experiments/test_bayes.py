"""Laws of posteriors, and what the Bayesian view of a metric says where data or prior is at its limit."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.posterior.bayes import against_control, depends_on_prior, prior_sensitivity, prob_best
from echo_ml.experiments.posterior.posterior_lifts import lift_of_rates
from echo_ml.experiments.posterior.posteriors import Beta
from echo_ml.experiments.posterior.priors import FLAT, JEFFREYS, Prior, from_history

parameters = st.floats(0.5, 3000) | st.integers(1, 3000).map(float)
rates = st.builds(Beta, parameters, parameters)
CONTROL = Moments.of(2100, 210)


def proportions(users, yes, **options):
    return against_control(MetricKind.PROPORTION, CONTROL, Moments.of(users, yes), **options)


@settings(max_examples=60, deadline=None)
@given(rates, rates)
def test_one_of_two_rates_is_above(one, other):
    assert one.above(other) + other.above(one) == pytest.approx(1, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(rates, rates)
def test_what_one_gains_less_what_the_other_gains_is_the_difference(one, other):
    assert one.gain_over(other) - other.gain_over(one) == pytest.approx(one.mean - other.mean, abs=1e-9)
    assert one.gain_over(other) >= 0


@settings(max_examples=60, deadline=None)
@given(rates, rates)
def test_one_more_yes_adds_what_the_recurrence_says(one, other):
    """Cook, Exact Calculation of Beta Inequalities, 2005, for parameters that need not be whole."""
    from scipy.special import betaln

    together = betaln(one.a + other.a, one.b + other.b) - betaln(one.a, one.b) - betaln(other.a, other.b)
    added = np.exp(together) / one.a
    assert Beta(one.a + 1, one.b).above(other) == pytest.approx(one.above(other) + added, abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(rates, rates, st.sampled_from([0.01, 0.05, 0.5]))
def test_the_interval_of_the_lift_turned_around_is_that_of_the_inverse(one, other, alpha):
    forth, back = (lift_of_rates(*arms, alpha).interval for arms in ((one, other), (other, one)))
    assert np.log1p(forth.lower) == pytest.approx(-np.log1p(back.upper), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.lists(rates, min_size=3, max_size=5))
def test_one_arm_is_the_best(arms):
    chances = prob_best(arms)
    assert chances.sum() == pytest.approx(1)
    assert np.all(chances >= 0)


@settings(max_examples=60, deadline=None)
@given(rates, rates)
def test_the_best_of_two_is_the_one_above(one, other):
    assert prob_best([one, other]) == pytest.approx([one.above(other), other.above(one)], abs=1e-9)


def test_a_thousandfold_wider_arm_is_still_about_right():
    wide, narrow = Beta(1, 1), Beta(3e8, 7e8)
    assert prob_best([wide, narrow, narrow]) == pytest.approx([0.7, 0.15, 0.15], abs=1e-4)


def test_the_plans_figures_are_there():
    (found,) = proportions([2080], [245])
    assert found.prob_variant_wins == pytest.approx(0.96749, abs=5e-6)
    assert found.prob_best == pytest.approx(found.prob_variant_wins)
    assert found.credible_interval.lower < found.expected_lift < found.credible_interval.upper
    assert found.loss_if_shipped < found.loss_if_kept
    assert found.method == "Beta-Binomial, flat prior"


def test_the_density_is_one():
    (found,) = proportions([2080], [245])
    lifts, heights = np.array(found.density).T
    assert np.trapezoid(heights, lifts) == pytest.approx(1, abs=1e-3)
    assert np.all(np.diff(lifts) > 0)
    assert proportions([2080], [245], points=0)[0].density == ()


@pytest.mark.parametrize("kind", [MetricKind.MEAN, MetricKind.COUNT])
def test_the_density_of_a_mean_is_one(kind):
    (found,) = against_control(kind, Moments.of(900, 4500, 30_000), Moments.of([800], [4200], [29_000]))
    lifts, heights = np.array(found.density).T
    assert np.trapezoid(heights, lifts) == pytest.approx(1, abs=2e-3)
    assert "normal" in found.method


def test_a_ratio_has_its_posterior_by_users():
    """As many orders as users, always: the ratio is the mean."""
    control, variants = Moments.of(900, 4500, 30_000), Moments.of([800], [4200], [29_000])
    by_orders = [Moments.of(arm.users, arm.y, arm.yy, arm.users, arm.users, arm.y) for arm in (control, variants)]
    (mean,), (ratio,) = (
        against_control(MetricKind.MEAN, control, variants),
        against_control(MetricKind.RATIO, *by_orders),
    )
    assert ratio.prob_variant_wins == pytest.approx(mean.prob_variant_wins, abs=1e-3)


def test_an_empty_arm_has_no_posterior_and_the_others_keep_theirs():
    alone, (first, nobody) = proportions([2080], [245]), proportions([2080, 0], [245, 0])
    assert nobody is None
    assert first == alone[0]


@pytest.mark.parametrize("kind", list(MetricKind))
def test_without_users_in_control_nothing_is_known(kind):
    assert against_control(kind, Moments.of(0, 0), Moments.of([10, 20], [1, 2])) == [None, None]


def test_values_that_are_all_the_same_tell_nothing():
    assert against_control(MetricKind.MEAN, Moments.of(10, 0, 0), Moments.of([10], [0], [0])) == [None]


def test_without_a_conversion_in_control_there_is_no_expected_lift():
    (found,) = against_control(MetricKind.PROPORTION, Moments.of(200, 0), Moments.of([200], [3]))
    assert found.expected_lift is None
    assert 0.9 < found.prob_variant_wins < 1


def test_a_mean_of_control_that_may_be_zero_has_no_interval_of_the_lift():
    (found,) = against_control(MetricKind.MEAN, Moments.of(100, 1, 400), Moments.of([100], [90], [500]))
    assert found.credible_interval is None
    assert found.density == ()


def test_where_lower_is_better_chances_and_losses_change_sides_and_lifts_stay():
    (higher,), (lower,) = proportions([2080], [245]), proportions([2080], [245], lower_is_better=True)
    assert lower.prob_variant_wins == pytest.approx(1 - higher.prob_variant_wins)
    assert lower.loss_if_shipped == pytest.approx(higher.loss_if_kept)
    assert lower.expected_lift == higher.expected_lift


def test_a_million_users_are_exact():
    (found,) = against_control(MetricKind.PROPORTION, Moments.of(1e6, 1e5), Moments.of([1e6], [100_500]))
    z = 500 / np.sqrt(1e6 * (0.1 * 0.9 + 0.1005 * 0.8995))
    from scipy.special import ndtr

    assert found.prob_variant_wins == pytest.approx(ndtr(z), abs=1e-4)


def test_few_users_leave_the_conclusion_to_the_prior_and_many_do_not():
    (few,) = against_control(MetricKind.PROPORTION, Moments.of(200, 0), Moments.of([200], [3]))
    (many,) = proportions([20_800], [2450])
    assert few.depends_on_prior
    assert not many.depends_on_prior
    assert set(few.sensitivity) == {"flat", "Jeffreys"}


def test_a_prior_that_is_given_is_used_and_compared():
    prior = Prior("history", 100, 900)
    (found,), (flat,) = proportions([2080], [245], prior=prior), proportions([2080], [245])
    assert found.method == "Beta-Binomial, history prior"
    assert found.sensitivity["history"] == found.prob_variant_wins
    assert found.sensitivity["flat"] == flat.prob_variant_wins
    assert found.expected_lift < flat.expected_lift


def test_conclusions_differ_where_one_prior_is_convinced():
    assert depends_on_prior({"flat": 0.94, "Jeffreys": 0.96})
    assert not depends_on_prior({"flat": 0.6, "Jeffreys": 0.4})
    assert prior_sensitivity(CONTROL, Moments.of(0, 0), (FLAT, JEFFREYS)) == {}


def test_a_prior_from_history_has_the_mean_and_the_spread_of_past_rates():
    rng = np.random.default_rng(4)
    users = rng.integers(5_000, 50_000, 4_000)
    past = Moments.of(users, rng.binomial(users, rng.beta(40, 360, 4_000)))
    found = from_history(past)
    assert found.a / (found.a + found.b) == pytest.approx(0.1, rel=0.01)
    assert found.a + found.b == pytest.approx(400, rel=0.1)


def test_past_rates_that_do_not_differ_do_not_outvote_an_experiment_of_their_size():
    found = from_history(Moments.of([1000, 4000, 2000], [100, 400, 200]))
    assert found.a + found.b == pytest.approx(1000)


def test_past_rates_that_differ_widely_make_a_weak_prior():
    found = from_history(Moments.of([100, 100], [0, 100]))
    assert found.a + found.b == pytest.approx(1)


@pytest.mark.parametrize(("users", "yes"), [([100], [10]), ([0, 100], [0, 10]), ([50, 60], [0, 0])])
def test_too_little_history_makes_no_prior(users, yes):
    with pytest.raises(ValueError, match="two past experiments"):
        from_history(Moments.of(users, yes))


def test_neither_pymc_nor_matplotlib_nor_scipy_is_imported_with_the_modules():
    code = (
        "import sys, echo_ml.experiments.posterior.bayes, echo_ml.experiments.posterior.shrinkage\n"
        "import echo_ml.experiments.portfolio\n"
        "sys.exit(any(name in sys.modules for name in ('pymc', 'pytensor', 'arviz', 'matplotlib', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

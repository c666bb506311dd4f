"""Power, sample size and detectable effect against statsmodels and published values."""

import datetime
import math
from dataclasses import replace

import pytest
from statsmodels.stats.power import NormalIndPower, TTestIndPower, tt_ind_solve_power
from statsmodels.stats.proportion import (
    power_proportions_2indep,
    proportion_effectsize,
    samplesize_proportions_2indep_onetail,
)

from echo_ml.experiments.design import Design, Metric, MetricKind
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sizes.power import power_of
from echo_ml.experiments.sizes.sizing import (
    ErrorRates,
    Mean,
    Share,
    ShareFormula,
    detectable_effect,
    required_users,
    sample_size,
)

SIDES = [(2, "two-sided"), (1, "larger")]
RATIOS = [0.5, 1.0, 3.0]


@pytest.mark.parametrize(("sides", "alternative"), SIDES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_cohens_h_is_that_of_statsmodels(ratio, sides, alternative):
    h = proportion_effectsize(0.11, 0.10)
    theirs = NormalIndPower().solve_power(h, alpha=0.05, power=0.8, ratio=ratio, alternative=alternative)
    ours = required_users(Share(0.10, ShareFormula.ARCSINE), 0.01, ErrorRates(sides=sides), ratio)
    assert ours == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize(("sides", "alternative"), SIDES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_t_test_is_that_of_statsmodels(ratio, sides, alternative):
    theirs = tt_ind_solve_power(0.3, alpha=0.05, power=0.9, ratio=ratio, alternative=alternative)
    ours = required_users(Mean(4.0), 0.6, ErrorRates(power=0.9, sides=sides), ratio)
    assert ours == pytest.approx(theirs, rel=1e-6)


@pytest.mark.parametrize(("sides", "alternative"), SIDES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_power_of_two_shares_is_that_of_statsmodels(ratio, sides, alternative):
    # the second sample of statsmodels has the base rate, so that it is our control
    theirs = power_proportions_2indep(0.01, 0.10, 5000 * ratio, ratio=1 / ratio, alternative=alternative).power
    ours = Share(0.10).power(0.01, 5000, 5000 * ratio, ErrorRates(sides=sides))
    assert float(ours) == pytest.approx(float(theirs), abs=1e-9)


@pytest.mark.parametrize(("sides", "alternative"), SIDES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_sample_size_of_two_shares_is_that_of_statsmodels(ratio, sides, alternative):
    # theirs leaves out the far side of a two-sided test, which is worth some millionths
    theirs = samplesize_proportions_2indep_onetail(0.01, 0.10, 0.8, ratio=1 / ratio, alternative=alternative) / ratio
    ours = required_users(Share(0.10), 0.01, ErrorRates(sides=sides), ratio)
    assert ours == pytest.approx(theirs, rel=1e-9 if sides == 1 else 5e-6)


@pytest.mark.parametrize(("rate", "effect", "pooled", "arcsine"), [
    (0.10, 0.01, 14751, 14745),
    (0.02, 0.005, 13809, 13768),
    (0.005, 0.002, 23405, 23243),
])  # fmt: skip
def test_users_an_arm_at_80_percent(rate, effect, pooled, arcsine):  # measured before, with statsmodels 0.14
    assert sample_size(Share(rate), effect).control == pooled
    assert sample_size(Share(rate, ShareFormula.ARCSINE), effect).control == arcsine


@pytest.mark.parametrize(("d", "power", "published"), [
    (0.2, 0.8, 393), (0.5, 0.8, 64), (0.8, 0.8, 26), (0.2, 0.9, 526), (0.5, 0.9, 85), (0.8, 0.9, 34),
])  # fmt: skip
def test_users_an_arm_are_those_of_cohens_table(d, power, published):  # Cohen 1988, table 2.4.1, a2 = .05
    assert round(required_users(Mean(1.0), d, ErrorRates(power=power))) == published  # the table rounds to the nearest


@pytest.mark.parametrize(("first", "second", "power", "published"), [
    (0.65, 0.85, 0.8, 70),  # Chow, Shao and Wang 2008, section 4.2: 85 % against 65 %, unpooled
    (0.65, 0.85, 0.9, 94),
])  # fmt: skip
def test_users_an_arm_are_those_of_the_book(first, second, power, published):
    size = sample_size(Share(first, ShareFormula.UNPOOLED), second - first, ErrorRates(power=power))
    assert size.control == published


def test_the_error_of_both_arms_counts():
    # with control's variance alone for both arms the same question was answered 0.613
    assert float(Share(0.01).power(0.01, 1000, 1000, ErrorRates())) == pytest.approx(0.452, abs=5e-4)


@pytest.mark.parametrize("outcome", [Share(0.1), Share(0.1, ShareFormula.ARCSINE), Mean(0.09)])
@pytest.mark.parametrize("falling", [False, True])
def test_the_detectable_effect_is_seen_with_the_planned_power(outcome, falling):
    effect = detectable_effect(outcome, 4000, 1000, falling=falling)
    signed = -effect if falling else effect
    assert float(outcome.power(signed, 4000, 1000, ErrorRates())) == pytest.approx(0.8, abs=1e-9)
    assert required_users(outcome, signed, ErrorRates(), ratio=0.25) == pytest.approx(4000, rel=1e-6)


def test_the_detectable_effect_of_means_is_that_of_statsmodels():
    theirs = TTestIndPower().solve_power(nobs1=64, alpha=0.05, power=0.8)
    assert detectable_effect(Mean(9.0), 64, 64) == pytest.approx(3 * theirs, rel=1e-6)


@pytest.mark.parametrize(("make", "says"), [
    (lambda: Share(0.0), "between 0 and 1"),
    (lambda: Mean(0.0), "must be positive"),
    (lambda: ErrorRates(alpha=0.9), "alpha < power"),
    (lambda: ErrorRates(sides=3), "1 or 2"),
    (lambda: sample_size(Share(0.9), 0.1), "lead out of"),
    (lambda: sample_size(Share(0.9), 0.0), "must not be 0"),
    (lambda: sample_size(Share(0.9), 0.05, ratio=0.0), "ratio"),
    (lambda: sample_size(Mean(1.0), 1e-9), "needs more than"),
])  # fmt: skip
def test_what_cannot_be_planned_is_refused_in_words(make, says):
    with pytest.raises(ValueError, match=says):
        make()


CONVERSION = Metric("conversion", MetricKind.PROPORTION, "converted at least once", "share")
DESIGN = Design(
    experiment_id="e", name="e", unit="user", arms={"control": 0.5, "variant": 0.5}, control="control",
    primary=CONVERSION, secondary=(), guardrails=(), mde=0.015, alpha=0.05, power=0.8, looks=1,
    started_on=datetime.date(2026, 1, 1), ends_on=datetime.date(2026, 1, 30), min_days=14,
)  # fmt: skip


def test_power_of_a_design_says_what_is_needed_and_when():
    found = power_of(DESIGN, Moments.of(5000, 500), enrolled=10_000, users_a_day=1000.0)
    assert found.needed == math.ceil(2 * required_users(Share(0.1), 0.015, ErrorRates()))
    assert found.days_to_decision == math.ceil((found.needed - 10_000) / 1000)
    assert found.power_now == pytest.approx(float(Share(0.1).power(0.015, 5000, 5000, ErrorRates())))
    assert found.mde_now == pytest.approx(detectable_effect(Share(0.1), 5000, 5000))
    assert "pooled" in found.formula
    assert len(found.curve) == 30
    assert all(before[1] < after[1] for before, after in zip(found.curve, found.curve[1:], strict=False))


def test_more_looks_need_more_users_and_unplanned_ones_most():
    control = Moments.of(5000, 500)
    needed = [power_of(replace(DESIGN, looks=looks), control, 0, None).needed for looks in (1, 5, 20, None)]
    assert needed == sorted(needed)
    assert needed[1] / needed[0] == pytest.approx(1.0247, abs=1e-3)
    assert needed[3] / needed[0] == pytest.approx(1.94, abs=0.01)


def test_the_smallest_arm_decides_how_many_are_needed():
    arms = {"control": 0.5, "a": 0.25, "b": 0.15, "c": 0.10}
    needed = power_of(replace(DESIGN, arms=arms), Moments.of(5000, 500), 0, None).needed
    assert needed == math.ceil(required_users(Share(0.1), 0.015, ErrorRates(), ratio=0.2) / 0.5)


@pytest.mark.parametrize("control", [Moments.of(0, 0), Moments.of(100, 0), Moments.of(100, 100)])
def test_nobody_or_nothing_that_varies_gives_no_figure(control):
    found = power_of(DESIGN, control, 200, None)
    assert (found.needed, found.mde_now, found.power_now, found.days_to_decision, found.curve) == (None,) * 4 + ((),)


def test_an_effect_that_would_lead_below_zero_gives_no_figure():
    falling = replace(DESIGN, primary=replace(CONVERSION, lower_is_better=True))
    assert power_of(falling, Moments.of(1000, 10), 2000, 10.0).needed is None
    assert power_of(falling, Moments.of(1000, 100), 2000, 10.0).needed is not None


def test_nobody_enrolled_yet_still_has_a_need():
    found = power_of(DESIGN, Moments.of(5000, 500), 0, 0.0)
    assert found.needed and found.power_now is None and found.days_to_decision is None

"""Laws of looks: boundaries, paths and evidence that hold for any data."""

import datetime
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_ml.experiments.design import Design, Metric, MetricKind
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sequential import always_valid
from echo_ml.experiments.sequential.group_sequential import Spending, boundaries, crossing_probability
from echo_ml.experiments.sequential.paths import look_days, path

START = datetime.date(2026, 1, 1)
DESIGN = Design(
    experiment_id="e", name="e", unit="user", arms={"control": 0.5, "b": 0.5}, control="control",
    primary=Metric("conversion", MetricKind.PROPORTION, "converted at least once", "share"), secondary=(),
    guardrails=(), mde=0.03, alpha=0.05, power=0.8, looks=5, started_on=START,
    ends_on=START + datetime.timedelta(days=9), min_days=7,
)  # fmt: skip
DAYS = [START + datetime.timedelta(days=day) for day in range(10)]
steps = st.lists(st.floats(0.02, 1.0), min_size=1, max_size=12)
alphas = st.sampled_from([0.001, 0.01, 0.05, 0.2])


def arm(rate, users=100):
    return Moments.of(np.full(10, users), np.full(10, rate * users)).cumulative(axis=0)


def drawn(design=DESIGN, control=0.1, variant=0.1, needed=None, users=100):
    return path(design, DAYS, "b", arm(control, users), arm(variant, users), needed)


@settings(deadline=None)
@given(steps, alphas, st.sampled_from(list(Spending)))
def test_the_error_spent_is_alpha_and_no_more(gaps, alpha, spending):
    information = np.cumsum(gaps).tolist()
    spent = crossing_probability(information, boundaries(information, alpha, spending))
    assert spent == pytest.approx(alpha, abs=1e-8)


@settings(deadline=None)
@given(steps, st.floats(0.001, 1e6))
def test_boundaries_do_not_depend_on_the_unit_of_information(gaps, factor):
    information = np.cumsum(gaps)
    assert np.allclose(boundaries(information.tolist()), boundaries((factor * information).tolist()), atol=1e-8)


@settings(deadline=None)
@given(st.integers(2, 40), alphas)
def test_boundaries_of_equal_looks_fall_with_obrien_fleming(looks, alpha):
    bounds = boundaries([float(look) for look in range(1, looks + 1)], alpha)
    assert all(after < before or before == after == np.inf for before, after in pairwise(bounds))


def test_a_look_at_the_same_data_again_costs_nothing():
    assert boundaries([5, 5, 5]) == pytest.approx([1.959964] * 3, abs=1e-6)


def test_nothing_can_be_spent_after_all_is_spent():
    assert boundaries([1, 3], spent_at=[1, 1]) == pytest.approx([1.959964, np.inf], abs=1e-6)


effects = st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=20)


@given(effects, st.floats(0.001, 0.1))
def test_an_always_valid_p_value_never_rises_and_agrees_with_its_sequence(effects, tau):
    effect, error = np.array(effects), 0.1 / np.sqrt(np.arange(1, len(effects) + 1))
    p_values = always_valid.p_values(effect, error, tau)
    assert np.all(np.diff(p_values) <= 0) and np.all((p_values > 0) & (p_values <= 1))
    lower, upper = always_valid.confidence_sequence(effect, error, tau, 0.05)
    assert ((lower > 0) | (upper < 0)).any() == (p_values[-1] < 0.05)


def test_looks_are_spread_evenly_and_the_last_is_the_last_day():
    assert [day.day for day in look_days(DESIGN)] == [2, 4, 6, 8, 10]
    assert [day.day for day in look_days(replace(DESIGN, looks=3))] == [4, 7, 10]
    assert [day.day for day in look_days(replace(DESIGN, looks=50))] == list(range(1, 11))
    assert [day.day for day in look_days(replace(DESIGN, looks=1, ends_on=None))] == [7]


def test_only_looks_have_bounds_and_all_error_is_spent_on_the_last():
    found = drawn(needed=2000)
    assert [day.day for day, bound in zip(DAYS, found.upper, strict=True) if bound] == [2, 4, 6, 8, 10]
    bounds = [bound for bound in found.upper if bound]
    assert bounds == pytest.approx(boundaries([1, 2, 3, 4, 5]))
    assert found.lower[-1] == -found.upper[-1]
    assert set(found.p_value) == {None}


@pytest.mark.parametrize("needed", [None, 500, 2000, 10_000])
def test_fewer_or_more_users_than_planned_spend_the_error_all_the_same(needed):
    found = drawn(needed=needed)
    at = [index for index, bound in enumerate(found.upper) if bound]
    spent = crossing_probability([found.users[index] for index in at], [found.upper[index] for index in at])
    assert spent == pytest.approx(0.05, abs=1e-8)


def test_a_fixed_horizon_looks_once():
    found = drawn(replace(DESIGN, looks=1), variant=0.2)
    assert found.upper == (None,) * 9 + (pytest.approx(1.959964),)
    assert found.crossed_on == DAYS[-1]


def test_a_planned_look_crosses_no_earlier_than_it_may():
    found = drawn(variant=0.2)
    at = DAYS.index(found.crossed_on)
    assert found.statistic[at] >= found.upper[at]
    assert all(abs(z) < bound for z, bound in zip(found.statistic[:at], found.upper[:at], strict=True) if bound)


def test_unplanned_looks_have_a_sequence_every_day():
    found = drawn(replace(DESIGN, looks=None), variant=0.2)
    assert None not in found.lower + found.upper
    assert found.statistic == pytest.approx([0.1] * 10)
    assert all(after <= before for before, after in pairwise(found.p_value))
    first = next(day for day, lower in zip(DAYS, found.lower, strict=True) if lower > 0)
    assert found.crossed_on == first


@pytest.mark.parametrize("looks", [1, 5, None])
def test_an_empty_arm_is_nothing_to_draw(looks):
    nobody = Moments.of(np.zeros(10), 0)
    found = path(replace(DESIGN, looks=looks), DAYS, "b", arm(0.1), nobody, 2000)
    assert set(found.statistic + found.lower + found.upper + found.p_value) == {None}
    assert found.crossed_on is None


@pytest.mark.parametrize("looks", [1, 5, None])
def test_no_conversion_at_all_crosses_nothing(looks):
    assert drawn(replace(DESIGN, looks=looks), control=0.0, variant=0.0).crossed_on is None


def test_no_day_yet_is_an_empty_path():
    none = Moments.of(np.zeros(0), np.zeros(0))
    assert path(DESIGN, [], "b", none, none, None).days == ()

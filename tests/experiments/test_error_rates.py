"""Simulated error rates and power: what `benchmarks/experiment_error_rates.py` prints, asserted."""

import math

import numpy as np
import pytest

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed.comparing import compare
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sequential import always_valid
from echo_ml.experiments.sequential.simulation import (
    ONE_LOOK,
    PEEKING,
    PLANS,
    SEQUENTIAL,
    Looks,
    error_limit,
    found_by_method,
    power_of_plan,
)
from echo_ml.experiments.sizes.sizing import Share, sample_size

RUNS = 10_000
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("base", [0.10, 0.02])
def test_every_sequential_method_holds_its_error_and_peeking_does_not(base):
    found = found_by_method(base, 0.0, RUNS, Looks(), seed=1)
    limit = error_limit(0.05, RUNS)
    assert {name: found[name].rate for name in SEQUENTIAL if found[name].rate > limit} == {}
    assert found[ONE_LOOK].rate == pytest.approx(0.05, abs=limit - 0.05)
    assert found[PEEKING].rate == pytest.approx(0.248, abs=0.02)


@pytest.mark.parametrize(("control", "variant"), [(50, 10), (10, 50), (90, 10)])
def test_unplanned_looks_hold_their_error_where_one_arm_is_small(control, variant):
    """No yes among the few says nothing of their variance: by its own error alone it would be wrong too often."""
    rng, runs, looks = np.random.default_rng(3), 2_000, 30
    arms = [
        Moments.of(users, rng.binomial(users, 0.02, (runs, looks))).cumulative(axis=1) for users in (control, variant)
    ]
    found = compare(MetricKind.PROPORTION, *arms, 0.05)
    cautious = always_valid.cautious_error(MetricKind.PROPORTION, *arms, found.std_error)
    own, safe = (
        (always_valid.p_values(found.effect, error, 0.005)[:, -1] <= 0.05).mean()
        for error in (found.std_error, cautious)
    )
    assert safe <= error_limit(0.05, runs)
    assert own > 0.05


def test_planned_looks_keep_most_of_the_power_and_stop_early():
    found = found_by_method(0.10, 0.015, RUNS, Looks(), seed=2)
    planned, unplanned = found["group sequential, O'Brien-Fleming"], found["mSPRT, always-valid p"]
    assert found[ONE_LOOK].rate - 0.03 < planned.rate < found[ONE_LOOK].rate
    assert unplanned.rate < planned.rate
    assert planned.mean_users < 0.7 * found[ONE_LOOK].mean_users


@pytest.mark.parametrize("name", PLANS)
def test_a_planned_size_has_the_planned_power(name):
    plan = PLANS[name]
    assert power_of_plan(plan, RUNS, seed=3) == pytest.approx(plan.rates.power, abs=0.02)


def test_the_size_for_unplanned_looks_has_the_planned_power_at_the_last_of_them():
    users = sample_size(Share(0.10), 0.015).control * always_valid.inflation(0.05, 0.8)
    found = found_by_method(0.10, 0.015, RUNS, Looks(looks=1, users_a_look=math.ceil(users)), seed=4)
    assert found["mSPRT, always-valid p"].rate == pytest.approx(0.8, abs=0.02)

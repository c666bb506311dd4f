"""Looks that were recorded stay as they were, whatever arrives later; new ones follow them."""

from dataclasses import replace

import pytest
from experiments.counted import DESIGN, evidence

from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.findings import Outcome

PLANS = [replace(DESIGN, looks=14, min_days=0), replace(DESIGN, looks=None, min_days=0)]
NOTHING = {"control": (2_000, 200), "treatment": (2_000, 200)}
HUGE = {"control": (2_000, 200), "treatment": (2_000, 400)}
METHODS = pytest.mark.parametrize("design", PLANS, ids=["fourteen looks", "unplanned"])


@METHODS
def test_without_late_data_going_on_is_the_same_as_beginning_anew(design):
    whole = {"control": (14_000, 1_400), "treatment": (14_000, 1_540)}
    last, before = readout_of(design, None, evidence(whole)), None
    for days in range(1, 15):
        share = {arm: (users * days // 14, yes * days // 14) for arm, (users, yes) in whole.items()}
        before = readout_of(design, None, evidence(share, days), before)
    assert before.paths[0].crossed_on == last.paths[0].crossed_on
    assert before.decision.outcome == last.decision.outcome


@METHODS
def test_late_data_do_not_change_what_was_seen(design):
    seen = readout_of(design, None, evidence(NOTHING, days=5))
    again = readout_of(design, None, evidence(HUGE, days=6), seen)
    was, is_ = seen.paths[0], again.paths[0]
    assert (is_.days[:5], is_.statistic[:5], is_.upper[:5]) == (was.days, was.statistic, was.upper)
    assert is_.crossed_on == is_.days[5]
    assert readout_of(design, None, evidence(HUGE, days=6)).paths[0].crossed_on < is_.days[5]


@METHODS
def test_a_boundary_that_was_crossed_stays_crossed(design):
    seen = readout_of(design, None, evidence(HUGE, days=5))
    assert seen.decision.outcome is Outcome.SHIP
    again = readout_of(design, None, evidence(NOTHING, days=6), seen)
    assert again.paths[0].crossed_on == seen.paths[0].crossed_on


def test_a_changed_design_takes_its_looks_anew_and_says_so():
    design = PLANS[0]
    seen = readout_of(design, None, evidence(NOTHING, days=5))
    again = readout_of(replace(design, alpha=0.01), None, evidence(HUGE, days=6), seen)
    assert any("was changed" in warning for warning in again.warnings)
    assert again.paths[0].crossed_on < again.paths[0].days[5]
    last = readout_of(replace(design, alpha=0.01), None, evidence(HUGE, days=7), again)
    assert any("was changed" in warning for warning in last.warnings), "it is said every day"


def test_a_design_that_is_only_worded_anew_keeps_its_looks():
    design = PLANS[0]
    seen = readout_of(design, None, evidence(NOTHING, days=5))
    again = readout_of(replace(design, name="Renamed", min_days=3), None, evidence(HUGE, days=6), seen)
    assert again.paths[0].crossed_on == again.paths[0].days[5]
    assert not any("was changed" in warning for warning in again.warnings)

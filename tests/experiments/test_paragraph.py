"""The paragraph tells a manager what was tested, on whom, how long, with what result, what is decided and why."""

import datetime

import examples
import pytest

from echo_ml.experiments.findings import ArmExposure, Decision, Outcome, Role
from echo_ml.experiments.pages import paragraph_of

SHIP = Decision(Outcome.SHIP, "treatment", None, ("conversion_rate: treatment wins",), ("a guardrail gets worse",))


def told(design=None, comparisons=None, decision=SHIP, exposure=None, power=None, as_of=examples.DAYS[-1]):
    readout = examples.readout()
    return paragraph_of(
        design or readout.design, readout.comparisons if comparisons is None else comparisons, decision,
        readout.exposure if exposure is None else exposure, power or readout.power, as_of,
    )  # fmt: skip


def test_it_tells_everything_in_order():
    assert told() == (
        "Checkout button tests treatment against control, from 1 March 2024 to 14 March 2024 (14 days). "
        "It counts 20,134 users: 10,050 in control and 10,084 in treatment; 12 more are excluded. "
        "Conversion rate was 14.1% under treatment and 10.2% under control: +3.91 percentage points "
        "(95% interval from +3.01 to +4.81), +38% relative to control. "
        "As the data are looked at more than once, the sequential test decides, and not this interval. "
        "Every guardrail is shown to be no worse than control by its margin. "
        "Decision: ship treatment. The reason: conversion_rate: treatment wins. "
        "What would change this: a guardrail gets worse."
    )


def test_a_single_look_needs_no_caution():
    assert "sequential" not in told(design=examples.design(looks=1))


def test_every_arm_is_told():
    rows = tuple(examples.comparison(variant=arm) for arm in ("a", "b", "c"))
    assert [f"under {arm} and" in told(comparisons=rows) for arm in "abc"] == [True] * 3


def test_a_guardrail_that_fails_is_named():
    row = examples.comparison(examples.REFUNDS, Role.GUARDRAIL, margin=0.05, is_non_inferior=False)
    assert "Not shown to be no worse than control by its margin: refunds per user of treatment." in told(
        comparisons=(row,)
    )


def test_figures_of_a_blocked_readout_are_not_told():
    blocked = Decision(Outcome.BLOCKED, None, "sample_ratio_matches", ("sample ratio p = 1e-9",), ("start again",))
    text = told(decision=blocked)
    assert "14.1%" not in text and "Decision: blocked." in text and "What would change this: start again." in text


def test_without_outcomes_and_users_it_says_so():
    empty = examples.comparison(effect=None, value=None, control_value=None, interval=None, lift=None)
    text = told(comparisons=(empty,), exposure=(ArmExposure("control", 0.5, 0, 0.0),))
    assert "Conversion rate cannot be compared yet." in text and "No user has been seen in it yet." in text


def test_an_experiment_without_an_entry():
    blocked = Decision(Outcome.BLOCKED, None, "registered", ("the registry has no such experiment",), ("add it",))
    text = paragraph_of(None, (), blocked, examples.unregistered().exposure, None)
    assert text.startswith("This experiment has no usable entry in the registry, so nothing says what it tests. "
                           "It counts 750 units: 500 in a and 250 in b; 3 more are excluded.")  # fmt: skip


@pytest.mark.parametrize(("days", "is_told"), [(12, True), (0, False), (None, False)])
def test_one_that_runs_on_says_how_long(days, is_told):
    running = Decision(Outcome.KEEP_RUNNING, None, None, ("12 of 20 users",), ())
    found = {"decision": running, "power": examples.power(days_to_decision=days)}
    early = examples.design().ends_on - datetime.timedelta(days=3)
    assert ("in about 12 more days" in told(**found, as_of=early)) == is_told
    assert "more days" not in told(**found), "after its end nothing goes on"

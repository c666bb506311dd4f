"""The decision table: what each situation comes to, faults among them, and for which reason."""

import datetime
from dataclasses import replace

import pytest
from experiments.counted import DESIGN, FOUR_ARMS, GUARDED, evidence
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.decisions.decision_table import BY_NAME, CONDITIONS
from echo_ml.experiments.design import Guardrail, Metric, MetricKind
from echo_ml.experiments.findings import Outcome

WINS = {"control": (10_000, 1_000), "treatment": (10_000, 1_250)}
SAME = {"control": (10_000, 1_000), "treatment": (10_000, 1_000)}
LOSES = {"control": (10_000, 1_000), "treatment": (10_000, 800)}
SEQUENTIAL, UNPLANNED = replace(DESIGN, looks=10, min_days=0), replace(DESIGN, looks=None, min_days=0)


def decided(design, counted):
    decision = readout_of(design, None, counted).decision
    return str(decision), decision.variant


@pytest.mark.parametrize("looks", [1, 5, None])
@pytest.mark.parametrize(
    ("counts", "outcome"),
    [(WINS, ("SHIP", "treatment")), (SAME, ("NO_MEANINGFUL_EFFECT", None)), (LOSES, ("DO_NOT_SHIP", None))],
)
def test_the_end_decides_by_every_method(looks, counts, outcome):
    assert decided(replace(DESIGN, looks=looks), evidence(counts)) == outcome


def test_a_fixed_horizon_waits_for_its_end_however_sure_it_looks():
    early = readout_of(replace(DESIGN, min_days=0), None, evidence(WINS, days=10))
    assert early.comparisons[0].p_value < 0.001
    assert early.decision.outcome is Outcome.KEEP_RUNNING


def test_the_shortest_run_is_kept_whatever_was_crossed():
    kept = readout_of(replace(SEQUENTIAL, min_days=14), None, evidence(WINS, days=13))
    assert kept.paths[0].crossed_on is not None
    assert kept.decision.outcome is Outcome.KEEP_RUNNING
    assert "wait 1 more days" in kept.decision.would_change


def test_ten_looks_decide_by_their_boundary_and_not_by_the_level_of_one():
    """At the third of ten looks, p is 0.02, which would do at one look only."""
    third = evidence({"control": (2_000, 200), "treatment": (2_000, 246)}, days=4)
    readout = readout_of(SEQUENTIAL, None, third)
    assert readout.comparisons[0].p_value < 0.05
    assert readout.decision.outcome is Outcome.KEEP_RUNNING
    assert decided(UNPLANNED, third) == ("KEEP_RUNNING", None)


WORSE = (10_000, 930)


@pytest.mark.parametrize("looks", [5, None])
def test_a_loss_is_given_the_time_to_show_before_it_is_called_futile(looks):
    """Where a gain of the planned size is ruled out and a loss of it is not, the end decides, not the moment."""
    design = replace(DESIGN, looks=looks, mde=0.015, min_days=0)
    worse = {"control": (10_000, 1_000), "treatment": WORSE}
    assert decided(design, evidence(worse))[0] == "DO_NOT_SHIP"
    assert decided(replace(design, ends_on=design.ends_on + datetime.timedelta(days=1)), evidence(worse))[0] == (
        "KEEP_RUNNING"
    )


@pytest.mark.parametrize(
    ("revenue", "outcome"),
    [((10.2, 5.0), "SHIP"), ((9.9, 5.0), "SHIP"), ((9.0, 5.0), "DO_NOT_SHIP"), ((9.6, 30.0), "DO_NOT_SHIP")],
    ids=["better", "worse within the margin", "worse for certain", "not shown by the end"],
)
def test_a_winner_ships_only_if_its_guardrails_are_not_inferior(revenue, outcome):
    counted = evidence(WINS, metrics={"revenue_per_user": {"control": (10.0, 5.0), "treatment": revenue}})
    assert decided(GUARDED, counted)[0] == outcome


@pytest.mark.parametrize("looks", [1, 5, None])
def test_a_guardrail_that_gains_is_held_however_small_its_margin_and_many_the_looks(looks):
    design = replace(GUARDED, looks=looks, guardrails=(replace(GUARDED.guardrails[0], margin=0.01),))
    counted = evidence(WINS, metrics={"revenue_per_user": {"control": (10.0, 5.0), "treatment": (10.5, 5.0)}})
    assert decided(design, counted) == ("SHIP", "treatment")


def test_before_the_end_an_open_guardrail_keeps_it_running():
    counted = evidence(WINS, days=12, metrics={"revenue_per_user": {"control": (10.0, 30.0), "treatment": (9.6, 30.0)}})
    assert decided(replace(GUARDED, looks=None), counted)[0] == "KEEP_RUNNING"


def test_the_best_arm_that_wins_is_shipped():
    four = {"control": (10_000, 1_000), "a": (5_000, 500), "b": (3_000, 420), "c": (2_000, 240)}
    assert decided(FOUR_ARMS, evidence(four)) == ("SHIP", "b")


FAULTS = {
    "sample_ratio_matches": evidence({"control": (5_300, 530), "treatment": (4_700, 470)}),
    "exposure_is_clean": evidence(WINS, excluded={"several variants": {"control": 150, "treatment": 160}}),
    "outcomes_follow_exposure": evidence(WINS, conversions_before_exposure=500),
    "data_are_fresh": evidence(WINS, last_assigned_at=datetime.datetime(2024, 3, 10, tzinfo=datetime.UTC)),
    "every_arm_has_users": evidence({"control": (5_000, 500), "treatment": (0, 0)}),
    "arms_are_registered": evidence(WINS, excluded={"unknown variant": {"treatmnt": 3}}),
    "rejected_share_is_low": evidence(WINS, rejected_share=0.2),
}


@pytest.mark.law(12)
@pytest.mark.parametrize("reason", FAULTS)
def test_data_that_cannot_carry_a_decision_block_it(reason):
    readout = readout_of(DESIGN, None, FAULTS[reason])
    assert str(readout.decision) == f"BLOCKED({reason})"
    assert readout.decision.would_change


def test_a_few_units_in_two_arms_are_left_out_and_said():
    readout = readout_of(DESIGN, None, evidence(WINS, excluded={"several variants": {"control": 5, "treatment": 5}}))
    assert readout.decision.outcome is Outcome.SHIP
    assert readout.exposure[0].excluded == {"several variants": 5}


def test_a_suspicious_sample_ratio_is_said_beside_the_decision():
    readout = readout_of(DESIGN, None, evidence({"control": (10_000, 1_000), "treatment": (9_600, 1_200)}))
    assert 0.001 < readout.srm_p_value < 0.01
    assert readout.decision.outcome is Outcome.SHIP
    assert any("sample ratio" in reason for reason in readout.decision.reasons)


@pytest.mark.parametrize(
    ("design", "outcome"), [(DESIGN, "DO_NOT_SHIP"), (SEQUENTIAL, "DO_NOT_SHIP"), (UNPLANNED, "KEEP_RUNNING")]
)
def test_where_nobody_converts_nothing_is_shown(design, outcome):
    """After the last planned look there is none to wait for; unplanned ones may go on."""
    counted = evidence({"control": (500, 0), "treatment": (500, 0)})
    assert decided(design, counted) == (outcome, None)
    assert decided(design, evidence({"control": (500, 0), "treatment": (500, 0)}, days=9)) == ("KEEP_RUNNING", None)


@pytest.mark.parametrize("design", [SEQUENTIAL, UNPLANNED], ids=["ten looks", "unplanned"])
@pytest.mark.parametrize("today", [(560, 560), (560, 430)], ids=["no effect", "harm"])
def test_a_crossing_that_todays_data_do_not_support_ships_nothing(design, today):
    """Data are corrected, and novelty wears off."""
    seen = readout_of(design, None, evidence({"control": (2_000, 200), "treatment": (2_000, 400)}, days=5))
    assert seen.decision.outcome is Outcome.SHIP
    control, treatment = today
    corrected = evidence({"control": (5_600, control), "treatment": (5_600, treatment)}, days=13)
    readout = readout_of(design, None, corrected, seen)
    assert readout.decision.outcome is Outcome.KEEP_RUNNING
    assert any("does not support" in warning for warning in readout.warnings)


def test_conversions_that_are_lost_are_measured_by_conversions():
    """500 of 100,000 units are few, and a third of the conversions of an arm."""
    counts = {"control": (50_000, 500), "treatment": (50_000, 1_000)}
    counted = evidence(counts, conversions_before_exposure=500)
    named = replace(DESIGN, primary=replace(DESIGN.primary, name="experiment_conversion_rate"))
    renamed = replace(counted, metrics={"experiment_conversion_rate": counted.metrics["conversion_rate"]})
    assert decided(named, renamed)[0] == "BLOCKED(outcomes_follow_exposure)"


def test_units_in_several_arms_are_of_all_arms_alike():
    counted = evidence(WINS, excluded={"several variants": {"control": 60, "treatment": 20}})
    assert decided(DESIGN, counted)[0] == "BLOCKED(exposure_is_clean)"


def test_a_guardrail_without_any_event_is_bounded_by_how_many_units_had_none():
    refunds = Metric("refunds_per_user", MetricKind.COUNT, "Refunds by user.", "count", lower_is_better=True)
    none = {"control": (0.0, 0.0), "treatment": (0.0, 0.0)}
    counted = evidence(WINS, metrics={"refunds_per_user": none})
    for margin, outcome in ((0.01, "SHIP"), (0.0001, "DO_NOT_SHIP")):
        assert decided(replace(DESIGN, guardrails=(Guardrail(refunds, margin),)), counted)[0] == outcome


@pytest.mark.parametrize("design", [DESIGN, SEQUENTIAL, UNPLANNED], ids=["fixed", "ten looks", "unplanned"])
def test_nobody_is_assigned_yet(design):
    assert decided(design, evidence({"control": (0, 0), "treatment": (0, 0)}, days=1))[0] == "KEEP_RUNNING"


def test_without_an_entry_of_the_registry_it_is_blocked_and_says_so():
    readout = readout_of(None, None, evidence(WINS))
    assert str(readout.decision) == "BLOCKED(registered)"
    assert readout.decision.reasons == ("the registry has no such experiment",)
    assert [arm.users for arm in readout.exposure] == [10_000, 10_000]


def test_every_condition_of_the_table_is_asked_in_its_order():
    readout = readout_of(DESIGN, None, evidence(WINS))
    assert [condition.name for condition in readout.conditions] == [rule.name for rule in CONDITIONS]


counts = st.integers(0, 3_000).flatmap(lambda users: st.tuples(st.just(users), st.integers(0, users)))


@settings(max_examples=60, deadline=None)
@given(
    counts=st.tuples(counts, counts),
    days=st.integers(1, 14),
    looks=st.sampled_from([1, 3, None]),
    several=st.integers(0, 50),
    unknown=st.integers(0, 1),
)
def test_a_decision_is_blocked_if_and_only_if_a_condition_that_blocks_fails(counts, days, looks, several, unknown):
    excluded = {"several variants": {"control": several}, "unknown variant": {"other": unknown}}
    counted = evidence(dict(zip(("control", "treatment"), counts, strict=True)), days, excluded=excluded)
    readout = readout_of(replace(DESIGN, looks=looks), None, counted)
    failing = [condition.name for condition in readout.conditions if condition.blocks and not condition.holds]
    assert (readout.decision.outcome is Outcome.BLOCKED) == bool(failing)
    assert readout.decision.blocked_by in (*failing, None)
    assert all(BY_NAME[name].blocks for name in failing)

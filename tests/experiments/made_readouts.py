"""A small readout that nothing has computed, for tests of what is done with readouts."""

from __future__ import annotations

from datetime import date

from echo_ml.experiments.decisions.decision_table import CONDITIONS
from echo_ml.experiments.design import Design, Guardrail, Method, Metric, MetricKind
from echo_ml.experiments.findings import (
    ArmExposure,
    Bayes,
    Comparison,
    Condition,
    DayExposure,
    Decision,
    Interval,
    Outcome,
    Path,
    Power,
    Readout,
    Role,
)

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 14)
CONVERSION = Metric("conversion_rate", MetricKind.PROPORTION, "Share of units that converted.", "share")
REVENUE = Metric("revenue_per_user", MetricKind.MEAN, "Mean revenue by unit.", "money")


def made_design(experiment_id: str = "EXP-1") -> Design:
    """Two arms of equal shares, looked at five times."""
    return Design(
        experiment_id, "Checkout button", "user", {"control": 0.5, "treatment": 0.5}, "control", CONVERSION, (REVENUE,),
        (Guardrail(REVENUE, 0.05),), 0.03, 0.05, 0.8, 5, FIRST, date(2024, 1, 28), 7,
    )  # fmt: skip


def made_readout(experiment_id: str = "EXP-1", as_of: date = LAST, failing: tuple[str, ...] = ()) -> Readout:
    """A readout that keeps running, or is blocked by the first failing condition that blocks."""
    conditions = tuple(
        Condition(rule.name, rule.name not in failing, rule.blocks, f"{rule.name} was asked",
                  "mend it" if rule.name in failing else None)
        for rule in CONDITIONS
    )  # fmt: skip
    blocking = next((each.name for each in conditions if each.blocks and not each.holds), None)
    outcome = Outcome.BLOCKED if blocking else Outcome.KEEP_RUNNING
    return Readout(
        experiment_id=experiment_id,
        as_of=as_of,
        design=made_design(experiment_id),
        decision=Decision(outcome, None, blocking, ("No boundary is crossed.",), ("More users.",)),
        conditions=conditions,
        paragraph="It goes on.",
        comparisons=(_comparison(),),
        paths=(Path("treatment", Method.GROUP_SEQUENTIAL, "O'Brien-Fleming", (FIRST, LAST), (100, 200), (None, 0.5),
                    (None, -2.0), (None, 2.0), (None, None), None),),
        power=Power("z test", 2000, 200, 0.03, 0.09, 0.2, 14.0, 120, ((0.01, 0.1), (0.02, 0.3))),
        exposure=(ArmExposure("control", 0.5, 100, 100.0), ArmExposure("treatment", 0.5, 100, 100.0)),
        timeline=(DayExposure(FIRST, {"control": 60, "treatment": 50}),),
        srm_p_value=0.9,
    )  # fmt: skip


def _comparison() -> Comparison:
    return Comparison(
        "conversion_rate", MetricKind.PROPORTION, Role.PRIMARY, "share", "treatment", "control", 100, 100, 0.12, 0.1,
        0.02, 0.04, Interval(-0.06, 0.1), 0.2, Interval(-0.5, 0.9), 0.6, 0.6, 0.6, "two-proportion z",
        bayes=Bayes(0.7, 0.7, 0.2, Interval(-0.4, 0.8), 0.01, 0.03),
    )  # fmt: skip

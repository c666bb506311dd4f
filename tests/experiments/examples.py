"""Readouts made by hand, for the tests of whatever shows, stores or judges them. No tests."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any

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
    View,
)

START = datetime.date(2024, 3, 1)
DAYS = tuple(START + datetime.timedelta(days=day) for day in range(14))
CONVERSION = Metric("conversion_rate", MetricKind.PROPORTION, "Share of users who bought within 14 days.", "fraction")
REVENUE = Metric("revenue_per_user", MetricKind.MEAN, "Revenue within 14 days by user.", "currency", winsorised_at=0.99)
REFUNDS = Metric("refunds_per_user", MetricKind.COUNT, "Refunds by user.", "count", lower_is_better=True)


def design(**changes: Any) -> Design:
    """A test of a checkout button, with five planned looks."""
    usual = Design(
        experiment_id="EXP-001", name="Checkout button", unit="user", arms={"control": 0.5, "treatment": 0.5},
        control="control", primary=CONVERSION, secondary=(REVENUE,), guardrails=(Guardrail(REFUNDS, 0.05),), mde=0.03,
        alpha=0.05, power=0.8, looks=5, started_on=START, ends_on=DAYS[-1], min_days=7,
    )  # fmt: skip
    return replace(usual, **changes)


def bayes(**changes: Any) -> Bayes:
    """A posterior that is all but certain of a gain."""
    lifts = [0.2 + 0.006 * step for step in range(60)]
    density = tuple((lift, math.exp(-((lift - 0.38) ** 2) / 0.0072)) for lift in lifts)
    usual = Bayes(0.99999, 0.99999, 0.38, Interval(0.27, 0.50), 0.0000012, 0.039, density, {"sceptical": 0.9991})
    return replace(usual, **changes)


def comparison(metric: Metric = CONVERSION, role: Role = Role.PRIMARY, **changes: Any) -> Comparison:
    """The primary metric of the treatment: 14.1 % against 10.2 %."""
    usual = Comparison(
        metric=metric.name, kind=metric.kind, role=role, unit=metric.unit, variant="treatment", control="control",
        users=10_084, control_users=10_050, value=0.1412, control_value=0.1021, effect=0.0391, std_error=0.00459,
        interval=Interval(0.0301, 0.0481), lift=0.383, lift_interval=Interval(0.284, 0.489), p_value=2e-17,
        p_adjusted=6e-17, q_value=6e-17, method="two-proportion z, pooled; Newcombe interval",
    )  # fmt: skip
    return replace(usual, **changes)


def comparisons() -> tuple[Comparison, ...]:
    """One of each role."""
    return (
        comparison(
            bayes=bayes(), cuped_effect=0.0388, cuped_interval=Interval(0.0311, 0.0465), variance_reduction=0.27,
        ),
        comparison(
            REVENUE, Role.SECONDARY, value=1234.5, control_value=1200.25, effect=34.25, std_error=21.0,
            interval=Interval(-6.9, 75.4), lift=0.0285, lift_interval=Interval(-0.0057, 0.064), p_value=0.103,
            p_adjusted=0.206, q_value=0.1545, method="Welch's t", note="winsorised at the 99th percentile",
        ),
        comparison(
            REFUNDS, Role.GUARDRAIL, value=0.0312, control_value=0.0301, effect=0.0011, std_error=0.0025,
            interval=Interval(-0.0038, 0.006), lift=0.0365, lift_interval=Interval(-0.12, 0.21), p_value=0.66,
            p_adjusted=0.66, q_value=0.66, method="Welch's t", margin=0.05, is_non_inferior=True,
        ),
    )  # fmt: skip


def path(**changes: Any) -> Path:
    """Five looks, crossed at the third."""
    looks = {2: 4.56, 5: 3.23, 8: 2.63, 11: 2.28, 13: 2.04}
    upper = tuple(looks.get(day) for day in range(14))
    usual = Path(
        variant="treatment", method=Method.GROUP_SEQUENTIAL, description="z at each look, O'Brien-Fleming spending",
        days=DAYS, users=tuple(1440 * (day + 1) for day in range(14)),
        statistic=tuple(0.4 + 0.6 * day for day in range(14)),
        lower=tuple(None if each is None else -each for each in upper), upper=upper, p_value=(None,) * 14,
        crossed_on=DAYS[8],
    )  # fmt: skip
    return replace(usual, **changes)


def power(**changes: Any) -> Power:
    """More users than it takes."""
    curve = tuple((0.001 * step, 1 - math.exp(-((step / 12) ** 2))) for step in range(41))
    usual = Power("two-proportion z, pooled", 3_560, 20_134, 0.03, 0.0122, 0.9998, 1438.0, 0, curve)
    return replace(usual, **changes)


def conditions() -> tuple[Condition, ...]:
    """One that holds, one that is worth a look."""
    return (
        Condition("registered", True, True, "registered as Checkout button"),
        Condition("sample_ratio_matches", True, True, "sample ratio p = 0.81"),
        Condition("enough_users", False, False, "20,134 of 30,000 users", "enrol 9,866 more users"),
    )


def readout(**changes: Any) -> Readout:
    """One that ships, with everything that a readout can have."""
    usual = Readout(
        experiment_id="EXP-001", as_of=DAYS[-1], design=design(),
        decision=Decision(Outcome.SHIP, "treatment", None, ("conversion_rate: treatment wins",),
                          ("a worse guardrail",)),
        conditions=conditions(), paragraph="Checkout button tests treatment against control.",
        comparisons=comparisons(), paths=(path(),), power=power(),
        exposure=(
            ArmExposure("control", 0.5, 10_050, 10_067.0, {"several variants": 12}),
            ArmExposure("treatment", 0.5, 10_084, 10_067.0),
        ),
        timeline=tuple(DayExposure(day, {"control": 718, "treatment": 720}) for day in DAYS), srm_p_value=0.81,
        views=(View("weekday", "Friday", "treatment", 2880, 2874, 0.0412, Interval(0.024, 0.058)),),
        warnings=("the covariate gains little",),
        data_as_of=datetime.datetime(2024, 3, 14, 23, 10, tzinfo=datetime.UTC),
    )  # fmt: skip
    return replace(usual, **changes)


def unregistered(**changes: Any) -> Readout:
    """One whose experiment nobody declared."""
    missing = Condition("registered", False, True, "the registry has no such experiment", "add it to the registry")
    usual = Readout(
        experiment_id="EXP-009", as_of=DAYS[-1], design=None,
        decision=Decision(Outcome.BLOCKED, None, "registered", (missing.says,), ("add it to the registry",)),
        conditions=(missing,), paragraph="",
        exposure=(ArmExposure("a", None, 500, None), ArmExposure("b", None, 250, None, {"several variants": 3})),
        timeline=tuple(DayExposure(day, {"a": 36, "b": 18}) for day in DAYS),
    )  # fmt: skip
    return replace(usual, **changes)

"""What a readout says: the types that the statistics fill in, and that pages, tables, checks and the CLI show.

No arithmetic here. Lifts are relative to control (0.05 is 5 % more); effects are differences in the metric's own unit.
A figure that cannot be given is None, with a reason beside it.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from echo_ml.experiments.design import Design, Method, MetricKind


class Role(StrEnum):
    """What a metric is for."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    GUARDRAIL = "guardrail"


class Outcome(StrEnum):
    """What a readout decides."""

    SHIP = "SHIP"
    DO_NOT_SHIP = "DO_NOT_SHIP"
    NO_MEANINGFUL_EFFECT = "NO_MEANINGFUL_EFFECT"
    KEEP_RUNNING = "KEEP_RUNNING"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True)
class Interval:
    """Between `lower` and `upper`, both included."""

    lower: float
    upper: float


@dataclass(frozen=True)
class Bayes:
    """The posterior of one arm against control; `credible_interval` and `expected_lift` are relative lifts.

    `loss_if_shipped` is the expected loss, in the metric's unit, of taking the variant where control is better;
    `loss_if_kept` that of keeping control where the variant is better. `density` pairs relative lifts, ascending, with
    the posterior density there; `sensitivity` has P(variant wins) under other priors, by what they are called, and
    `depends_on_prior` says that they do not lead to one conclusion. The lift is None where control has nothing that it
    could be relative to. `method` names the model and the prior.
    """

    prob_variant_wins: float
    prob_best: float
    expected_lift: float | None
    credible_interval: Interval | None
    loss_if_shipped: float
    loss_if_kept: float
    density: tuple[tuple[float, float], ...] = ()
    sensitivity: Mapping[str, float] = field(default_factory=dict)
    method: str = ""
    depends_on_prior: bool = False


@dataclass(frozen=True)
class Comparison:
    """One metric of one arm against control, at a fixed horizon. One row of the readout's table.

    `p_adjusted` is by Holm and `q_value` by Benjamini-Hochberg, over all metrics and arms of the experiment.
    `cuped_effect` and `cuped_interval` are adjusted by the covariate, which takes `variance_reduction` (0..1) of the
    variance away. `margin`, `is_non_inferior` and `guard_interval`, by which it is told, are of guardrails.
    """

    metric: str
    kind: MetricKind
    role: Role
    unit: str
    variant: str
    control: str
    users: int
    control_users: int
    value: float | None
    control_value: float | None
    effect: float | None
    std_error: float | None
    interval: Interval | None
    lift: float | None
    lift_interval: Interval | None
    p_value: float | None
    p_adjusted: float | None
    q_value: float | None
    method: str
    note: str | None = None
    cuped_effect: float | None = None
    cuped_interval: Interval | None = None
    variance_reduction: float | None = None
    bayes: Bayes | None = None
    margin: float | None = None
    is_non_inferior: bool | None = None
    guard_interval: Interval | None = None


@dataclass(frozen=True)
class Path:
    """How the evidence of one arm on the primary metric grew, one entry a day; the sequential chart.

    `statistic` is z for a group-sequential or fixed test, the effect for a confidence sequence; `lower` and `upper` are
    the boundaries of the statistic at that day (for always-valid looks the confidence sequence), None on days that are
    no look. `p_value` is always valid, None for other methods. `crossed_on` is the first look at which it crossed.
    """

    variant: str
    method: Method
    description: str
    days: tuple[datetime.date, ...]
    users: tuple[int, ...]
    statistic: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    p_value: tuple[float | None, ...]
    crossed_on: datetime.date | None


@dataclass(frozen=True)
class Power:
    """What this experiment can see: the users of one arm pair that it needs, and how far it is.

    `needed` and `enrolled` count the users of all arms. `mde_now` is what the users enrolled so far can detect with the
    planned power; `power_now` the power at the planned MDE with them. `curve` pairs effects with power at the users so
    far. `formula` names how `needed` was computed.
    """

    formula: str
    needed: int | None
    enrolled: int
    mde_planned: float
    mde_now: float | None
    power_now: float | None
    users_a_day: float | None
    days_to_decision: int | None
    curve: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class ArmExposure:
    """How many units an arm was designed to have, and has; `excluded` by reason."""

    variant: str
    designed_share: float | None
    users: int
    expected_users: float | None
    excluded: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DayExposure:
    """Units first exposed on a day, by arm."""

    day: datetime.date
    users: dict[str, int]


@dataclass(frozen=True)
class View:
    """The primary metric's effect of one arm within a part of the data: days since start, a weekday, a segment.

    Exploratory: no decision reads it, no error rate is held over it.
    """

    view: str
    part: str
    variant: str
    users: int
    control_users: int
    effect: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Condition:
    """One row of the decision table, asked: it becomes an asset check. `change` says what would make it hold.

    `blocks` where a failure blocks any decision; a failure of another one is said beside the decision.
    """

    name: str
    holds: bool
    blocks: bool
    says: str
    change: str | None = None


@dataclass(frozen=True)
class Decision:
    """What is decided, for which arm, why, and what would change it. `blocked_by` is the reason of BLOCKED."""

    outcome: Outcome
    variant: str | None
    blocked_by: str | None
    reasons: tuple[str, ...]
    would_change: tuple[str, ...]

    def __str__(self) -> str:
        """As the summary shows it."""
        return f"{self.outcome}({self.blocked_by})" if self.blocked_by else str(self.outcome)


@dataclass(frozen=True)
class Readout:
    """One experiment as of the end of one day. `design` is None where the registry has no such experiment."""

    experiment_id: str
    as_of: datetime.date
    design: Design | None
    decision: Decision
    conditions: tuple[Condition, ...]
    paragraph: str
    comparisons: tuple[Comparison, ...] = ()
    paths: tuple[Path, ...] = ()
    power: Power | None = None
    exposure: tuple[ArmExposure, ...] = ()
    timeline: tuple[DayExposure, ...] = ()
    srm_p_value: float | None = None
    views: tuple[View, ...] = ()
    warnings: tuple[str, ...] = ()
    data_as_of: datetime.datetime | None = None
    redesigned_on: datetime.date | None = None

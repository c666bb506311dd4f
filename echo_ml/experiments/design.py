"""What was declared before an experiment began: arms, metrics, margins, error rates and looks.

Reading a row of the registry, and refusing one, is the business of `registry.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class MetricKind(StrEnum):
    """How a metric is made of the values of units, which decides its test."""

    PROPORTION = "proportion"
    """Share of units with a yes."""
    MEAN = "mean"
    """Mean of a value by unit."""
    RATIO = "ratio"
    """Sum of one value over the sum of another, both by unit; units, not events, are independent."""
    COUNT = "count"
    """Mean number of events by unit."""


class Method(StrEnum):
    """How the primary metric decides, which follows from the looks that were planned."""

    FIXED = "fixed horizon"
    """One look, at the end."""
    GROUP_SEQUENTIAL = "group sequential"
    """A planned number of looks; the error is spent over them."""
    ALWAYS_VALID = "always valid"
    """Unplanned looks; the error holds at all of them together."""


@dataclass(frozen=True)
class Metric:
    """A row of the metrics catalogue, as far as an experiment needs it. `winsorised_at` is a quantile, or None.

    `is_of_customers` where it is read from sales, so that only an experiment whose unit is the customer has it.
    """

    name: str
    kind: MetricKind
    definition: str
    unit: str
    winsorised_at: float | None = None
    lower_is_better: bool = False
    is_of_customers: bool = False


@dataclass(frozen=True)
class Guardrail:
    """A metric that may be worse than under control by less than `margin`, in the metric's own unit."""

    metric: Metric
    margin: float


@dataclass(frozen=True)
class Design:
    """One registered experiment.

    `arms` are designed shares that sum to 1, control among them. `mde` is the minimum detectable effect, absolute, on
    the primary metric; `alpha` is two-sided. `looks` counts the planned looks at the data, the last one included (1:
    only at the end); None means unplanned looks. `ends_on` is the last whole day, None an open end.
    """

    experiment_id: str
    name: str
    unit: str
    arms: Mapping[str, float]
    control: str
    primary: Metric
    secondary: tuple[Metric, ...]
    guardrails: tuple[Guardrail, ...]
    mde: float
    alpha: float
    power: float
    looks: int | None
    started_on: datetime.date
    ends_on: datetime.date | None
    min_days: int

    @property
    def treatments(self) -> tuple[str, ...]:
        """The arms that are compared with control, in declared order."""
        return tuple(arm for arm in self.arms if arm != self.control)

    @property
    def method(self) -> Method:
        """How the primary metric decides."""
        if self.looks is None:
            return Method.ALWAYS_VALID
        return Method.FIXED if self.looks == 1 else Method.GROUP_SEQUENTIAL

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every metric once: primary, secondary, guardrails."""
        named = [self.primary, *self.secondary, *(guardrail.metric for guardrail in self.guardrails)]
        return tuple({metric.name: metric for metric in named}.values())

"""Reading a row of the registry of experiments into a design, or refusing it in words that its author can act on.

What single values may be is in the contract of the source `experiments`; here is what a design asks for beyond that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from math import fsum
from typing import Any, NoReturn

from echo_ml.experiments.design import Design, Guardrail, Metric

ALIASES = {
    "conversion": "experiment_conversion_rate",
    "conversion_rate": "experiment_conversion_rate",
    "conversions": "experiment_conversion_rate",
}
"""What people write, and the one name that the catalogue has for it. `conversion_rate` there is that of marketing."""

UNPLANNED = "unplanned"
"""Looks of which nobody says beforehand how many they are."""

_CUSTOMER = "customer"
_TOO_LARGE = 1e15


class NotUsable(ValueError):
    """An entry of the registry that no readout can follow; the text names experiment, field and fix."""


def design_of(row: Mapping[str, Any], catalogue: Mapping[str, Metric]) -> Design:
    """Read a row of `core.dim_experiment`; `catalogue` has every metric that experiments measure, by its name.

    Shares are divided by their sum, so that 50 and 50 are as good as 0.5 and 0.5; control becomes the first arm, the
    others keep their order. Looks that are not given are one, at the end, or unplanned where there is no end. NotUsable
    for whatever cannot be read without a guess.
    """
    entry = _Entry(row, catalogue)
    return Design(
        experiment_id=str(row["experiment_id"]),
        name=str(row["experiment_name"] or row["experiment_id"]),
        unit=str(row["unit"]),
        arms=entry.arms(),
        control=str(row["control"]),
        primary=entry.metric("primary_metric", row["primary_metric"]),
        secondary=entry.secondary(),
        guardrails=entry.guardrails(),
        mde=entry.number("mde", "above 0", lambda value: value > 0),
        alpha=entry.number("alpha", "between 0 and 1", lambda value: 0 < value < 1),
        power=entry.number("power", "between 0 and 1", lambda value: 0 < value < 1),
        looks=entry.looks(),
        started_on=row["started_date"],
        ends_on=entry.ends_on(),
        min_days=int(row["min_days"] or 0),
    )


@dataclass(frozen=True)
class _Entry:
    """One row, read field by field."""

    row: Mapping[str, Any]
    catalogue: Mapping[str, Metric]

    def refuse(self, field: str, says: str, fix: str) -> NoReturn:
        raise NotUsable(f"experiment {self.row['experiment_id']}, {field}: {says}; {fix}")

    def arms(self) -> dict[str, float]:
        """Shares that sum to 1, control first."""
        fix = 'write a JSON object like {"control": 0.5, "treatment": 0.5}'
        given, control = self.row["arms"], self.row["control"]
        if not isinstance(given, Mapping):
            self.refuse("arms", "no JSON object of arms with their shares", fix)
        wrong = [arm for arm, share in given.items() if not _is_number(share) or share <= 0]
        if wrong:
            self.refuse("arms", f"the share of {_named(wrong)} is no number above 0", fix)
        if len(given) < 2:
            self.refuse("arms", f"{len(given) or 'no'} arm is nothing to compare", "give control and another arm")
        if control not in given:
            self.refuse("control", f"{control!r} is not among the arms {_named(given)}", "name one of them")
        total = fsum(given.values())
        return {arm: given[arm] / total for arm in sorted(given, key=lambda arm: bool(arm != control))}

    def metric(self, field: str, name: object) -> Metric:
        """The metric of that name, or of that alias."""
        written = name.strip().lower() if isinstance(name, str) else ""
        found = self.catalogue.get(ALIASES.get(written, written))
        if found is None:
            self.refuse(field, f"no experiment measures {name!r}", self._known(written))
        if found.is_of_customers and self.row["unit"] != _CUSTOMER:
            says = f"{found.name} is read from customers' sales, but the unit is {self.row['unit']}"
            self.refuse(field, says, "assign customers (unit customer), or choose another metric")
        return found

    def _known(self, written: str) -> str:
        known = sorted({*self.catalogue, *(alias for alias, name in ALIASES.items() if name in self.catalogue)})
        near = get_close_matches(written, known)
        return f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(sorted(self.catalogue))}"

    def secondary(self) -> tuple[Metric, ...]:
        """The metrics of the list; none where there is no list."""
        given = self.row["secondary_metrics"]
        if given is not None and not isinstance(given, list):
            self.refuse("secondary_metrics", "no JSON list of names", 'write a list like ["revenue_per_user"]')
        return tuple(self.metric("secondary_metrics", name) for name in given or [])

    def guardrails(self) -> tuple[Guardrail, ...]:
        """The metrics of the object with their margins; none where there is no object."""
        given = self.row["guardrails"]
        fix = 'write an object of margins in the metric\'s own unit, like {"revenue_per_user": 0.5}'
        if given is not None and not isinstance(given, Mapping):
            self.refuse("guardrails", "no JSON object of metrics with their margins", fix)
        margins = given or {}
        wrong = [name for name, margin in margins.items() if not _is_number(margin) or margin < 0]
        if wrong:
            self.refuse("guardrails", f"the margin of {_named(wrong)} is no number from 0 on", fix)
        return tuple(Guardrail(self.metric("guardrails", name), float(margin)) for name, margin in margins.items())

    def number(self, field: str, bounds: str, is_within: Callable[[float], bool]) -> float:
        """A number within bounds."""
        given = self.row[field]
        value = float("nan") if given is None else float(given)
        if not is_within(value):
            self.refuse(field, f"{given} is not {bounds}", f"give a number {bounds}")
        return value

    def looks(self) -> int | None:
        """How many looks are planned; None for unplanned ones."""
        written = str(self.row["looks"] or "").strip().lower()
        if not written:
            return None if self.row["last_date"] is None else 1
        if written == UNPLANNED:
            return None
        if not (written.isascii() and written.isdigit() and int(written)):
            says = f"{self.row['looks']!r} is no number of looks"
            self.refuse("looks", says, f'give a whole number from 1 on, "{UNPLANNED}", or nothing for one at the end')
        if self.row["last_date"] is None and not self.row["min_days"]:
            says = f"{written} planned, but neither ends_at nor min_days says until when"
            self.refuse("looks", says, f'give one of them, or "{UNPLANNED}"')
        return int(written)

    def ends_on(self) -> date | None:
        """The last day, or None."""
        starts, ends = self.row["started_at"], self.row["ends_at"]
        if ends is not None and ends <= starts:
            self.refuse("ends_at", f"{ends} is not after the start {starts}", "give a later end, or none")
        last: date | None = self.row["last_date"]
        return last


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _TOO_LARGE


def _named(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))

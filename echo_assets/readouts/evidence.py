"""What was known of the running experiments at the end of a day, as the statistics take it.

How it is counted is in `counting.py`; on which days an experiment runs, in `running.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from echo_assets.readouts import counting
from echo_assets.readouts.counting import Row, counted
from echo_assets.readouts.running import Running, running_days
from echo_assets.settings import PROJECT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from echo_ml.experiments.design import Design, Metric
    from echo_ml.experiments.evidence import Evidence
    from echo_ml.experiments.moments import Moments

_ALWAYS_MEASURED = "experiment_conversion_rate"
"""What is counted of an experiment that declares nothing usable."""
_CONTRACT = PROJECT / "echo_quality" / "contracts" / "experiment_assignments.yaml"
_PATIENCE = 3
"""How many deliveries may bring no event before the source is called stale: days without any are no failure yet."""

_Axes = Mapping[str, Sequence[Any]]
"""The columns that place a row in an array, each with its values in order."""

Known = tuple["Design | None", "str | None", "Evidence"]


def evidence_as_of(connection: Connection[Any], as_of: date) -> list[Known]:
    """Every experiment that runs on the day: its design, or why there is none that can be used, and its evidence.

    `as_of` is a day of the business zone, and what is known at its end is counted: units first exposed until then, and
    outcomes until then. The models of the schema `experiments` must be built. In order of the experiments' names.
    """
    running = [each for each in running_days(connection) if as_of in each]
    names = [each.experiment_id for each in running]
    catalogue = metrics_of(connection)
    entries = {row["experiment_id"]: row for row in counted(connection, counting.EXPERIMENTS, as_of, names)}
    counts = {
        name: _by_experiment(counted(connection, statement, as_of, names))
        for name, statement in (
            ("users", counting.USERS), ("outcomes", counting.OUTCOMES), ("excluded", counting.EXCLUDED),
        )
    }  # fmt: skip
    [source] = counted(connection, counting.SOURCE, as_of)
    found = []
    for each in running:
        design, why_not = _design(entries[each.experiment_id], catalogue)
        rows = {name: of.get(each.experiment_id, []) for name, of in counts.items()}
        found.append((design, why_not, _evidence(_Counts(each, as_of, design, **rows), catalogue, source)))
    return found


def metrics_of(connection: Connection[Any]) -> dict[str, Metric]:
    """Every metric that experiments measure, by name, as the catalogue has it."""
    from echo_ml.experiments.design import Metric, MetricKind

    rows = counted(connection, counting.METRICS, date.min)
    return {row["name"]: Metric(**{**row, "kind": MetricKind(row["kind"])}) for row in rows}


def _design(entry: Row, catalogue: Mapping[str, Metric]) -> tuple[Design | None, str | None]:
    from echo_ml.experiments.registry import NotUsable, design_of

    if entry["is_inferred"]:
        return None, f"the registry has no experiment {entry['experiment_id']}"
    try:
        return design_of(entry, catalogue), None
    except NotUsable as refused:
        return None, str(refused)


@dataclass(frozen=True)
class _Counts:
    """The rows of one experiment, and the places that they have in arrays."""

    running: Running
    as_of: date
    design: Design | None
    users: list[Row]
    outcomes: list[Row]
    excluded: list[Row]

    @property
    def arms(self) -> tuple[str, ...]:
        """The designed ones, then any others that were seen."""
        designed = tuple(self.design.arms) if self.design else ()
        seen = {row["variant_name"] for row in [*self.users, *self.excluded]}
        return (*designed, *sorted(seen - set(designed)))

    @property
    def days(self) -> tuple[date, ...]:
        """From the first day to the last one that is known."""
        first = self.running.first_day
        return tuple(first + timedelta(days) for days in range((self.as_of - first).days + 1))

    @property
    def segments(self) -> list[str]:
        """The segments that units are in."""
        return sorted({row["segment"] for row in self.users if row["segment"] is not None})

    def by_day(self, metric: Metric) -> Moments:
        """Moments by arm and day of first exposure."""
        return _moments(metric, self.users, self.outcomes, {"variant_name": self.arms, "assigned_date": self.days})

    def of_segment(self, metric: Metric, segment: str) -> Moments:
        """Moments by arm."""
        users, outcomes = ([row for row in rows if row["segment"] == segment] for rows in (self.users, self.outcomes))
        return _moments(metric, users, outcomes, {"variant_name": self.arms})


def _evidence(counts: _Counts, catalogue: Mapping[str, Metric], source: Row) -> Evidence:
    from echo_ml.experiments.evidence import Evidence

    design = counts.design
    metrics = design.metrics if design else (catalogue[_ALWAYS_MEASURED],)
    excluded: dict[str, dict[str, int]] = {}
    for row in counts.excluded:
        if row["exclusion_reason"]:
            excluded.setdefault(row["exclusion_reason"], {})[row["variant_name"]] = row["users"]
    return Evidence(
        experiment_id=counts.running.experiment_id,
        as_of=counts.as_of,
        arms=counts.arms,
        days=counts.days,
        metrics={metric.name: counts.by_day(metric) for metric in metrics},
        excluded=excluded,
        conversions_before_exposure=sum(row["early"] for row in counts.excluded),
        segments={name: counts.of_segment(design.primary, name) for name in counts.segments} if design else {},
        last_assigned_at=_known_until(source, counts.as_of),
        rejected_share=source["rejected_share"],
        stale_after_hours=_stale_after_hours(),
    )


def _known_until(source: Row, as_of: date) -> datetime | None:
    """The newest event; the end of the day where the source has gone on after it, so that nothing of it is missing."""
    newest: datetime | None = source["newest"]
    if not source["is_known_later"]:
        return newest
    return datetime.combine(as_of + timedelta(1), time(), newest.tzinfo if newest else UTC)


def _moments(metric: Metric, users: Iterable[Row], outcomes: Iterable[Row], axes: _Axes) -> Moments:
    """The rows at their places; where a ratio has its denominator, any other metric has the covariate."""
    from echo_ml.experiments.design import MetricKind
    from echo_ml.experiments.moments import Moments

    count, x, xx = _arrays(users, ("users", "x", "xx"), axes)
    of_metric = [row for row in outcomes if row["metric"] == metric.name]
    y, yy, xy, d, dd, dy = _arrays(of_metric, ("y", "yy", "xy", "d", "dd", "dy"), axes)
    is_ratio = metric.kind is MetricKind.RATIO
    return Moments(count, y, yy, *((d, dd, dy) if is_ratio else (x, xx, xy)))


def _arrays(rows: Iterable[Row], names: Sequence[str], axes: _Axes) -> NDArray[np.float64]:
    """One array for each name; a row that an axis does not have is left out."""
    import numpy as np

    places = {column: {value: place for place, value in enumerate(values)} for column, values in axes.items()}
    arrays = np.zeros((len(names), *(len(values) for values in axes.values())))
    for row in rows:
        at = [of.get(row[column]) for column, of in places.items()]
        if None not in at:
            arrays[(slice(None), *at)] = [row[name] or 0 for name in names]
    return arrays


def _by_experiment(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["experiment_id"], []).append(row)
    return found


@cache
def _stale_after_hours() -> float:
    """How long nothing may have happened: some times what the contract promises between two deliveries."""
    from echo_quality.odcs import read_contract

    hours = read_contract(_CONTRACT).freshness_hours
    return _PATIENCE * (hours if hours is not None else 24.0)

"""On which days an experiment runs, in the business zone. What is counted on such a day is in `evidence.py`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

_RUNNING = """
select experiment_id, started_date as first_day, last_date as last_day
from core.dim_experiment
where experiment_id is not null and not is_inferred
union all
select units.experiment_id, min(units.assigned_date), max(units.assigned_date)
from core.fact_experiments as units
join core.dim_experiment as experiments using (experiment_key)
where experiments.is_inferred
group by units.experiment_id
"""


@dataclass(frozen=True)
class Running:
    """An experiment runs from `first_day` to `last_day`, both included; `last_day` None has no end yet.

    One of the registry runs as it was planned, another one from its first to its last assignment.
    """

    experiment_id: str
    first_day: date
    last_day: date | None

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def running_days(connection: Connection[Any]) -> list[Running]:
    """Every experiment that the warehouse knows, by name; the dimension and the fact of experiments must be built."""
    with connection.cursor(row_factory=class_row(Running)) as cursor:
        return sorted(cursor.execute(_RUNNING), key=lambda each: each.experiment_id)

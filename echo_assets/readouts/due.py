"""Which readouts are due: the days on which an experiment runs and of which something below has changed since.

A readout knows everything up to the end of its day, so a change on one day makes that day's readout and every later
one due. The rest is as with facts: marks of what changed, and marks of what was seen, in the same ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from psycopg import Connection

from echo_assets.dbt.nodes import Manifest
from echo_assets.planner.state import DirtyDay, Target
from echo_assets.planner.targets import targets_from
from echo_assets.readouts.running import Running, running_days

KEY = "readouts/experiments"
READS = (
    "core/dim_customer", "core/dim_experiment", "core/fact_experiments", "experiments/experiment_covariates",
    "experiments/experiment_outcomes", "finance/metrics_catalog",
)  # fmt: skip
"""The models that evidence is counted from."""
_LAST_DAY = "select ops.last_data_day(%s)"
_CLAIM = """
insert into ops.built_days (asset, source, day, mark) values (%s, %s, %s, %s)
on conflict (asset, source, day) do update set mark = excluded.mark
"""
_FORGET = "delete from ops.built_days where asset = %s and day >= %s::date"


def readouts_target(manifest: Manifest) -> Target:
    """The readouts as the planner knows them: below the models that they read, dirty by what makes those dirty."""
    read = [target for target in targets_from(manifest) if target.key in READS]
    return Target(
        key=KEY,
        sources=frozenset[str]().union(*(target.sources for target in read)),
        by_day=True,
        upstream=frozenset(READS).union(*(target.upstream for target in read)),
        reads=frozenset[str]().union(*(target.reads for target in read)),
    )


def readout_days(connection: Connection[Any], today: date) -> list[date]:
    """The days that have readouts, in order: an experiment runs, and the data go that far. The models must be built."""
    [last] = connection.execute(_LAST_DAY, [today]).fetchone() or (None,)
    return days_of(running_days(connection), last) if last else []


def days_of(running: Iterable[Running], last: date) -> list[date]:
    """Every day up to `last` on which one of them runs."""
    ends = [(each.first_day, min(each.last_day or last, last)) for each in running]
    return sorted({first + timedelta(days) for first, end in ends for days in range((end - first).days + 1)})


def claim(connection: Connection[Any], marks: Iterable[DirtyDay]) -> None:
    """Record that the readouts of these days have seen these marks."""
    with connection.cursor() as cursor:
        cursor.executemany(_CLAIM, [(mark.asset, mark.source, mark.day, mark.mark) for mark in marks])


def forget(connection: Connection[Any], first: str) -> None:
    """Make the readouts of a day, and of all later ones, due again."""
    connection.execute(_FORGET, [KEY, first])

"""Running a proof on an installation, and what it comes to as rows for a person or a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions
from echo_assets.planner.days import DayRange
from echo_assets.prove.scratch import scratch
from echo_assets.prove.ways import WAYS, Proof, proved
from echo_assets.server import Databases
from echo_assets.sources import Sources


def prove(sources: Sources, databases: Databases, seed: int, tell: Callable[[str], None]) -> Proof:
    """Prove it for the rows that are staged now; the warehouse is only read."""
    days = daily_partitions(sources.settings)
    ends = (str(days.get_first_partition_key()), str(days.get_last_partition_key()))
    partitions = DayRange(*map(date.fromisoformat, ends))
    place = (load_project(), sources.settings.home / "dbt", partitions, sources.settings.timezone)
    with (
        scratch(databases, sources.contracts.values(), *place) as room,
        sources.connection(read_only=True) as origin,
        origin.transaction(),
    ):
        origin.execute("set transaction isolation level repeatable read")  # the same rows on every way
        return proved(room, origin, seed, tell)


def table_of(proof: Proof) -> list[dict[str, Any]]:
    """One row per table: its rows, and for each way after the first whether the content is the same."""
    differing = proof.differing
    return [
        {"table": table, "rows": rows, **{way: way not in differing.get(table, ()) for way in WAYS[1:]}}
        for table, rows in sorted(proof.rows.items())
    ]

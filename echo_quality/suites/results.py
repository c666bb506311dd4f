"""Storing outcomes in `ops.check_results`, where the history of every check is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from echo_quality.suites.outcomes import CheckOutcome

if TYPE_CHECKING:
    import psycopg

_INSERT = """
insert into ops.check_results (asset, check_name, partition, load_id, passed, severity, blocking, run_id, metadata)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def store_outcomes(
    connection: psycopg.Connection[Any],
    outcomes: Iterable[CheckOutcome],
    *,
    asset: str,
    partition: str | None,
    load_id: int | None,
    run_id: str | None,
    blocking: bool,
) -> int:
    """Write one row for each outcome and say how many; the caller commits. A warning never blocks."""
    from psycopg.types.json import Jsonb

    rows = [
        (
            *(asset, outcome.check, partition, load_id, outcome.passed),
            *("ERROR" if outcome.severity == "critical" else "WARN", blocking and outcome.severity == "critical"),
            *(run_id, Jsonb(outcome.metadata())),
        )
        for outcome in outcomes
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    return len(rows)

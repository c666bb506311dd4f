"""What a flush of the stream makes dirty: the days of the file source that has the same rows.

The facts are built from both, and are rebuilt by day: under the source's own name just those days are built again that
an event touches, by what builds on that source and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

SOURCES = {"transaction": "revenue", "signup": "customers", "experiment_exposure": "experiment_assignments"}
"""The source of files for each kind of event."""


def mark_days_of_events(connection: Connection[Any], days: Mapping[str, Iterable[date]]) -> None:
    """Mark days within the flush's transaction; in one order of sources, so that no two flushes wait in a circle."""
    from echo_quality.loading.dirty_days import mark_days

    for source, kind in sorted((source, kind) for kind, source in SOURCES.items()):
        if kind in days:
            mark_days(connection, source, days[kind])

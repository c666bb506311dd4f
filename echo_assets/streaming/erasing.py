"""Taking a person out of the stream: its tables are redacted, and the days of the person's events are built again."""

from __future__ import annotations

from echo_assets.sources import Sources
from echo_assets.streaming.dirty_days import mark_days_of_events


def erase_from_stream(sources: Sources, person: str, token: str) -> int:
    """Take a person out of the tables of the stream; how many rows that concerned."""
    from echo_streaming.erasure import erase_person

    with sources.connection() as connection, connection.transaction():
        erased = erase_person(connection, person, token, sources.settings.timezone)
        mark_days_of_events(connection, erased.days)
    return erased.rows

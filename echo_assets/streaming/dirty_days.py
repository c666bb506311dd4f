"""Which business days of the file sources the stream has a part in: what it makes dirty, and what a file then replaces.

The facts are built from files and stream, and are rebuilt by day: under the source's own name just those days are built
again that an event touches, by what builds on that source and by nothing else. What a file says stands; so a file that
brings what the stream had brought, or that no longer has it, changes the day on which the stream has it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_quality.loading.loads import Load


@dataclass(frozen=True)
class Streamed:
    """What the stream has of the rows of a file source: those that a model of dbt takes while no file has them."""

    kind: str
    source: str
    key: str
    rows: str
    """A select of the key and of `moment`, by which the business day goes."""


STREAMED = (
    Streamed(
        "transaction",
        "revenue",
        "transaction_id",
        "select transaction_id, first_at as moment from streaming.transactions",
    ),
    Streamed(
        "signup",
        "customers",
        "customer_id",
        "select user_id as customer_id, event_at as moment from streaming.user_events where event_type = 'signup'",
    ),
    Streamed(
        "experiment_exposure",
        "experiment_assignments",
        "experiment_id, user_id, variant",
        "select experiment_id, user_id, variant, first_at as moment from streaming.experiment_exposures",
    ),
)
"""By kind of event, in the order of their sources."""
SOURCES = {each.kind: each.source for each in STREAMED}


def mark_days_of_events(connection: Connection[Any], days: Mapping[str, Iterable[date]]) -> None:
    """Mark days within the flush's transaction; in one order of sources, so that no two flushes wait in a circle."""
    from echo_quality.loading.dirty_days import mark_days

    for source, kind in sorted((source, kind) for kind, source in SOURCES.items()):
        if kind in days:
            mark_days(connection, source, days[kind])


def all_days(connection: Connection[Any], streamed: Streamed, timezone: str) -> list[date]:
    """Every business day that the stream has rows of a source on."""
    query = f"select distinct (moment at time zone %s)::date from ({streamed.rows}) as streamed order by 1"
    return [day for (day,) in connection.execute(query.encode(), [timezone])]


def days_of_replaced_events(connection: Connection[Any], load: Load, timezone: str) -> list[date]:
    """The days on which the stream has what a load brings, or what its file had; asked while it is published."""
    streamed = next((each for each in STREAMED if each.source == load.source), None)
    if streamed is None or not connection.execute(f"{streamed.rows} limit 1".encode()).rowcount:
        return []
    query = f"""
        select distinct (moment at time zone %(timezone)s)::date from ({streamed.rows}) as streamed
        inner join (
            select {streamed.key} from staging.{load.source} where _row_id between %(first)s and %(last)s
            union select {streamed.key} from freed
        ) as touched using ({streamed.key})
    """
    last = load.first_row_id + 4294967295
    values = {"timezone": timezone, "first": load.first_row_id, "last": last}
    return [day for (day,) in connection.execute(query.encode(), values)]

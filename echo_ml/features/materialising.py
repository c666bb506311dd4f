"""Materialising a view where offline and online are one server: in SQL, without a row leaving it.

Afterwards the table says what the offline history says now. A row that has no support there any more (a snapshot that
was taken back, an entity that is gone) is retracted, unless the view is pushed and may know more than its table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql

from echo_ml.features.declared import FeatureView
from echo_ml.features.offline_sql import EVENT, KNOWN, latest
from echo_ml.features.online_tables import OnlineTable, have_tables, online_table

_RETRACT = """
delete from {table} as kept where not exists (
    select from ({latest}) as latest
    where latest.{key} = kept.{key} and latest.event_timestamp >= kept.event_timestamp
)
"""
_SPAN = "select count(*), min(event_timestamp), max(event_timestamp) from {}"


@dataclass(frozen=True)
class Materialised:
    """What a view holds online now, and what it took: rows written anew or changed, rows retracted."""

    view: str
    rows: int
    first_event: datetime | None
    last_event: datetime | None
    written: int
    retracted: int


def materialise(connection: Connection[Any], view: FeatureView) -> Materialised:
    """Bring a view's online table up to date, in one transaction; one at a time for each view."""
    table = online_table(view)
    have_tables(connection, [table])
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('echo.feature_online'), hashtext(%s))", [view.name])
        retracted = 0 if view.is_pushed else connection.execute(_retraction(view, table)).rowcount
        written = connection.execute(table.upsert(_rows(view))).rowcount
        rows, first, last = connection.execute(sql.SQL(_SPAN).format(table.qualified)).fetchone() or (0, None, None)
    return Materialised(view.name, rows, first, last, written, retracted)


def _retraction(view: FeatureView, table: OnlineTable) -> sql.Composed:
    return sql.SQL(_RETRACT).format(table=table.qualified, latest=latest(view), key=sql.Identifier(view.key))


def _rows(view: FeatureView) -> sql.Composed:
    names = [view.key, EVENT, KNOWN, *view.names]
    return sql.SQL("select {} from ({}) as latest").format(sql.SQL(", ").join(map(sql.Identifier, names)), latest(view))

"""The tables that features are served from: one a view, one row an entity, one typed column a feature.

A newer row is never overwritten by an older one, whoever writes: a trigger of the table holds that. What is in them can
be made again from the offline history at any time, so their columns simply follow the declarations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from echo_ml.features.declared import FeatureView

SCHEMA = "feature_online"
EVENT, CREATED = "event_timestamp", "created_timestamp"

_GUARD = """
create or replace function {schema}.keep_newer() returns trigger language plpgsql as $keep$
begin
    return null;
end
$keep$
"""
_GUARDED = """
create or replace trigger newer_stays before update on {table} for each row
when ((new.event_timestamp, new.created_timestamp) < (old.event_timestamp, old.created_timestamp))
execute function {schema}.keep_newer()
"""
_UPSERT = """
insert into {table} as kept ({columns}) {rows}
on conflict ({key}) do update set {changes}
where (excluded.event_timestamp, excluded.created_timestamp) >= (kept.event_timestamp, kept.created_timestamp)
    and ({before}) is distinct from ({after})
"""
_THERE = """
select attname, format_type(atttypid, atttypmod) from pg_attribute
where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
"""
_SPELLED = {"timestamptz": "timestamp with time zone"}


@dataclass(frozen=True)
class OnlineTable:
    """One view's table: the entity's key, and its features with their types."""

    name: str
    key: str
    features: tuple[tuple[str, str], ...]
    schema: str = SCHEMA

    @property
    def qualified(self) -> sql.Identifier:
        """The table as SQL names it."""
        return sql.Identifier(self.schema, self.name)

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Every column with its type: key, times, features."""
        return ((self.key, "text"), (EVENT, "timestamptz"), (CREATED, "timestamptz"), *self.features)

    def upsert(self, rows: sql.Composable) -> sql.Composed:
        """A statement that takes in rows of these columns, in this order: newer ones, and as new ones that differ."""
        names = [sql.Identifier(name) for name, _ in self.columns]
        rest = names[1:]
        return sql.SQL(_UPSERT).format(
            table=self.qualified,
            columns=sql.SQL(", ").join(names),
            rows=rows,
            key=names[0],
            changes=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in rest),
            before=sql.SQL(", ").join(sql.SQL("kept.{}").format(name) for name in rest),
            after=sql.SQL(", ").join(sql.SQL("excluded.{}").format(name) for name in rest),
        )

    def upsert_arrays(self) -> sql.Composed:
        """The same with one array a column as parameters, in the order of the columns."""
        arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for _, kind in self.columns)
        return self.upsert(sql.SQL("select * from unnest({})").format(arrays))


def online_table(view: FeatureView, schema: str = SCHEMA) -> OnlineTable:
    """The table of a view."""
    return OnlineTable(view.name, view.key, tuple((each.name, each.kind.online_type) for each in view.features), schema)


def have_tables(connection: Connection[Any], tables: Sequence[OnlineTable], *, guard_again: bool = False) -> None:
    """Make the tables that are missing, and let the columns of the others follow their views, in one transaction.

    A feature whose type has changed is empty until its view is materialised again. `guard_again` puts back the trigger
    that keeps newer rows, should somebody have taken it away.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('echo.feature_online'))")
        for table in tables:
            there = dict(connection.execute(_THERE, [table.qualified.as_string(connection)]).fetchall())
            made = [*_creation(table), *_guard(table)] if not there else _changes(table, there)
            for statement in [*made, *(_guard(table) if there and guard_again else ())]:
                connection.execute(statement)


def drop_table(connection: Connection[Any], table: OnlineTable) -> None:
    """Drop the table of a view that is gone."""
    connection.execute(sql.SQL("drop table if exists {}").format(table.qualified))


def _creation(table: OnlineTable) -> list[sql.Composed]:
    columns = [
        sql.SQL("{} {}{}").format(
            sql.Identifier(name), sql.SQL(kind), sql.SQL(" not null" if name in (EVENT, CREATED) else "")
        )
        for name, kind in table.columns
    ]
    return [
        sql.SQL("create schema if not exists {}").format(sql.Identifier(table.schema)),
        sql.SQL("create table {} ({}, primary key ({}))").format(
            table.qualified, sql.SQL(", ").join(columns), sql.Identifier(table.key)
        ),
    ]


def _guard(table: OnlineTable) -> list[sql.Composed]:
    schema = sql.Identifier(table.schema)
    return [sql.SQL(_GUARD).format(schema=schema), sql.SQL(_GUARDED).format(table=table.qualified, schema=schema)]


def _changes(table: OnlineTable, there: dict[str, str]) -> list[sql.Composed]:
    """What makes the columns of a table those of its view."""
    wanted = {name: _SPELLED.get(kind, kind) for name, kind in table.columns}
    gone = [name for name, kind in there.items() if wanted.get(name) != kind]
    new = [(name, kind) for name, kind in table.features if there.get(name) != wanted[name]]
    return [
        *(sql.SQL("alter table {} drop column {}").format(table.qualified, sql.Identifier(name)) for name in gone),
        *(
            sql.SQL("alter table {} add column {} {}").format(table.qualified, sql.Identifier(name), sql.SQL(kind))
            for name, kind in new
        ),
    ]

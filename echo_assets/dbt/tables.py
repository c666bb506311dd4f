"""What dbt left in the database: rows and columns of a relation, failing rows of a test.

Reads only; nothing here decides what is built.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

import dagster as dg
import psycopg
from psycopg import sql

from echo_assets.dbt.nodes import Node, meta

_SAMPLE = 10
_COLUMNS = """
    select attname, format_type(atttypid, atttypmod), not attnotnull
    from pg_attribute
    where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
    order by attnum
"""


@dataclass(frozen=True)
class TableReader:
    """Reads over one connection."""

    connection: psycopg.Connection[tuple[Any, ...]]

    def columns(self, node: Node) -> dg.TableSchema:
        """Read the relation's columns, with the descriptions that the model declares."""
        described = {name: column.get("description") or None for name, column in node.get("columns", {}).items()}
        rows = self.connection.execute(_COLUMNS, (_relation(node).as_string(self.connection),))
        return dg.TableSchema(
            columns=[
                dg.TableColumn(name, kind, described.get(name), dg.TableColumnConstraints(nullable=nullable))
                for name, kind, nullable in rows
            ]
        )

    def rows(self, node: Node) -> int:
        """Count the rows of the whole relation."""
        query = sql.SQL("select count(*) from {}").format(_relation(node))
        [[rows]] = self.connection.execute(query).fetchall()
        return int(rows)

    def rows_by_day(self, node: Node, first: str, before: str) -> Mapping[date, int]:
        """Count the rows of a daily model by day within [first, before); either may be an infinity."""
        day = sql.Identifier(meta(node)["day_column"])
        query = sql.SQL(
            "select {day}, count(*) from {relation} where {day} >= %s::date and {day} < %s::date group by {day}"
        ).format(day=day, relation=_relation(node))
        return dict(self.connection.execute(query, (first, before)).fetchall())

    def sample(self, query: LiteralString) -> list[dict[str, str | None]]:
        """Read the first rows of a compiled query, as text."""
        limited = sql.SQL("select * from ({}) as failing limit {}").format(
            sql.SQL(query),
            _SAMPLE,
        )
        cursor = self.connection.execute(limited)
        names = [column.name for column in cursor.description or ()]
        return [
            {name: None if value is None else str(value) for name, value in zip(names, row, strict=True)}
            for row in cursor
        ]


@contextmanager
def table_reader(url: str) -> Iterator[TableReader]:
    """Open a reader on its own connection."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield TableReader(connection)


def _relation(node: Node) -> sql.Identifier:
    return sql.Identifier(node["schema"], node.get("alias") or node["name"])

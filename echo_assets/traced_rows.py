"""The rows behind a figure of the warehouse: of which files, or of the stream, how many, and what they say.

The query is written in `lineage/provenance.py`; it is run here, and what it gives is compared with what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from echo_assets.lineage.edges import ROWS, Column
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.graph import Graph
from echo_assets.lineage.known import KnownLineage
from echo_assets.lineage.provenance import Provenance, provenance
from echo_assets.row_places import Place, places_below

Connection = psycopg.Connection[Any]

_FIGURES = """
    select count(*) as figures, min({value}) as least, max({value}) as most,
        md5(string_agg(coalesce({value}, 'null'), ',' order by {value} collate "C")) as digest
"""
_TYPES = """
    select asset, attname, format_type(atttypid, atttypmod)
    from unnest(%s::text[]) as known (asset)
    inner join pg_attribute
        on attrelid = to_regclass(format('%%I.%%I', split_part(asset, '/', 1), split_part(asset, '/', 2)))
    where attnum > 0 and not attisdropped
"""


@dataclass(frozen=True)
class Figure:
    """What is stored: how many rows of the asset were asked for, and the one value if it is the same in all."""

    rows: int
    value: str | None
    digest: str | None


@dataclass(frozen=True)
class SourceRows:
    """The rows of one source that a figure comes from: of its files, or of a table of the stream."""

    source: str
    rows: int
    files: Sequence[Mapping[str, Any]]
    sample: Sequence[Mapping[str, Any]]
    computes_the_same: bool
    """Whether these very statements, run anew from staging, give what is stored."""


def stored_figure(connection: Connection, column: Column, where: Mapping[str, str]) -> Figure:
    """Read the figure as it is stored; LineageError if its table is not there."""
    query = sql.SQL("{} from {} {}").format(_figures(column), _table(column.asset), _where(where))
    with _as_the_models_say(column):
        return _figure(connection.execute(query).fetchone())


def rows_behind(
    connection: Connection, known: KnownLineage, column: Column, where: Mapping[str, str], limit: int | None
) -> list[SourceRows]:
    """For each source whose rows have a part in the figure, those rows; `limit` bounds the sample."""
    figure = stored_figure(connection, column, where)
    below, types = Graph(known.lineage).below(column), _types(connection, known)
    found = []
    for place in places_below(below):
        query = provenance(column.asset, column.name, place.base, known.sql, types)
        if query is not None:
            with _as_the_models_say(column):
                found.append(_of_place(connection, query, column, where, figure, place, limit))
    return [each for each in found if each.rows or not each.computes_the_same]


@contextmanager
def _as_the_models_say(column: Column) -> Iterator[None]:
    """Tell of a table that is not there, or is another than the models make, in words."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise LineageError(
            f"{column.written} cannot be traced, the database is not as the models say "
            f"({error.diag.message_primary}): run `echoctl run`, which brings it up to date"
        ) from error


def _of_place(
    connection: Connection, query: Provenance, column: Column, where: Mapping[str, str], figure: Figure, place: Place,
    limit: int | None,
) -> SourceRows:  # fmt: skip
    numbers = sql.SQL(", range_agg({}) as numbers from {} {}").format(
        sql.Identifier(query.rows), sql.Identifier(query.figures), _where(where)
    )
    ctes = sql.SQL(query.ctes)
    *again, numbers = connection.execute(ctes + _figures(column) + numbers).fetchall()[0]
    with connection.cursor(row_factory=dict_row) as cursor:
        files = cursor.execute(place.files, [numbers]).fetchall()
        sample = cursor.execute(place.rows, [numbers, limit]).fetchall()
    return SourceRows(place.source, sum(file["rows"] for file in files), files, sample, _figure(again) == figure)


def _figures(column: Column) -> sql.Composed:
    value: sql.Composable = sql.SQL("1") if column.name == ROWS else sql.Identifier(column.name)
    return sql.SQL(_FIGURES).format(value=sql.SQL("{}::text").format(value))


def _types(connection: Connection, known: KnownLineage) -> dict[str, dict[str, str]]:
    """The columns of every asset, with the type that the database has for them; '' if it does not have them."""
    found = {asset: dict.fromkeys(columns, "") for asset, columns in known.lineage.columns.items()}
    for asset, column, kind in connection.execute(_TYPES, [list(found)]):
        if column in found[asset]:
            found[asset][column] = kind
    return found


def _figure(row: Sequence[Any] | None) -> Figure:
    rows, least, most, digest = row or (0, None, None, None)
    return Figure(rows, least if least == most else None, digest)


def _where(where: Mapping[str, str]) -> sql.Composable:
    """Conditions on the asset's columns as text; 2024-01 stands for every day of that month."""
    conditions = [
        sql.SQL("({name}::text = {value} or {name}::text like {days})").format(
            name=sql.Identifier(name), value=sql.Literal(value), days=sql.Literal(_days(value))
        )
        for name, value in where.items()
    ]
    return sql.SQL("where ") + sql.SQL(" and ").join(conditions) if conditions else sql.SQL("")


def _days(value: str) -> str:
    is_month = len(value) == 7 and value[:4].isdigit() and value[4] == "-" and value[5:].isdigit()
    return f"{value}-__" if is_month else value.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _table(asset: str) -> sql.Identifier:
    return sql.Identifier(*asset.split("/"))

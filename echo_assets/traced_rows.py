"""The rows of files behind a figure of the warehouse: which files, how many rows, and what they say.

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

Connection = psycopg.Connection[Any]

_FIGURES = """
    select count(*) as figures, min({value}) as least, max({value}) as most,
        md5(string_agg(coalesce({value}, 'null'), ',' order by {value} collate "C")) as digest
"""
_TYPE = "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = to_regclass(%s) and attname = %s"
_FILES = """
    select file, sha256, count(*) as rows
    from {raw} as found
    inner join ops.loads on load_id = found._row_id >> 32
    where found._row_id <@ %s::int8multirange
    group by load_id, file, sha256
    order by file, load_id
"""
_ROWS = """
    select file, found._row_id & 4294967295 as row, {columns}
    from {raw} as found
    inner join ops.loads on load_id = found._row_id >> 32
    where found._row_id <@ %s::int8multirange
    order by file, found._row_id
    limit %s
"""


@dataclass(frozen=True)
class Figure:
    """What is stored: how many rows of the asset were asked for, and the one value if it is the same in all."""

    rows: int
    value: str | None
    digest: str | None


@dataclass(frozen=True)
class SourceRows:
    """The rows of one source's files that a figure comes from."""

    source: str
    rows: int
    files: Sequence[Mapping[str, Any]]
    sample: Sequence[Mapping[str, Any]]
    computes_the_same: bool
    """Whether these very statements, run anew from staging, give what is stored."""


def stored_figure(connection: Connection, column: Column, where: Mapping[str, str]) -> Figure:
    """Read the figure as it is stored; LineageError if its table is not there."""
    query = sql.SQL("{} from {} {}").format(_figures(column, "text"), _table(column.asset), _where(where))
    with _as_the_models_say(column):
        return _figure(connection.execute(query).fetchone())


def rows_behind(
    connection: Connection, known: KnownLineage, column: Column, where: Mapping[str, str], limit: int | None
) -> list[SourceRows]:
    """For each source whose rows have a part in the figure, those rows; `limit` bounds the sample."""
    figure = stored_figure(connection, column, where)
    below = Graph(known.lineage).below(column)
    found = []
    for source in sorted({each.asset.partition("/")[2] for each in below if each.layer == "raw"}):
        query = provenance(column.asset, column.name, source, known.sql, known.lineage.columns)
        if query is not None:
            named = [each.name for each in sorted(below) if each.asset == f"raw/{source}" and each.name[0].isalpha()]
            with _as_the_models_say(column):
                found.append(_of_source(connection, query, column, where, figure, source, named, limit))
    return found


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


def _of_source(
    connection: Connection, query: Provenance, column: Column, where: Mapping[str, str], figure: Figure, source: str,
    named: Sequence[str], limit: int | None,
) -> SourceRows:  # fmt: skip
    numbers = sql.SQL(", range_agg({}) as numbers from {} {}").format(
        sql.Identifier(query.rows), sql.Identifier(query.figures), _where(where)
    )
    ctes = sql.SQL(query.ctes)
    value = _figures(column, _type_of(connection, column))
    *again, numbers = connection.execute(ctes + value + numbers).fetchall()[0]
    raw = sql.Identifier("raw", source)
    columns = sql.SQL(", ").join(sql.Identifier("found", name) for name in named) if named else sql.SQL("null")
    with connection.cursor(row_factory=dict_row) as cursor:
        files = cursor.execute(sql.SQL(_FILES).format(raw=raw), [numbers]).fetchall()
        sample = cursor.execute(sql.SQL(_ROWS).format(raw=raw, columns=columns), [numbers, limit]).fetchall()
    return SourceRows(source, sum(file["rows"] for file in files), files, sample, _figure(again) == figure)


def _figures(column: Column, kind: str) -> sql.Composed:
    """What a figure is judged by; a value that is computed anew has no scale before it has the column's type."""
    value: sql.Composable = sql.SQL("1") if column.name == ROWS else sql.Identifier(column.name)
    typed = sql.SQL("{}::{}::text").format(value, sql.SQL(kind))
    return sql.SQL(_FIGURES).format(value=typed)


def _type_of(connection: Connection, column: Column) -> str:
    """The type of a stored column, as the catalog writes it."""
    found = connection.execute(_TYPE, [_table(column.asset).as_string(connection), column.name]).fetchone()
    return str(found[0]) if found else "text"


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

"""Where the rows behind a figure are found again by their `_row_id`: in files, or in the tables of the stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from psycopg import sql

from echo_assets.lineage.edges import Column

_LOADED = """
    from {raw} as found
    inner join ops.loads on load_id = found._row_id >> 32
    where found._row_id <@ %s::int8multirange
"""
_FILES = f"select file, sha256, count(*) as rows {_LOADED} group by load_id, file, sha256 order by file, load_id"
_ROWS = f"""
    select file, found._row_id & 4294967295 as row, {{columns}} {_LOADED}
    order by file, found._row_id
    limit %s
"""
_OF_STREAM = {
    "user_events": ("topic || ', partition ' || partition", "event_id, event_type, event_at::text, user_id"),
    "experiment_exposures": ("'as the consumer counts'", "experiment_id, user_id, variant, exposures, first_at::text"),
}
"""What stands for the file, and what is shown of a row."""


@dataclass(frozen=True)
class Place:
    """A table whose rows can be behind a figure, with the queries that find them by a multirange of `_row_id`s."""

    source: str
    base: str
    """The asset below the models, from which the rows are followed."""
    files: sql.Composed
    """Each file, or what stands for it, with how many of the rows it holds."""
    rows: sql.Composed
    """The rows; the second parameter bounds how many, null for all."""


def places_below(below: Iterable[Column]) -> Iterator[Place]:
    """The places among what a figure is made of; files first."""
    columns = sorted(below)
    for source in sorted({each.asset.partition("/")[2] for each in columns if each.layer == "raw"}):
        named = [each.name for each in columns if each.asset == f"raw/{source}" and each.name[0].isalpha()]
        yield _of_files(source, named)
    for table in sorted(_OF_STREAM.keys() & {each.asset.partition("/")[2] for each in columns if _is_streamed(each)}):
        yield _of_stream(table)


def _is_streamed(column: Column) -> bool:
    return column.layer == "streaming"


def _of_files(source: str, named: Iterable[str]) -> Place:
    raw = sql.Identifier("raw", source)
    columns = sql.SQL(", ").join(sql.Identifier("found", name) for name in named)
    shown = columns if columns.as_string(None) else sql.SQL("null")
    return Place(
        source, f"staging/{source}", sql.SQL(_FILES).format(raw=raw), sql.SQL(_ROWS).format(raw=raw, columns=shown)
    )


def _of_stream(name: str) -> Place:
    place, shown = (sql.SQL(each) for each in _OF_STREAM[name])
    table = sql.Identifier("streaming", name)
    files = "select {place} as file, null as sha256, count(*) as rows from {table} where _row_id <@ %s::int8multirange"
    rows = "select {place} as file, _row_id as row, {shown} from {table} where _row_id <@ %s::int8multirange"
    return Place(
        name,
        f"streaming/{name}",
        sql.SQL(f"{files} group by 1 order by 1").format(place=place, table=table),
        sql.SQL(f"{rows} order by 1, 2 limit %s").format(place=place, table=table, shown=shown),
    )

"""Typing and rejecting one text table in DuckDB, with the SQL generated from the contract, as a stream of batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import literal, name
from echo_quality.generate.typing_sql import typing_sql
from echo_quality.loading.text_table import EXTRA, UNPARSED, TextTable

if TYPE_CHECKING:
    import duckdb
    import pyarrow

_BATCH_ROWS = 50_000
_DAY_AND_HASH = "strftime(_event_day, '%Y%m%d') || '-' || left(md5(_identity), 20) || '-' || coalesce(occurrence, 1)"


class UnreadableText(Exception):
    """The text does not have the shape that it was announced with; it must be rewritten first."""


@dataclass(frozen=True)
class Inspection:
    """What one quick reading of the keys says: how many rows there are, and whether any key repeats."""

    rows: int
    has_repeats: bool


@dataclass(frozen=True)
class Engine:
    """How much DuckDB may use (beyond the memory it spills to `workspace`), and the zone of the business day."""

    workspace: Path
    memory_limit_mb: int = 200
    threads: int = 2
    business_timezone: str = "UTC"


@contextmanager
def opened(engine: Engine, contract: Contract, table: TextTable) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection in which `landed` is the text table under the contract's column names."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{engine.memory_limit_mb}MB'; set threads = {engine.threads}")
        connection.execute(f"set temp_directory = {literal(str(engine.workspace))}; set TimeZone = 'UTC'")
        connection.execute(f"set variable business_timezone = {literal(engine.business_timezone)}")
        connection.execute(f"create temp view landed as {_landed(contract, table)}")
        connection.execute(f"create temp view typed_rows as {typing_sql(contract)}")
        try:
            yield connection
        except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
            raise UnreadableText(str(error).splitlines()[0]) from error


def _landed(contract: Contract, table: TextTable) -> str:
    fields = ", ".join(f"{literal(f'f{at}')}: 'VARCHAR'" for at in range(len(table.columns)))
    position = {column: f"f{at}" for at, column in enumerate(table.columns)}
    wanted = [*contract.names, EXTRA, UNPARSED]
    columns = ", ".join(f"{position.get(column, 'null::varchar')} as {name(column)}" for column in wanted)
    return (
        f"select row_number() over () as _row_number, {columns} from read_csv({literal(str(table.path))},"
        f" auto_detect = false, header = true, delim = {literal(table.delimiter)}, quote = '\"', escape = '\"',"
        f" nullstr = '', columns = {{{fields}}}, max_line_size = 16777216, null_padding = false)"
    )


def inspect(connection: duckdb.DuckDBPyConnection) -> Inspection:
    """Count the rows and the distinct keys; reads only the columns that make the key."""
    counted = connection.execute("select count(*), count(distinct hash(_identity)), count(_identity) from typed_rows")
    rows, distinct, keyed = counted.fetchone() or (0, 0, 0)
    return Inspection(rows, distinct < keyed)


def stream(
    connection: duckdb.DuckDBPyConnection, contract: Contract, first_row_id: int, *, has_repeats: bool
) -> Iterator[pyarrow.RecordBatch]:
    """All rows in batches: staging columns, `_row_id`, `_event_day`, `_violations`, `_warnings`, `_is_duplicate`."""
    repeats = "select 0::bigint as _row_number, 1::bigint as occurrence, false as is_duplicate limit 0"
    connection.execute(f"create temp table repeats as {_REPEATS if has_repeats else repeats}")
    query = f"""
        select {_columns(contract)}, t._row_number + {first_row_id} as _row_id,
            _event_day, _violations, _warnings, coalesce(is_duplicate, false) as _is_duplicate
        from typed_rows t left join repeats r using (_row_number)"""
    relation: Any = connection.sql(query)
    yield from relation.to_arrow_reader(_BATCH_ROWS)


_REPEATS = """
with good as (select _row_number, _identity, _is_derived from typed_rows where _violations is null),
again as (select _identity from good group by _identity having count(*) > 1),
numbered as (
    select _row_number, _is_derived,
        row_number() over (partition by _identity, _is_derived order by _row_number) as occurrence,
        count(*) over (partition by _identity, _is_derived) as occurrences
    from good semi join again using (_identity)
)
select _row_number, occurrence, not _is_derived and occurrence < occurrences as is_duplicate from numbered
"""


def _columns(contract: Contract) -> str:
    first = contract.column(contract.key[0])
    if not first.derived_from:
        return ", ".join(name(column) for column in contract.names)
    derived = f"case when _is_derived then {_DAY_AND_HASH} else {name(first.name)} end as {name(first.name)}"
    return ", ".join(derived if column == first.name else name(column) for column in contract.names)

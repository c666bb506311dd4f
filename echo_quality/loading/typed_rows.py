"""Typing and rejecting one text table in DuckDB, with the SQL generated from the contract, as a stream of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import literal, name
from echo_quality.generate.typing_sql import derived_key, text_of, typing_sql
from echo_quality.loading.disk import raise_if_full
from echo_quality.loading.limits import Limits
from echo_quality.loading.text_table import EXTRA, UNPARSED, TextTable
from echo_quality.normalisations import normalisations_of

if TYPE_CHECKING:
    import duckdb
    import pyarrow
    from psycopg import Connection

    from echo_quality.loading.loads import Load

_BATCH_ROWS = 50_000
_DERIVED_ID = "strftime(_event_day, '%Y%m%d') || '-' || left(md5(_identity), 20) || '-'"


class UnreadableText(Exception):
    """The text does not have the shape that it was announced with; it must be rewritten first."""


@dataclass(frozen=True)
class Keys:
    """What one reading of the keys says: whether any repeats, and whether rows bring their id or derive it, or both."""

    has_repeats: bool = False
    has_given: bool = True
    has_derived: bool = False

    @property
    def is_mixed(self) -> bool:
        """Whether a derived id may meet a given one, as in an export that was added to."""
        return self.has_given and self.has_derived


def no_other_days(connection: Connection[Any], load: Load) -> Iterable[date]:
    """For a source whose rows come from files alone."""
    del connection, load
    return ()


@dataclass(frozen=True)
class Engine:
    """How much DuckDB may use beyond what it spills to `workspace`; the business day's zone; how large files may be.

    `also_changed` tells which other days a load changes, of rows that do not come from files and that its rows replace.
    It is asked while the load is published, in its transaction: the load's own rows are in `staging.<source>`, the keys
    of those that they replace in the temporary table `freed`.
    """

    workspace: Path
    memory_limit_mb: int = 96
    threads: int = 1
    business_timezone: str = "UTC"
    limits: Limits = field(default_factory=Limits)
    also_changed: Callable[[Connection[Any], Load], Iterable[date]] = no_other_days


@contextmanager
def opened(engine: Engine, contract: Contract, table: TextTable) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection in which `landed` is the text table under the contract's column names."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{engine.memory_limit_mb}MB'; set threads = {engine.threads}")
        connection.execute(f"set temp_directory = {literal(str(engine.workspace))}; set TimeZone = 'UTC'")
        connection.execute(f"set variable business_timezone = {literal(engine.business_timezone)}")
        connection.execute(f"create temp view landed as {landed_sql(contract, table)}")
        connection.execute(f"create temp view typed_rows as {typing_sql(contract)}")
        try:
            yield connection
        except _about_the_text() as error:
            raise_if_full(error, engine.workspace)
            raise UnreadableText(str(error).splitlines()[0]) from error


def _about_the_text() -> tuple[type[Exception], ...]:
    """What DuckDB raises for a text that it cannot read; the last one is its answer to an endless line."""
    import duckdb

    return duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException, duckdb.NotImplementedException


def landed_sql(contract: Contract, table: TextTable) -> str:
    """The query that reads a text table as text under the names of the contract, with `_row_number`."""
    fields = ", ".join(f"{literal(f'f{at}')}: 'VARCHAR'" for at in range(len(table.columns)))
    position = {column: f"f{at}" for at, column in enumerate(table.columns)}
    wanted = [*contract.names, EXTRA, UNPARSED]
    columns = ", ".join(f"{position.get(column, 'null::varchar')} as {name(column)}" for column in wanted)
    buffer = max(8388608, 2 * table.longest_record)
    return (
        f"select row_number() over () as _row_number, {columns} from read_csv({literal(str(table.path))},"
        f" auto_detect = false, header = true, delim = {literal(table.delimiter)}, quote = '\"', escape = '\"',"
        f" nullstr = '', columns = {{{fields}}}, max_line_size = {table.longest_record}, buffer_size = {buffer},"
        " null_padding = false)"
    )


def inspect(connection: duckdb.DuckDBPyConnection, contract: Contract) -> tuple[int, Keys]:
    """How many rows there are, and what their keys are like; reads only the columns that make the key."""
    if derived_key(contract):
        rows, parsed, given, distinct = connection.execute(_given_ids(contract)).fetchone() or (0, 0, 0, 0)
        if given == parsed:
            return rows, Keys(has_repeats=distinct < given)
    rows, distinct, keyed, derived = connection.execute(_IDENTITIES).fetchone() or (0, 0, 0, 0)
    return rows, Keys(distinct < keyed, derived < rows, derived > 0)


def stream(
    connection: duckdb.DuckDBPyConnection, contract: Contract, first_row_id: int, keys: Keys
) -> Iterator[pyarrow.RecordBatch]:
    """All rows in batches: staging columns, `_row_id`, `_event_day`, `_violations`, `_warnings`, `_is_duplicate`.

    Where the contract declares normalisations, `_normalised` says which of them each row needed.
    """
    query = f"""
        select {_columns(contract, keys)}, _row_number + {first_row_id} as _row_id,
            _event_day, _violations, _warnings{", _normalised" if normalisations_of(contract) else ""}"""
    if keys.has_repeats or keys.is_mixed:
        among = _REPEATS_AMONG_MIXED_IDS if keys.is_mixed else _REPEATS
        connection.execute(f"create temp table repeats as {among}")
        query += """, coalesce(is_duplicate, false) as _is_duplicate
            from typed_rows left join repeats using (_row_number)"""
    else:
        query += ", false as _is_duplicate from typed_rows"
    relation: Any = connection.sql(query)
    yield from relation.to_arrow_reader(_BATCH_ROWS)


def _given_ids(contract: Contract) -> str:
    """Counts over the texts of the id alone, which spare reading and typing what it would be derived from.

    A line that is no record has no id, and will have no key; DuckDB's hash of no id would be one more id.
    """
    text = text_of(contract.column(contract.key[0]))
    return (
        "select count(*), count(*) filter (where _unparsed is null), count(id),"
        " count(distinct hash(id)) filter (where id is not null)"
        f" from (select {text} as id, _unparsed from landed)"
    )


_IDENTITIES = """
select count(*), count(distinct hash(_identity)) filter (where _identity is not null), count(_identity),
    count(*) filter (where _is_derived)
from typed_rows
"""

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

_REPEATS_AMONG_MIXED_IDS = f"""
with good as (select _row_number, _identity, _is_derived, _event_day from typed_rows where _violations is null),
numbered as (
    select *, row_number() over (partition by _identity, _is_derived order by _row_number) as occurrence from good
),
keyed as (
    select _row_number, occurrence, case when _is_derived then {_DERIVED_ID} || occurrence else _identity end as key
    from numbered
)
select _row_number, occurrence, row_number() over (partition by key order by _row_number desc) > 1 as is_duplicate
from keyed
"""


def _columns(contract: Contract, keys: Keys) -> str:
    if not keys.has_derived:
        return ", ".join(name(column) for column in contract.names)
    first, occurrence = name(contract.key[0]), "coalesce(occurrence, 1)" if keys.has_repeats or keys.is_mixed else "1"
    derived = f"case when _is_derived then {_DERIVED_ID} || {occurrence} else {first} end as {first}"
    return ", ".join(derived if column == contract.key[0] else name(column) for column in contract.names)

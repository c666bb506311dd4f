"""What the columns of a landed file hold, measured set-wise in DuckDB. What follows from it is decided elsewhere.

A value's shape is the value with every letter as `a` and every digit as `9`: `2024-01-31` is `9999-99-99`. Most columns
have few shapes, so that whatever is asked of the form of a million values is asked of some dozens of shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from echo_quality.discover.reading import Field
from echo_quality.generate.sql_text import literal, name

if TYPE_CHECKING:
    import duckdb

_LETTERS, _DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
_SHAPES = 5_000
_TOP = 20
_BLANKS = r"[\s\x{a0}\x{2007}\x{202f}\x{200b}\x{feff}]"
_GARBLED = r"\x{fffd}|\x{c3}[\x{80}-\x{bf}\x{152}-\x{178}\x{2018}-\x{2122}]|\x{c2}[\x{a0}-\x{bf}]|\x{e2}\x{20ac}"
"""A replacement character, or UTF-8 that was read as Windows-1252 on the way."""


@dataclass(frozen=True)
class Shape:
    """A form that values have, how many have it, and one of them."""

    text: str
    rows: int
    example: str


@dataclass(frozen=True)
class Profile:
    """One column. Counts are rows; `filled` has a value once the blanks around it are taken away."""

    column: Field
    rows: int
    filled: int
    distinct: int
    folded: int
    padded: int
    zero_led: int
    garbled: int
    mails: int
    longest: int
    lowest: str
    highest: str
    shapes: tuple[Shape, ...]
    top: tuple[tuple[str, int], ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The column's name in the contract."""
        return self.column.name

    @property
    def is_full(self) -> bool:
        """Whether every row has a value."""
        return self.filled == self.rows

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.is_full and self.distinct == self.rows

    def fitting(self, pattern: str) -> int:
        """How many values have a shape that the whole pattern describes."""
        whole = re.compile(pattern)
        return sum(shape.rows for shape in self.shapes if whole.fullmatch(shape.text))

    def matching(self, pattern: str) -> list[Shape]:
        """The shapes that the whole pattern describes, the most frequent first."""
        whole = re.compile(pattern)
        return [shape for shape in self.shapes if whole.fullmatch(shape.text)]


def _counted(condition: str) -> str:
    """How many rows have a value that fulfils a condition."""
    return f"coalesce(sum(n) filter ({condition}), 0)::bigint"


def profiles_of(connection: duckdb.DuckDBPyConnection, fields: Iterable[Field]) -> tuple[Profile, ...]:
    """A profile of every field of the table `landed`."""
    return tuple(_profile(connection, each) for each in fields)


def _profile(connection: duckdb.DuckDBPyConnection, each: Field) -> Profile:
    raw = name(each.name)
    connection.execute(
        "create or replace temp table cells as select raw, nullif(trim(raw, ' '), '') as v, n"
        f" from (select {raw} as raw, count(*) as n from landed group by raw)"
    )
    measures = connection.execute(_MEASURES).fetchone() or ()
    shapes = tuple(Shape(*row) for row in connection.execute(_SHAPES_OF_CELLS).fetchall())
    top = connection.execute(_TOP_OF_CELLS).fetchall()
    values = [*measures, shapes, tuple((str(value), int(rows)) for value, rows in top)]
    return Profile(each, *values)


_MEASURES = f"""
select sum(n)::bigint, coalesce(sum(n) filter (v is not null), 0)::bigint, count(distinct v), count(distinct lower(v)),
    {_counted(f"regexp_matches(raw, {literal(f'^{_BLANKS}|{_BLANKS}$')})")},
    {_counted("starts_with(v, '0') and regexp_full_match(v, '0[0-9]+')")},
    {_counted(f"regexp_matches(v, {literal(_GARBLED)})")},
    {_counted("contains(v, '@') and regexp_full_match(v, '[^@ ]+@[^@ ]+[.][^@ .]+')")},
    coalesce(max(length(v)), 0), coalesce(min(v), ''), coalesce(max(v), '')
from cells
"""

_SHAPES_OF_CELLS = f"""
select translate(lower(v), '{_LETTERS}{_DIGITS}', '{"a" * 26}{"9" * 10}') as shape, sum(n)::bigint as n, min(v)
from cells where v is not null group by shape order by n desc, shape limit {_SHAPES}
"""

_TOP_OF_CELLS = f"""
select v, sum(n)::bigint as n from cells where v is not null group by v order by n desc, v limit {_TOP}
"""


def read_as(connection: duckdb.DuckDBPyConnection, column: str, formats: Iterable[str]) -> dict[str, int]:
    """For each date format how many values of a column it reads."""
    wanted = list(formats)
    if not wanted:
        return {}
    counts = ", ".join(f"count(try_strptime(v, {literal(each)}))" for each in wanted)
    values = f"select trim({name(column)}, ' ') as v from landed"
    found = connection.execute(f"select {counts} from ({values})").fetchone() or ()
    return dict(zip(wanted, map(int, found), strict=True))


def dated_after(connection: duckdb.DuckDBPyConnection, column: str, readings: Iterable[str], today: str) -> int:
    """How many values of a column lie after a day; `readings` are SQL expressions over `v` that give a timestamp."""
    value = f"coalesce({', '.join(readings)})"
    values = f"select trim({name(column)}, ' ') as v from landed"
    found = connection.execute(
        f"select count(*) from ({values}) where {value} >= {literal(today)}::date + 1"
    ).fetchone()
    return int(found[0]) if found else 0


def extremes(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[Decimal, Decimal] | None:
    """The lowest and the highest plain number of a column."""
    value = f"try_cast(trim({name(column)}, ' ') as decimal(38, 8))"
    found = connection.execute(f"select min({value}), max({value}) from landed").fetchone()
    return (found[0], found[1]) if found and found[0] is not None else None


def marks_of(connection: duckdb.DuckDBPyConnection, column: str) -> frozenset[str]:
    """The signs and codes of currencies in a column, as they are written but in capitals."""
    mark = f"upper(regexp_extract({name(column)}, '[$\\x{{20ac}}\\x{{a3}}\\x{{a5}}]|[A-Za-z]{{3}}'))"
    found = connection.execute(f"select distinct {mark} from landed").fetchall()
    return frozenset(str(value) for (value,) in found if value)


def distinct_together(connection: duckdb.DuckDBPyConnection, columns: Iterable[str]) -> int:
    """How many different combinations of values these columns have."""
    listed = ", ".join(name(column) for column in columns)
    found = connection.execute(f"select count(distinct hash({listed})) from landed").fetchone()
    return int(found[0]) if found else 0

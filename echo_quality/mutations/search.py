"""Finding cells for which a condition over several columns is what one wants it to be, by trying combinations.

DuckDB evaluates them: conditions are written so that it and PostgreSQL read them alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from echo_quality.generate.sql_text import literal, name, names_in
from echo_quality.mutations.case import Cells
from echo_quality.suites.declarations import SuiteError

_FOUND = 12
_NUMBERS = ("1", "0", "2", "-1", "0.5", "1.5", "-2", "1000", "1000000000")
_TEXTS = ("a", "b")
_MOMENTS = ("2024-01-02", "2024-01-01", "2024-01-03")


def found(types: Mapping[str, str], choices: Mapping[str, Sequence[str | None]], wanted: str) -> tuple[Cells, ...]:
    """Some of the combinations of these choices for which the condition is true, in the order of the choices.

    SuiteError if DuckDB cannot evaluate it.
    """
    import duckdb

    columns = list(choices)
    if not columns:
        return ()
    parts = [f"(select unnest([{_list(choices[each])}])::{types[each]} as {name(each)})" for each in columns]
    shown = ", ".join(f"{name(each)}::varchar" for each in columns)
    query = f"select {shown} from {' cross join '.join(parts)} where ({wanted}) limit {_FOUND}"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; set threads = 1")
        try:
            rows = connection.execute(query).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise SuiteError(f'the condition "{wanted}" cannot be tried: {reason}: write it as plain SQL') from None
    return tuple(dict(zip(columns, row, strict=True)) for row in rows)


def tries(kind: str, expression: str = "") -> list[str | None]:
    """Values of a type to try, with the literals of an expression ahead of the usual ones, and NULL at the end."""
    if kind.startswith(("numeric", "bigint", "integer")):
        near = [str(float(number) + step) for number in re.findall(r"\d+(?:\.\d+)?", expression) for step in (0, 1, -1)]
        usual = [*_NUMBERS, *near]
        return [*dict.fromkeys(each for each in usual if "." not in each or kind.startswith("numeric")), None]
    if kind == "boolean":
        return ["true", "false", None]
    if kind.startswith(("date", "timestamp")):
        return [*_MOMENTS, None]
    return [*dict.fromkeys((*re.findall("'([^']*)'", expression), *_TEXTS)), None]


def columns_of(expression: str, known: Mapping[str, str]) -> list[str]:
    """The columns that an expression reads."""
    return [each for each in names_in(expression) if each in known]


def _list(values: Sequence[str | None]) -> str:
    return ", ".join("null" if value is None else literal(value) for value in values)

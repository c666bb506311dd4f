"""Writing names and values into SQL safely, and the column types of both engines. No rules, no statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import chain, groupby

from echo_quality.contract import Column, LogicalType

_POSTGRES = {
    LogicalType.STRING: "text", LogicalType.INTEGER: "bigint", LogicalType.BOOLEAN: "boolean",
    LogicalType.DATE: "date", LogicalType.TIMESTAMP: "timestamptz", LogicalType.JSON: "text",
}  # fmt: skip


def name(text: str) -> str:
    """A quoted identifier."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A quoted string; a backslash stays itself (standard_conforming_strings)."""
    return "'" + text.replace("'", "''") + "'"


def literals(values: Iterable[str]) -> str:
    """Quoted strings, separated by commas."""
    return ", ".join(literal(value) for value in values)


def visible(text: str) -> str:
    """A quoted string in which each character can be seen: those that cannot are written as `chr(160)`."""
    if text.isprintable():
        return literal(text)
    parts = [(is_seen, "".join(signs)) for is_seen, signs in groupby(text, str.isprintable)]
    written = [[literal(part)] if is_seen else [f"chr({ord(sign)})" for sign in part] for is_seen, part in parts]
    return f"({' || '.join(chain.from_iterable(written))})"


_WORD = re.compile(r"(?<![\w'])[A-Za-z_]\w*(?!\w|\s*\()")
_KEYWORDS = frozenset(
    {
        "and", "or", "not", "is", "null", "in", "between", "like", "escape", "case", "when", "then", "else", "end",
        "true", "false", "distinct", "from",
    }
)  # fmt: skip


def names_in(expression: str) -> list[str]:
    """The names of columns in an expression of a contract: words that are no keyword, function or quoted text."""
    words = _WORD.findall(re.sub("'[^']*'", "''", expression))
    return list(dict.fromkeys(word.lower() for word in words if word.lower() not in _KEYWORDS))


def with_names_replaced(expression: str, by: Mapping[str, str]) -> str:
    """An expression of a contract with each name of a column replaced."""
    return _WORD.sub(lambda word: by.get(word[0].lower(), word[0]), expression)


def column_type(column: Column) -> str:
    """The type of a typed column; PostgreSQL and DuckDB share these names."""
    if column.logical_type is LogicalType.NUMBER:
        return f"numeric({column.precision},{column.scale})"
    return _POSTGRES[column.logical_type]


def violated_range(value: str, column: Column) -> str:
    """The condition that a value lies outside the column's range; NULL for NULL."""
    conditions = []
    if column.minimum:
        conditions.append(
            f"{value} <= {column.minimum[1:]}" if column.minimum[0] == ">" else f"{value} < {column.minimum}"
        )
    if column.maximum:
        conditions.append(
            f"{value} >= {column.maximum[1:]}" if column.maximum[0] == "<" else f"{value} > {column.maximum}"
        )
    return " or ".join(conditions)

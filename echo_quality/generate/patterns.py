"""Which texts may become which value: regular expressions that PostgreSQL and DuckDB read alike.

A pattern is the guard in front of a cast. Casts of both engines accept more than a contract may allow (`now`, `NaN`,
`1e5`, `12.345` rounded to cents), so a text must pass its pattern before it is cast. No shorthands and no classes: the
engines differ about them.
"""

from __future__ import annotations

from echo_quality.contract import Column

INTEGER = "[+-]?[0-9]+"
DAY = "(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)"
MOMENT = f"{DAY}(?:[T ]{CLOCK})?"
MOMENT_WITH_OFFSET = f"{DAY}[T ]{CLOCK} ?{OFFSET}"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
WORDS_TRUE, WORDS_FALSE = TRUE[:1], FALSE[:1]
"""What workbooks and JSON have for truth values; read whatever else a contract declares."""
JSON_STRING = r'"([^"\\]|\\.)*"'
JSON_NUL = r"(^|[^\\])(\\\\)*\\u0000"
NOT_JSON = r"[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\r\n]*[]}]|[Ee][+-]?[0-9]{4}"
"""Outside its strings, what one parser takes and another does not."""
JSON_LONGEST = 10_000
"""Characters. Depth is what hurts, and it cannot be deeper than it is long."""


def true_and_false(column: Column) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The texts in lower case that are true, and those that are false."""
    reading = column.reading
    if not reading.true_texts:
        return TRUE, FALSE
    true, false = ([text.lower() for text in texts] for texts in (reading.true_texts, reading.false_texts))
    return tuple(dict.fromkeys((*true, *WORDS_TRUE))), tuple(dict.fromkeys((*false, *WORDS_FALSE)))


def number(column: Column) -> str:
    """A plain decimal with at most the column's scale of significant decimals; its size is for the cast to judge."""
    if not column.scale:
        return "[+-]?[0-9]+(?:[.]0*)?"
    return f"[+-]?(?:[0-9]+(?:[.][0-9]{{0,{column.scale}}}0*)?|[.][0-9]{{1,{column.scale}}}0*)"

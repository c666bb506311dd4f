"""The text of a field as a value is read from it: without blanks around it, composed, empty where it says so.

Once for DuckDB and once for PostgreSQL; neither is made from the other. An empty field is NULL in `landed`, and may be
an empty text in `raw`.
"""

from __future__ import annotations

from functools import reduce

from echo_quality.generate.sql_text import literal, literals, name, visible
from echo_quality.readings import Reading

INVISIBLE = (
    "\t\n\x0b\x0c\r \x85\u00a0\u00ad\u1680\u180e\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""What `trim: invisible` takes away around a text: blanks of all widths, line ends, marks without a width."""


def in_duckdb(column: str, reading: Reading) -> str:
    """The text of a column of `landed`, NULL if nothing is left."""
    return _without_null_texts(_stripped_in_duckdb(column, reading), reading)


def _stripped_in_duckdb(column: str, reading: Reading) -> str:
    """Most fields have no blank, and looking is cheaper than trimming."""
    field = name(column)
    if reading.composes:
        field = f"nfc_normalize({field})"
    if reading.trims_invisible:
        return f"case when {_shows(field)} then {field} else nullif(trim({field}, {visible(INVISIBLE)}), '') end"
    return f"case when contains({field}, ' ') then nullif(trim({field}, ' '), '') else {field} end"


def _shows(field: str) -> str:
    """That a text begins and ends with a sign of ASCII that can be seen, as most do; far cheaper than trimming it."""
    return f"unicode({field}) between 33 and 126 and unicode(right({field}, 1)) between 33 and 126"


def in_postgres(column: str, reading: Reading) -> str:
    """The text of a column of `raw`, NULL if nothing is left."""
    field = f"normalize({name(column)}, NFC)" if reading.composes else name(column)
    around = f", {visible(INVISIBLE)}" if reading.trims_invisible else ""
    return _without_null_texts(f"nullif(btrim({field}{around}), '')", reading)


def _without_null_texts(text: str, reading: Reading) -> str:
    return reduce(lambda inner, null: f"nullif({inner}, {literal(null)})", reading.null_texts, text)


def trimmed_in_duckdb(column: str) -> str:
    """That something invisible stood around the text."""
    field = name(column)
    return f"not ({_shows(field)}) and trim({field}, {visible(INVISIBLE)}) <> trim({field}, ' ')"


def composed_in_duckdb(column: str) -> str:
    """That the text was not in its composed form."""
    return f"nfc_normalize({name(column)}) <> {name(column)}"


def emptied_in_duckdb(column: str, reading: Reading) -> str:
    """That the text is one of those that stand for no value."""
    return f"{_stripped_in_duckdb(column, reading)} in ({literals(reading.null_texts)})"

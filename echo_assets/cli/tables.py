"""Printing rows: as CSV for a machine, as aligned columns for a person; values look as they do in psql."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from psycopg import Cursor

_NUMBERS = frozenset({20, 21, 23, 26, 700, 701, 790, 1700})
"""The types of PostgreSQL that psql writes to the right: integers, oid, floats, money, numeric."""


_TEXTS = frozenset({18, 19, 25, 114, 705, 1042, 1043, 3802})
"""The types that hold what somebody wrote: character types, JSON."""

_RUN_BY_SPREADSHEETS = re.compile(r"[=+\-@\t\r\n](?!(?<=[+-])[0-9][0-9.,]*\Z)")
"""How a cell begins that a spreadsheet would take for a formula; a plain number with its sign is none."""


class Plain(str):
    """A value that nobody wrote as a text, such as a moment: it is never a formula."""

    __slots__ = ()


class Digits(str):
    """A number as the server writes it: not rounded, and in no other notation."""

    __slots__ = ()


def as_written(cursor: Cursor[Any]) -> list[list[str | None]]:
    """The rows of a result in the server's own words, so that no value is changed or refused on its way."""
    result, kinds = cursor.pgresult, [column.type_code for column in cursor.description or []]
    if result is None:
        return []
    types = [Digits if kind in _NUMBERS else str if kind in _TEXTS else Plain for kind in kinds]
    return [
        [_written(result.get_value(row, at), types[at]) for at in range(len(types))] for row in range(result.ntuples)
    ]


def _written(value: bytes | None, kind: type[str]) -> str | None:
    return None if value is None else kind(value.decode())


def write_csv(names: Sequence[str], rows: Iterable[Sequence[Any]], target: TextIO | None = None) -> None:
    """A header line and one line a row; NULL is an empty field, and no text is a formula to a spreadsheet."""
    writer = csv.writer(target or sys.stdout, lineterminator="\n")
    writer.writerow([disarmed(name) for name in names])
    for row in rows:
        writer.writerow([disarmed(text(value)) if type(value) in _WRITTEN else text(value) for value in row])


_WRITTEN = (str, dict, list)


def disarmed(value: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it."""
    return f"'{value}" if _RUN_BY_SPREADSHEETS.match(value) else value


def write_table(names: Sequence[str], rows: Iterable[Sequence[Any]], target: TextIO | None = None) -> None:
    """Aligned columns below a header, one line a row; numbers to the right."""
    out = target or sys.stdout
    found = [list(row) for row in rows]
    cells = [[one_line(text(value)) for value in row] for row in found]
    widths = [max([len(name), *(len(row[at]) for row in cells)]) for at, name in enumerate(names)]
    print("  ".join(name.ljust(width) for name, width in zip(names, widths, strict=True)).rstrip(), file=out)
    print("  ".join("-" * width for width in widths), file=out)
    for row, shown in zip(found, cells, strict=True):
        print("  ".join(_aligned(*each) for each in zip(row, shown, widths, strict=True)).rstrip(), file=out)


def text(value: Any) -> str:
    """A value as text: nothing for NULL, t and f for booleans, JSON for documents."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "t" if value else "f"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def one_line(value: str) -> str:
    """The text without line breaks and other characters that would move what stands beside it."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in value)


def _aligned(value: Any, shown: str, width: int) -> str:
    is_number = not isinstance(value, str | bool | None) and hasattr(value, "__add__") and hasattr(value, "__neg__")
    is_number = is_number or isinstance(value, Digits)
    return shown.rjust(width) if is_number else shown.ljust(width)

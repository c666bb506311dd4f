"""Printing rows: as CSV for a machine, as aligned columns for a person; values look as they do in psql."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO


def write_csv(names: Sequence[str], rows: Iterable[Sequence[Any]], target: TextIO | None = None) -> None:
    """A header line and one line a row; NULL is an empty field."""
    writer = csv.writer(target or sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([text(value) for value in row])


def write_table(names: Sequence[str], rows: Iterable[Sequence[Any]], target: TextIO | None = None) -> None:
    """Aligned columns below a header; numbers to the right."""
    out = target or sys.stdout
    found = [list(row) for row in rows]
    cells = [[text(value) for value in row] for row in found]
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


def _aligned(value: Any, shown: str, width: int) -> str:
    is_number = not isinstance(value, str | bool | None) and hasattr(value, "__add__") and hasattr(value, "__neg__")
    return shown.rjust(width) if is_number else shown.ljust(width)

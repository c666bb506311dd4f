"""Rows of text files that the engines will not take as they are: ragged lines, NUL, stray quotes.

Slower than the engines and used only after they have refused. A record of the wrong width is taken apart into its
lines, so that one unclosed quote costs one line and not the rest of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from echo_quality.loading.text_table import TextTable, TextTableWriter, is_unicode

_FIELD_LIMIT = 1 << 20


class _Lines:
    """The lines of a file, remembering those handed out since the last record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line


def rewrite(path: Path, delimiter: str, writer: TextTableWriter, width: int) -> TextTable:
    """Write every record of the file through `writer`; `width` is how many fields the header has."""
    csv.field_size_limit(_FIELD_LIMIT)
    with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as file, writer:
        lines = _Lines(iter(file))
        _next_record(lines, delimiter)
        while (record := _next_record(lines, delimiter)) is not None:
            _write(record, lines.taken, delimiter, writer, width)
    return writer.table


def _next_record(lines: _Lines, delimiter: str) -> list[str] | None:
    """The next record, [] for a blank line, stray quotes or one that is too long to be true, None at the end."""
    lines.taken = []
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    except StopIteration:
        return None


def _write(record: list[str], taken: list[str], delimiter: str, writer: TextTableWriter, width: int) -> None:
    text = "".join(taken)
    if len(record) == width and "\0" not in text and is_unicode(text):
        writer.record(record)
    elif len(taken) == 1:
        if text.strip():
            writer.broken(text.rstrip("\r\n"))
    else:
        for line in taken:
            _write(_single(line, delimiter), [line], delimiter, writer, width)


def _single(line: str, delimiter: str) -> list[str]:
    """One line on its own; a quote that it leaves open makes it a broken one."""
    return _next_record(_Lines(iter([line])), delimiter) or []

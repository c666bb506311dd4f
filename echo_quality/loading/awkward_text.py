"""Rows of text files that the engines will not take as they are: ragged lines, NUL, stray quotes, endless lines.

Slower than the engines and used only after they have refused. A record of the wrong width is taken apart into its
lines, so that one unclosed quote costs one line and not the rest of the file. Each broken line says why it is one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from echo_quality.loading.limits import Limits
from echo_quality.loading.text_lines import Lines, LongLine
from echo_quality.loading.text_table import TextTable, TextTableWriter, is_unicode

_STRAY_QUOTE = "a quote stands within a field, or is never closed"
_THOUSANDS, _HUNDREDS = re.compile(r"\D{0,4}\d{1,3}"), re.compile(r"\d{3}(\.\d*)?\D{0,4}")


def rewrite(path: Path, delimiter: str, writer: TextTableWriter, width: int, limits: Limits) -> TextTable:
    """Write every record of the file through `writer`; `width` is how many fields the header has."""
    csv.field_size_limit(limits.field_characters)
    with path.open(encoding="utf-8-sig", newline="", errors="surrogateescape") as file, writer:
        lines = Lines(file, delimiter, width, limits)
        _next_record(lines, delimiter)
        while True:
            while run := lines.plain():
                writer.plain(run)
            if (record := _next_record(lines, delimiter)) is None:
                break
            _write(record, lines.taken, delimiter, writer, width, limits)
    return writer.table


def _next_record(lines: Lines, delimiter: str) -> list[str] | str | None:
    """The next record, [] for a blank line, the reason why it cannot be read as a text, None at the end."""
    lines.taken = []
    return _record(lines, delimiter)


def _record(lines: Iterable[str], delimiter: str) -> list[str] | str | None:
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return "a field is too long" if "field limit" in str(error) else _STRAY_QUOTE
    except StopIteration:
        return None


def _write(
    record: list[str] | str, taken: list[str], delimiter: str, writer: TextTableWriter, width: int, limits: Limits
) -> None:
    text = "".join(taken)
    if isinstance(record, list) and len(record) == width and "\0" not in text and is_unicode(text) and not _long(taken):
        writer.record(record)
    elif len(taken) == 1:
        if text.strip():
            writer.broken(text.rstrip("\r\n"), _why(record, taken[0], width, limits))
    else:
        for line in taken:
            _write(_record([line], delimiter) or [], [line], delimiter, writer, width, limits)


def _long(taken: list[str]) -> bool:
    return any(isinstance(line, LongLine) for line in taken)


def _why(record: list[str] | str, line: str, width: int, limits: Limits) -> str:
    """Why a line is no record, as a sentence without a full stop."""
    if isinstance(line, LongLine):
        return f"the line has {line.length} characters, more than {limits.named('line_characters')} allows"
    if isinstance(record, str):
        return record if record == _STRAY_QUOTE else f"{record}: {limits.named('field_characters')}"
    if "\0" in line:
        return "the line holds a NUL"
    if not is_unicode(line):
        return "the line holds bytes that are no character of the file's encoding"
    return f"{len(record)} fields where the header has {width}{_broken_number(record, width)}"


def _broken_number(record: list[str], width: int) -> str:
    """A hint, without a value, where a separator of thousands may have been taken for a delimiter; else empty."""
    if len(record) <= width:
        return ""
    for at, (left, right) in enumerate(pairwise(part.strip() for part in record), 1):
        if _THOUSANDS.fullmatch(left) and _HUNDREDS.fullmatch(right):
            return f": fields {at} and {at + 1} may be one number whose separator of thousands is not quoted"
    return ""

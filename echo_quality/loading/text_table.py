"""A file as both engines read it: UTF-8, delimited, quoted by `"`, one header line, every field named."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from echo_quality.loading.header import NUL_SHOWN, HeaderMatch

EXTRA, UNPARSED = "_extra", "_unparsed"
_MANY = 1 << 20
"""Characters of lines among which one may be longer than records usually are."""
_KEPT = 1 << 20
"""Characters of a broken record that are kept beside the table; all of it is in the lake."""


@dataclass(frozen=True)
class TextTable:
    """Where the text is and which contract column (or `_extra`, `_unparsed`) each field belongs to.

    `is_rewritten` tells a copy that Echo wrote, whose shape is certain, from the bytes as they arrived. No record has
    more than `longest_record` bytes; one that has makes the text unreadable.
    """

    path: Path
    delimiter: str
    columns: tuple[str, ...]
    is_rewritten: bool
    notes: dict[str, Any] = field(default_factory=dict)
    longest_record: int = 1 << 22


class TextTableWriter:
    """Writes records of any origin as a text table: known fields, unknown ones as JSON, broken ones as they were.

    A broken record says why in the place of the unknown fields, which it does not have.
    """

    def __init__(self, path: Path, match: HeaderMatch, notes: dict[str, Any], delimiter: str = ",") -> None:
        """Open `path` for writing; `match` says what each field of a record is."""
        self._file = path.open("w", buffering=1 << 20, encoding="utf-8", newline="")
        self._writer = csv.writer(self, delimiter=delimiter)
        self._longest = 0
        self._match = match
        self._known = [at for at, column in enumerate(match.columns) if column is not None]
        self._blanks = [""] * len(self._known)
        names = tuple(str(match.columns[at]) for at in self._known)
        self._table = TextTable(path, delimiter, (*names, EXTRA, UNPARSED), is_rewritten=True, notes=notes)

    def __enter__(self) -> TextTableWriter:
        """Write the header."""
        self._writer.writerow(self._table.columns)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        self._file.close()

    def write(self, line: str) -> None:
        """One line of the table as text; its length is remembered for those who read it."""
        if len(line) > self._longest:
            self._longest = len(line.encode())
        self._file.write(line)

    @property
    def table(self) -> TextTable:
        """What was written, once all of it is."""
        return replace(self._table, longest_record=max(self._longest + 2, self._table.longest_record))

    @property
    def known(self) -> list[int]:
        """The positions of the fields that are columns of the contract."""
        return self._known

    def record(self, fields: Sequence[str]) -> None:
        """One record that fits the header."""
        extra = {name: fields[at] for at, name in self._match.unknown.items()}
        extra_text = json.dumps(extra, ensure_ascii=False) if extra else ""
        self._writer.writerow([*(fields[at] for at in self._known), extra_text, ""])

    def plain(self, lines: str) -> None:
        """Lines that need no reading: they have no quote, fit the header, and the table's delimiter divides them."""
        delimiter = self._table.delimiter
        text = (lines.replace("\r\n", "\n").replace("\r", "\n") if "\r" in lines else lines).removesuffix("\n")
        if self._match.has_surplus:
            for line in text.split("\n"):
                self.record(line.split(delimiter))
            return
        if len(text) > _MANY:
            self._longest = max(self._longest, len(max(text.split("\n"), key=len).encode()) + 4)
        end = 2 * delimiter + "\r\n"  # as the other records end: PostgreSQL wants one line end in a file
        self._file.write(text.replace("\n", end) + end)

    def broken(self, text: str, why: str) -> None:
        """One record that does not; what no text column can hold, NUL and stray bytes, becomes visible."""
        self._writer.writerow([*self._blanks, why, _visible(text[:_KEPT]) or " "])


def _visible(text: str) -> str:
    return text.replace("\0", NUL_SHOWN).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_unicode(text: str) -> bool:
    """Whether the text has characters only, no bytes (as surrogates) that belong to no character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True

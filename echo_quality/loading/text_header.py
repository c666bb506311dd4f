"""The header of a delimited text file: where it stands, what separates its fields, and the text without what is above.

Matching the fields with a contract is in `header.py`.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from echo_quality.contract import Contract
from echo_quality.loading.header import fix_for, joined, known_headers, spelling
from echo_quality.loading.limits import Limits
from echo_quality.loading.refusal import RefusedFile

_DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 20
_SEARCHED_LINES = 40
_TOLD = re.compile(r'"?sep=(.)"?[;,\t|]*\s*', re.IGNORECASE)
"""The first line of an export that tells Excel its delimiter."""


@dataclass(frozen=True)
class TextHeader:
    """A text whose first record is the header, its delimiter and the header's fields."""

    path: Path
    delimiter: str
    fields: list[str]
    notes: dict[str, Any] = field(default_factory=dict)


def header_of(path: Path, contract: Contract, workspace: Path, limits: Limits) -> TextHeader:
    """The declared header rows, else the first line that is not blank, or the one after a line `sep=;`.

    The delimiter is the declared one, else the one that the file tells, else the one that yields the most headers of
    the contract. Lines above the header are left out of a copy, as both engines read one header line.
    """
    csv.field_size_limit(limits.field_characters)
    first, told = _first_row(path, limits)
    row, rows = contract.dialect.header_row or first, contract.dialect.header_rows or 1
    start, text, end = _header_text(path, row, rows, limits)
    delimiter, fields = _split_best(text, rows, contract, contract.dialect.delimiter or told)
    limits.check_columns(len(fields))
    if rows > 1:
        path = _copied(path, end, workspace, header=_as_line(fields, delimiter))
    elif row > 1:
        path = _copied(path, start, workspace)
    return TextHeader(path, delimiter, fields, {"header_row": row} if row > 1 else {})


def where_it_fits(path: Path, contract: Contract, limits: Limits) -> str:
    """What to declare if a line further down would fit the contract, as a clause; empty if none does."""
    lines = [line for line, _ in islice(_lines(path, limits), _SEARCHED_LINES)]
    candidates = [contract.dialect.delimiter] if contract.dialect.delimiter else _DELIMITERS
    return fix_for(contract, [[_quietly_split(line, delimiter) for delimiter in candidates] for line in lines], "line")


def _lines(path: Path, limits: Limits) -> Iterator[tuple[str, int]]:
    """Lines with their ends, as an editor counts them, each with the byte at which the next one begins."""
    with path.open(encoding="utf-8", newline="", errors="surrogateescape") as file:
        at = 0
        while line := file.readline(limits.line_characters):
            at += len(line.encode("utf-8", "surrogateescape"))
            yield line.removeprefix("\ufeff") if at == len(line.encode("utf-8", "surrogateescape")) else line, at


def _first_row(path: Path, limits: Limits) -> tuple[int, str | None]:
    """The first line that says something, and the delimiter that a line before it may tell."""
    delimiter = None
    for number, (line, _) in enumerate(_lines(path, limits), 1):
        told = _TOLD.fullmatch(line) if len(line) < 20 and delimiter is None else None
        if told:
            delimiter = told[1]
        elif line.strip():
            return number, delimiter
    return 1, delimiter


def _header_text(path: Path, row: int, rows: int, limits: Limits) -> tuple[int, str, int]:
    """The text of the header's records, quoted line ends included, with the bytes where it begins and ends."""
    lines, start = _lines(path, limits), 0
    for _ in range(row - 1):
        start = next(lines, ("", -1))[1]
    text, end, left = "", start, rows
    for line, at in lines:
        text, end = text + line, at
        if len(text) >= limits.line_characters:
            raise limits.over("line_characters", f"the header line has {len(text)} characters or more")
        if text.count('"') % 2 == 0:
            left -= 1
        if not left:
            break
    if not text.strip():
        where = "the file is empty: there is not even a header line" if row == 1 else f"nothing stands in line {row}"
        raise RefusedFile(f"{where}; export it again" + ("" if row == 1 else ", or correct headerRow in the contract"))
    return start, text, end


def _split_best(text: str, rows: int, contract: Contract, delimiter: str | None) -> tuple[str, list[str]]:
    candidates = (delimiter,) if delimiter else _DELIMITERS
    headers = [(each, joined(_split(text, each)[:rows])) for each in candidates]
    known = known_headers(contract)
    return max(headers, key=lambda item: (sum(spelling(field) in known for field in item[1]), len(item[1])))


def _split(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)) or [[]]
    except csv.Error as error:
        raise RefusedFile(f"the header line cannot be read ({error}): is this a delimited text file?") from error


def _quietly_split(line: str, delimiter: str | None) -> list[str]:
    try:
        return next(iter(_split(line, str(delimiter))), [])
    except RefusedFile:
        return []


def _as_line(fields: Sequence[str], delimiter: str) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter).writerow(fields)
    return line.getvalue()


def _copied(path: Path, start: int, workspace: Path, header: str = "") -> Path:
    target = workspace / "from_header.csv"
    with path.open("rb") as whole, target.open("wb") as rest:
        whole.seek(start)
        rest.write(header.encode("utf-8", "surrogateescape"))
        shutil.copyfileobj(whole, rest, _BLOCK)
    return target

"""Cells of a workbook that have no value although they are not empty: errors, and formulas that nobody has computed.

The library that reads workbooks gives an empty text for both, and a row must not lose an amount that way. So the sheet
is looked through once more, for these cells only; a sheet that can have none is passed over quickly.
"""

from __future__ import annotations

import re
import struct
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.workbook_file import DAMAGED, Kind, legacy_stream, records_of

Cells = dict[int, dict[int, str]]
"""By row, then by column, both from 0: the error's text, or `UNCOMPUTED`."""
UNCOMPUTED = "a formula without a stored value"
_BLOCK = 1 << 20
_SUSPECT = re.compile(rb"""t=["']e["']|<(?:\w+:)?f[ >/]""")
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_SHEET, _FORMULA, _ERROR = 0x85, 0x06, 0x205
_AS_ERROR, _AS_NOTHING = 2, 3


def unread_cells(path: Path, kind: Kind, sheet: str, position: int) -> Cells:
    """The cells of one sheet, given by its name and its position among the sheets."""
    readers: dict[Kind, Callable[[], Cells]] = {
        Kind.XLSX: lambda: _of_xlsx(path, sheet),
        Kind.ODS: lambda: _of_ods(path, sheet),
        Kind.XLS: lambda: _of_xls(path, position),
    }
    try:
        return readers[kind]()
    except (expat.ExpatError, ElementTree.ParseError, KeyError, ValueError, struct.error, OSError) as error:
        raise RefusedFile(f"{DAMAGED} ({error}): send it again") from error


def _of_xlsx(path: Path, sheet: str) -> Cells:
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, sheet)
        with archive.open(part) as content:
            if not _may_have_any(content):
                return {}
        found = _XlsxCells()
        with archive.open(part) as content:
            found.read(content)
    return found.cells


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """The member of the archive that holds a sheet."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - expat bounds entities
    targets = {each.get("Id"): str(each.get("Target")) for each in relations}
    for each in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314
        if _local(each.tag) == "sheet" and each.get("name") == sheet:
            target = targets[next(value for name, value in each.items() if name.endswith("}id"))]
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError(f"no part for sheet {sheet!r}")


def _may_have_any(content: IO[bytes]) -> bool:
    rest = b""
    while block := content.read(_BLOCK):
        if _SUSPECT.search(rest + block):
            return True
        rest = block[-32:]
    return False


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


class _XmlCells(ABC):
    """Reads a part element by element, and collects cells; which element is a cell is the format's business."""

    def __init__(self) -> None:
        self.cells: Cells = {}
        self.row, self.column = -1, -1
        self._text: list[str] | None = None

    def read(self, content: IO[bytes]) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda tag, given: self.begins(_local(tag), given)
        parser.EndElementHandler = lambda tag: self.ends(_local(tag))
        parser.CharacterDataHandler = self._adds
        parser.ParseFile(content)

    @abstractmethod
    def begins(self, tag: str, given: dict[str, str]) -> None:
        """An element begins; `given` are its attributes."""

    @abstractmethod
    def ends(self, tag: str) -> None:
        """An element ends."""

    def keeps_text(self) -> None:
        self._text = []

    def taken_text(self) -> str:
        text, self._text = "".join(self._text or ()), None
        return text

    def found(self, what: str) -> None:
        self.cells.setdefault(self.row, {})[self.column] = what

    def _adds(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


class _XlsxCells(_XmlCells):
    def begins(self, tag: str, given: dict[str, str]) -> None:
        if tag == "row":
            self.row, self.column = int(given.get("r", self.row + 2)) - 1, -1
        elif tag == "c":
            self.column = _column_of(given["r"]) if "r" in given else self.column + 1
            self._type, self._is_formula, self._value = given.get("t"), False, ""
            self._has_value = False
        elif tag == "f":
            self._is_formula = True
        elif tag == "v":
            self.keeps_text()

    def ends(self, tag: str) -> None:
        if tag == "v":
            self._value, self._has_value = self.taken_text(), True
        elif tag == "c" and self._type == "e":
            self.found(self._value or "an error")
        elif tag == "c" and self._is_formula and not self._value and not (self._type == "str" and self._has_value):
            self.found(UNCOMPUTED)


def _column_of(reference: str) -> int:
    column = 0
    for letter in reference.rstrip("0123456789"):
        column = column * 26 + ord(letter.upper()) - 64
    return column - 1


def _of_ods(path: Path, sheet: str) -> Cells:
    found = _OdsCells(sheet)
    with zipfile.ZipFile(path) as archive, archive.open("content.xml") as content:
        found.read(content)
    return found.cells


class _OdsCells(_XmlCells):
    def __init__(self, sheet: str) -> None:
        super().__init__()
        self._sheet, self._is_there, self._repeated = sheet, False, 1
        self._given: dict[str, str] = {}

    def begins(self, tag: str, given: dict[str, str]) -> None:
        given = {_local(name): value for name, value in given.items() if name != "calcext:value-type"} | {
            name: value for name, value in given.items() if name == "calcext:value-type"
        }
        if tag == "table":
            self._is_there, self.row = given.get("name") == self._sheet, -1
        elif tag == "table-row":
            self.row, self.column, self._repeated = self.row + 1, -1, int(given.get("number-rows-repeated", 1))
        elif tag in ("table-cell", "covered-table-cell"):
            self.column, self._given = self.column + 1, given
            self.keeps_text()

    def ends(self, tag: str) -> None:
        if tag == "table-row":
            self.row += self._repeated - 1
        elif tag in ("table-cell", "covered-table-cell"):
            text, given = self.taken_text(), self._given
            is_error = given.get("calcext:value-type") == "error" or ("formula" in given and text.startswith("#"))
            if self._is_there and (is_error or ("formula" in given and "value-type" not in given)):
                self.found(text if is_error else UNCOMPUTED)
            self.column += int(given.get("number-columns-repeated", 1)) - 1


def _of_xls(path: Path, position: int) -> Cells:
    content = legacy_stream(path)
    sheets = [struct.unpack_from("<I", body)[0] for record, body in records_of(content, 0) if record == _SHEET]
    cells: Cells = {}
    for record, body in records_of(content, sheets[position]) if position < len(sheets) else ():
        if what := _unread(record, body):
            row, column = struct.unpack_from("<HH", body)
            cells.setdefault(row, {})[column] = what
    return cells


def _unread(record: int, body: bytes) -> str | None:
    if record == _ERROR and body[7]:
        return _ERRORS.get(body[6], "an error")
    if record != _FORMULA or body[12:14] != b"\xff\xff":
        return None
    if body[6] == _AS_ERROR:
        return _ERRORS.get(body[8], "an error")
    return UNCOMPUTED if body[6] == _AS_NOTHING else None  # libraries write the same for nothing and for an empty text

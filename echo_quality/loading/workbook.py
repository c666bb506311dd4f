"""Workbooks as text tables: which sheet, which rows are its header, what a cell says as text.

What a workbook is wrapped in is in `workbook_file.py`, cells without a value in `unread_cells.py`.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from echo_quality.contract import Contract
from echo_quality.loading.header import fits, fix_for, joined, match_header
from echo_quality.loading.limits import Limits
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_table import TextTable, TextTableWriter
from echo_quality.loading.typed_cells import Forms, as_declared, forms_of
from echo_quality.loading.unread_cells import Cells, unread_cells
from echo_quality.loading.workbook_file import PROTECTED, kind_of

_SEARCHED_ROWS = 40
_EXACT = 10**15
"""Excel keeps 15 digits of a number; what is larger may have been another one."""


@dataclass(frozen=True)
class Sheet:
    """One sheet; rows and columns are counted from 0, and `first` says where what is used begins."""

    name: str
    position: int
    is_visible: bool
    content: Any

    @property
    def first(self) -> tuple[int, int]:
        """Row and column of the first cell in use."""
        return self.content.start or (0, 0)

    @property
    def is_empty(self) -> bool:
        """Whether there is no cell in use."""
        return self.content.start is None

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Each row of the area in use with its number; the library also gives the empty rows above it."""
        return islice(enumerate(self.content.iter_rows()), self.first[0], None)


@dataclass(frozen=True)
class SheetHeader:
    """The header's fields, and the number of the first row below it."""

    fields: list[str]
    row: int
    below: int


def from_workbook(path: Path, contract: Contract, target: Path, limits: Limits) -> TextTable:
    """The declared sheet, or the only one that fits the contract; numbers and dates as plain text.

    A hidden row is a row. A row in which a column of the contract has an error, or a formula that was never computed,
    is broken: neither is an empty cell.
    """
    kind = kind_of(path, limits)
    sheets = _sheets(path)
    sheet = _chosen(sheets, contract)
    header = _header(sheet, contract)
    limits.check_columns(len(header.fields))
    match = match_header(contract, header.fields)
    notes = {"format": kind.value, "sheet": sheet.name, "header_row": header.row + 1, **match.notes}
    if others := [each.name for each in sheets if each is not sheet and not each.is_empty]:
        notes["unread_sheets"] = others
    unread = unread_cells(path, kind, sheet.name, sheet.position)
    if any(header.row <= row < header.below for row in unread):
        raise RefusedFile("the header has a cell with an error or a formula without a stored value: write its text")
    forms = forms_of(contract, match.columns)
    with TextTableWriter(target, match, notes) as writer:
        for number, values in sheet.rows():
            if number >= header.below:
                _write(writer, sheet, number, values, header.fields, unread, limits, forms)
    return writer.table


def _sheets(path: Path) -> list[Sheet]:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        return [
            Sheet(meta.name, at, meta.visible is python_calamine.SheetVisibleEnum.Visible,
                  workbook.get_sheet_by_index(at))
            for at, meta in enumerate(workbook.sheets_metadata)
            if meta.typ is python_calamine.SheetTypeEnum.WorkSheet
        ]  # fmt: skip
    except python_calamine.PasswordError as error:
        raise RefusedFile(PROTECTED) from error
    except (python_calamine.CalamineError, IndexError, OSError, ValueError) as error:
        raise RefusedFile(f"not a readable workbook ({error}): save it again as .xlsx without a password") from error


def _chosen(sheets: list[Sheet], contract: Contract) -> Sheet:
    """The declared sheet; else the only visible one that fits the contract, or the first in use, to say what it lacks.

    Two that fit are not chosen between, and a hidden one is not read unless it is declared.
    """
    names = ", ".join(each.name for each in sheets)
    declared = contract.dialect.sheet
    if declared is not None:
        found = [each for each in sheets if declared in (each.name, each.position + 1)]
        if not found:
            raise RefusedFile(f"no sheet {declared!r} in the workbook; it has {names}")
        return found[0]
    used = [each for each in sheets if not each.is_empty]
    fitting = [each for each in used if _fits(each, contract)]
    visible = [each for each in fitting if each.is_visible]
    if len(visible) > 1:
        with_rows = [each for each in visible if _has_rows(each, contract)]
        visible = with_rows or visible[:1]
    if len(visible) > 1:
        both = " and ".join(each.name for each in visible)
        raise RefusedFile(f"sheets {both} all fit the contract: declare `sheet`, or send one file for each")
    if fitting and not visible:
        raise RefusedFile(f"only the hidden sheet {fitting[0].name} fits the contract: declare `sheet`, or show it")
    if not used:
        raise RefusedFile("the workbook is empty: there is not even a header row; export it again")
    return visible[0] if visible else next((each for each in used if each.is_visible), used[0])


def _fits(sheet: Sheet, contract: Contract) -> bool:
    try:
        return fits(contract, _header(sheet, contract).fields)
    except RefusedFile:
        return False


def _has_rows(sheet: Sheet, contract: Contract) -> bool:
    below = _header(sheet, contract).below
    return any(number >= below and any(map(_text, values)) for number, values in sheet.rows())


def _header(sheet: Sheet, contract: Contract) -> SheetHeader:
    """The declared rows of the sheet, else the first that has a cell in use."""
    declared, rows = contract.dialect.header_row, contract.dialect.header_rows or 1
    if sheet.is_empty:
        raise RefusedFile("the sheet is empty: there is not even a header row; export it again")
    row = sheet.first[0] if declared is None else declared - 1
    taken = [_texts(values) for number, values in sheet.rows() if row <= number < row + rows]
    if len(taken) < rows:
        raise RefusedFile(f"the header should begin in row {row + 1} of sheet {sheet.name}, which has no such row")
    fields = joined(_unmerged(sheet, row, taken) if rows > 1 else taken)
    while fields and not fields[-1]:
        fields.pop()
    if not fields:
        raise RefusedFile(f"row {row + 1} of sheet {sheet.name} should be the header, and is empty")
    if declared is None and rows == 1 and not fits(contract, fields):
        _refuse_with_fix(sheet, contract, fields)
    return SheetHeader(fields, row, row + rows)


def _refuse_with_fix(sheet: Sheet, contract: Contract, fields: list[str]) -> None:
    first = sheet.first[0]
    rows: list[list[list[str]]] = [[[]]] * first
    rows += [[_texts(values)] for _, values in islice(sheet.rows(), _SEARCHED_ROWS)]
    fix = fix_for(contract, rows, "row")
    try:
        match_header(contract, fields)
    except RefusedFile as refusal:
        raise RefusedFile(f"sheet {sheet.name}: {refusal}{fix}") from refusal


def _unmerged(sheet: Sheet, row: int, taken: list[list[str]]) -> list[list[str]]:
    """Header rows in which a merged cell's text stands above each of its columns."""
    left = sheet.first[1]
    for (top, begin), (_, end) in sheet.content.merged_cell_ranges or ():
        if row <= top < row + len(taken):
            texts = taken[top - row]
            for column in range(begin + 1, end + 1):
                if column - left < len(texts):
                    texts[column - left] = texts[begin - left]
    return taken


def _texts(values: Sequence[Any]) -> list[str]:
    return [_text(value) for value in values]


def _write(
    writer: TextTableWriter, sheet: Sheet, number: int, values: Sequence[Any], header: list[str], unread: Cells,
    limits: Limits, forms: Forms,
) -> None:  # fmt: skip
    fields, left = [_text(value) for value in values], sheet.first[1]
    for at, form in forms.items():
        if at < len(values) and isinstance(values[at], float | int) and not isinstance(values[at], bool):
            fields[at] = as_declared(fields[at], form)
    marked = {column - left: what for column, what in unread.get(number, {}).items() if column >= left}
    fields += [""] * (max(marked, default=-1) + 1 - len(fields))
    for column, what in marked.items():
        fields[column] = what
    if not any(fields):
        return
    text, width = "\t".join(fields).rstrip("\t"), len(header)
    if why := _why_broken(writer, fields, values, marked, width, limits):
        writer.broken(text, f"row {number + 1} of the sheet: {why}")
    else:
        writer.record(fields[:width] + [""] * (width - len(fields)))


def _why_broken(
    writer: TextTableWriter, fields: list[str], values: Sequence[Any], marked: dict[int, str], width: int,
    limits: Limits,
) -> str | None:  # fmt: skip
    if any(fields[width:]):
        return f"a cell beside the table, which has {width} columns"
    if any("\0" in field for field in fields):
        return "a cell holds a NUL"
    if len(max(fields, key=len)) > limits.field_characters:
        return f"a cell is longer than {limits.named('field_characters')} allows"
    for column in writer.known:
        if column in marked:
            return f"column {column + 1} holds {marked[column]}"
        if column < len(values) and isinstance(values[column], float | int) and abs(values[column]) >= _EXACT:
            return f"column {column + 1} holds a number of more than 15 digits, of which Excel keeps only 15"
    return None


def _text(value: Any) -> str:
    """A cell as text. Numbers have the 15 digits that Excel shows: 0.1 + 0.2 is 0.3 in a sheet, too."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)

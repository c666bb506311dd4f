"""Random files of a source, drawn by Hypothesis, each with what every one of its rows is.

Cells and their outcomes come from `hostile_cells.py`; here they become lines: quoted or not, ragged, with NUL, between
blank lines, under any delimiter, line end and encoding.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from loading.hostile_cells import Cell, Column, Source

Values = dict[str, str | None]
WELL_FORMED = "row_well_formed"
_WESTERN = re.compile(r"(?:[\x00-\x7f]|[éäöüñç](?![^\x00-\x7f]))*")
"""Letters that stand alone are Western; of several, or of signs within a word, nobody can be sure."""
ENCODINGS = ("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1")
FREE_TEXT = st.text(
    st.one_of(
        st.sampled_from("aZ0 ,;|\t\"\n\r'\\\x1c\x0b\x85\u2028\u00a0é"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=6,
)


@dataclass(frozen=True)
class Row:
    """What is known of one row: its values as staging prints them, and the rules that it breaks."""

    values: Values
    broken: frozenset[str]


@dataclass(frozen=True)
class Drawn:
    """A file and its rows, in order; `has_all_columns` is False for one that must be refused as a whole."""

    content: bytes
    rows: tuple[Row, ...]
    columns: tuple[Column, ...]
    cells: tuple[tuple[Cell, ...], ...]
    has_all_columns: bool = True

    def __repr__(self) -> str:
        return f"Drawn({self.content!r}, {len(self.rows)} rows)"

    def _repr_pretty_(self, printer: Any, is_cycle: bool) -> None:
        printer.text(repr(self))


@st.composite
def files(draw: Any, source: Source, most_rows: int = 6, tag: str = "") -> Drawn:
    """Files of up to that many rows; one in twenty lacks a column that it must have.

    Files with different tags have no key in common, and all columns.
    """
    columns = [column for column in source.columns if not column.is_optional or draw(st.booleans())]
    has_all_columns = bool(tag) or draw(st.integers(0, 19)) > 0
    columns = draw(st.permutations([each for each in columns if has_all_columns or each.name != source.money]))
    tags = [tag if column.name in source.told_apart_by else "" for column in columns]
    cells = [
        tuple(_tagged(cell, tag) for cell, tag in zip(_cells(draw, columns), tags, strict=True))
        for _ in range(draw(st.integers(0, most_rows)))
    ]
    return _file(draw, source, columns, cells, has_all_columns)


@st.composite
def changed_files(draw: Any, source: Source, before: Drawn) -> Drawn:
    """Another version of a file: rows are kept, dropped, changed in one cell, or new."""
    cells = []
    for row in before.cells if draw(st.integers(0, 15)) else ():
        fate = draw(st.sampled_from(["kept", "kept", "dropped", "changed"]))
        at = draw(st.integers(0, len(row) - 1)) if fate == "changed" else len(row)
        if fate != "dropped":
            cells.append(
                (*row[:at], *(draw(st.sampled_from(before.columns[at].good)) for _ in row[at : at + 1]), *row[at + 1 :])
            )
    if draw(st.booleans()):
        cells.append(_cells(draw, before.columns))
    return _file(draw, source, list(before.columns), cells, before.has_all_columns)


def _file(
    draw: Any, source: Source, columns: list[Column], cells: list[tuple[Cell, ...]], has_all_columns: bool
) -> Drawn:
    headers = [draw(st.sampled_from(column.headers)) for column in columns]
    note = draw(st.sampled_from([None] * 6 + ["note", "no\u2028te", ""]))
    delimiter, end = draw(st.sampled_from(",,;\t|")), draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    quote_all = draw(st.booleans())
    lines, rows = [_line([*headers, *([] if note is None else [note])], delimiter, quote_all)], []
    for row in cells:
        texts = [cell.text for cell in row] + ([] if note is None else [draw(st.sampled_from(["", "hi"]))])
        kind = draw(st.sampled_from(["whole"] * 20 + ["ragged", "nul", "stray"]))
        if kind == "whole" or any(set('"\r\n') & set(text) for text in texts):
            lines.append(_line(texts, delimiter, quote_all))
            rows.append(_row(source, columns, row))
        else:
            lines.append(_spoilt(draw, kind, texts, delimiter))
            rows.append(Row(dict.fromkeys(source_names(source)), frozenset({WELL_FORMED})))
        lines += draw(st.sampled_from([[]] * 20 + [[""], ["   "]]))
    above = draw(st.sampled_from([[]] * 8 + [["", "  "], [f"sep={delimiter}"]]))
    text = end.join([*above, *lines]) + draw(st.sampled_from(["", end, end * 2]))
    content = _encoded(text, draw(st.sampled_from(ENCODINGS)))
    content = gzip.compress(content, mtime=0) if draw(st.integers(0, 7)) == 7 else content
    return Drawn(content, tuple(rows), tuple(columns), tuple(cells), has_all_columns)


def source_names(source: Source) -> list[str]:
    """The columns of a source that are drawn."""
    return [column.name for column in source.columns]


def _cells(draw: Any, columns: Sequence[Column]) -> tuple[Cell, ...]:
    """The cells of a row, of which one in six may break rules."""
    cell = _bad_or_good_cell if draw(st.integers(0, 5)) == 5 else _good_cell
    return tuple(cell(draw, column) for column in columns)


def _bad_or_good_cell(draw: Any, column: Column) -> Cell:
    is_bad = column.bad and draw(st.integers(0, 3)) == 0
    return draw(st.sampled_from(column.bad)) if is_bad else _good_cell(draw, column)


def _good_cell(draw: Any, column: Column) -> Cell:
    if column.is_free and draw(st.integers(0, 3)) == 0:
        text = draw(FREE_TEXT)
        text = text if column.is_optional or text.strip(" ") else f"x{text}"
        return Cell(text, text.strip(" ") or None)
    return draw(st.sampled_from(column.good))


def _tagged(cell: Cell, tag: str) -> Cell:
    return Cell(tag + cell.text, (tag + cell.text).strip(" "), cell.broken) if tag and cell.value else cell


def _row(source: Source, columns: list[Column], cells: tuple[Cell, ...]) -> Row:
    values: Values = {name: "USD" if name == "currency" else None for name in source_names(source)}
    values |= {column.name: cell.value for column, cell in zip(columns, cells, strict=True)}
    broken = {rule for cell in cells for rule in cell.broken}
    if source.breaks_row_rule(values):
        broken.add(source.row_rule)
    return Row(values, frozenset(broken))


def _line(texts: list[str], delimiter: str, quote_all: bool) -> str:
    return delimiter.join(_quoted(text) if quote_all or _must_be_quoted(text, delimiter) else text for text in texts)


def _must_be_quoted(text: str, delimiter: str) -> bool:
    """A quote in the middle of an unquoted field is only a character, if one that few readers agree about."""
    return text.startswith('"') or any(sign in text for sign in (delimiter, "\r", "\n"))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _spoilt(draw: Any, kind: str, texts: list[str], delimiter: str) -> str:
    """A line that fits no header; its fields hold no quotes and no line ends."""
    plain = [text.replace(delimiter, "_") for text in texts]
    if kind == "nul":
        at = draw(st.integers(0, len(plain) - 1))
        plain[at] += "\0x"
    elif kind == "stray":
        plain[draw(st.integers(0, len(plain) - 1))] = '"x"y'
    elif draw(st.booleans()):
        plain += ["x"]
    else:
        plain = ["x", *plain[2:]]
    return delimiter.join(plain)


def _encoded(text: str, encoding: str) -> bytes:
    """The text in that encoding where it can be told from another one, else in UTF-8."""
    if encoding == "latin-1":
        return text.encode(encoding if _WESTERN.fullmatch(text) else "utf-8")
    return text.encode(encoding)

"""Matching the header of a file with the columns of a contract."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from echo_quality.contract import Contract
from echo_quality.loading.refusal import RefusedFile
from echo_quality.over_time import SchemaMode

NUL_SHOWN = "\u2400"
_SHOWN = 12


@dataclass(frozen=True)
class HeaderMatch:
    """For each field of the file its contract column, or None; `unknown` names the fields without one, by position.

    `dropped` names those that the contract wants left out (schemaMode discard), which are not among the unknown ones.
    """

    columns: tuple[str | None, ...]
    unknown: dict[int, str]
    renamed: dict[str, str]
    dropped: dict[int, str]

    @property
    def has_surplus(self) -> bool:
        """Whether there are fields that no column of the contract holds."""
        return bool(self.unknown or self.dropped)

    @property
    def notes(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        unknown = {"unknown_columns": sorted(self.unknown.values())} if self.unknown else {}
        dropped = {"dropped_columns": sorted(self.dropped.values())} if self.dropped else {}
        surplus = self.unknown | self.dropped
        header = [column or surplus[at] for at, column in enumerate(self.columns)]
        return {"renamed": self.renamed, "header": header, **unknown, **dropped}


def spelling(header: str) -> str:
    """What headers are compared by: lower case, words joined by one underscore."""
    return re.sub(r"[^0-9a-z]+", "_", header.strip().lower()).strip("_")


def known_headers(contract: Contract) -> dict[str, str]:
    """Every accepted spelling of a header with the column that it stands for."""
    aliases = {spelling(alias): column.name for column in contract.columns for alias in column.aliases}
    return aliases | {spelling(column.name): column.name for column in contract.columns}


def match_header(contract: Contract, header: Sequence[str]) -> HeaderMatch:
    """Match by canonical name first, then by alias; RefusedFile where that is ambiguous or leaves a gap."""
    header = [field.replace("\0", NUL_SHOWN) for field in header]
    spellings = [spelling(field) for field in header]
    _refuse_repeated(contract, header, spellings)
    known, claimed = known_headers(contract), set[str]()
    canonical = {column.name for column in contract.columns} & set(spellings)
    columns: list[str | None] = []
    for field, written in zip(header, spellings, strict=True):
        column = known.get(written)
        if column is not None and (column == written or column not in canonical):
            _refuse_two_aliases(column, field, claimed)
            claimed.add(column)
            columns.append(column)
        else:
            columns.append(None)
    unknown = {at: header[at].strip() or f"column_{at + 1}" for at, column in enumerate(columns) if column is None}
    renamed = {field: column for field, column in zip(header, columns, strict=True) if column and column != field}
    is_dropped = contract.over_time.schema_mode is SchemaMode.DISCARD
    kept, dropped = ({}, unknown) if is_dropped else (unknown, {})
    match = HeaderMatch(tuple(columns), kept, renamed, dropped)
    _refuse_missing(contract, claimed, header, match)
    return match


def fits(contract: Contract, header: Sequence[str]) -> bool:
    """Whether these fields are a header of the contract."""
    try:
        return any(match_header(contract, header).columns)
    except RefusedFile:
        return False


def joined(rows: Sequence[Sequence[str]]) -> list[str]:
    """One header of several rows: what stands in a column from top to bottom, each text once, as words."""
    width = max(map(len, rows), default=0)
    columns = ([row[at].strip() for row in rows if at < len(row) and row[at].strip()] for at in range(width))
    return list(rows[0]) if len(rows) == 1 else [" ".join(dict.fromkeys(texts)) for texts in columns]


def fix_for(contract: Contract, rows: Sequence[Sequence[Sequence[str]]], unit: str) -> str:
    """What to declare so that a later row becomes the header, as a clause; `rows` holds each row's possible fields.

    Empty where neither a row nor two rows together are a header of the contract.
    """
    for at, ways in enumerate(rows):
        if at and any(fits(contract, fields) for fields in ways):
            return f"; {unit} {at + 1} looks like the header: declare headerRow: {at + 1} in the contract"
    for at, (ways, below) in enumerate(pairwise(rows)):
        if any(fits(contract, joined(both)) for both in zip(ways, below, strict=True)):
            row = f"headerRow: {at + 1} and " if at else ""
            return f"; {unit}s {at + 1} and {at + 2} look like the header: declare {row}headerRows: 2 in the contract"
    return ""


def _refuse_repeated(contract: Contract, header: Sequence[str], spellings: list[str]) -> None:
    repeated = {written for written, times in Counter(spellings).items() if times > 1 and written}
    if repeated:
        fields = zip(_presentable(contract, header), spellings, strict=True)
        names = sorted({shown(field) for field, written in fields if written in repeated})
        raise RefusedFile(f"header {', '.join(names)} appears more than once: rename or remove one of the columns")


def _refuse_two_aliases(column: str, field: str, claimed: set[str]) -> None:
    if column in claimed:
        raise RefusedFile(f"{shown(field)} is a second column for {column!r}: keep one, or name one of them {column!r}")


def _refuse_missing(contract: Contract, claimed: set[str], header: Sequence[str], match: HeaderMatch) -> None:
    """What is no header at all, since no field of it is known, is not noted: it may be a row with somebody's data."""
    missing = [column for column in contract.columns if column.must_be_present and column.name not in claimed]
    if missing:
        wanted = ", ".join(" or ".join((column.name, *column.aliases)) for column in missing)
        fields = _presentable(contract, header)[:_SHOWN]
        found = ", ".join(map(shown, fields)) + (", ..." if len(header) > _SHOWN else "")
        notes = {**match.notes, "missing_columns": [column.name for column in missing]} if claimed else {}
        raise RefusedFile(f"required columns are missing: {wanted}; the file has {found}", notes)


def _presentable(contract: Contract, header: Sequence[str]) -> list[str]:
    """The header as a message may show it: where no field is known it may be a row of persons, which is masked."""
    may_be_personal = any(column.personal for column in contract.columns)
    if not may_be_personal or any(spelling(field) in known_headers(contract) for field in header):
        return list(header)
    return [f"{field.strip()[:1]}***" if field.strip() else "" for field in header]


def shown(field: str) -> str:
    """A header as it may be printed: quoted, control characters escaped, at most 60 characters."""
    return repr(field if len(field) <= 60 else field[:57] + "...")

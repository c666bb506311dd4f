"""How the columns of a file differ from what its contract, or the load before it, led to expect. Pure.

A change is minor if every declared value still reaches its place, and major if one does not. What is done about it is
the contract's `schemaMode`; what was seen is kept in `ops.schema_changes` (`loading/schema_ledger.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Any

from echo_quality.contract import Contract
from echo_quality.loading.header import known_headers, spelling
from echo_quality.over_time import SchemaMode


class Kind(StrEnum):
    """What happened to a column."""

    NEW_COLUMN = "new_column"
    APPEARED = "declared_column_appeared"
    GONE = "optional_column_gone"
    REQUIRED_GONE = "required_column_gone"
    RENAMED = "column_renamed"
    REORDERED = "columns_reordered"
    ALIAS = "another_name_used"
    TYPE = "type_no_longer_fits"


_LONGEST_NAME = 60
MAJOR = frozenset({Kind.REQUIRED_GONE, Kind.RENAMED, Kind.TYPE})
FROZEN = frozenset({Kind.NEW_COLUMN, Kind.GONE, Kind.RENAMED})
"""What a frozen source may not do; columns are read by name, so their order and declared other names may change."""


@dataclass(frozen=True)
class SchemaChange:
    """One change of one column. `proposal` is what to write into the contract if the change is meant."""

    kind: Kind
    column: str
    what: str
    answer: str
    proposal: str | None = None

    @property
    def severity(self) -> str:
        """`minor` or `major`."""
        return "major" if self.kind in MAJOR else "minor"


@dataclass(frozen=True)
class Header:
    """The columns of one file in order, as its load notes them: declared ones by their names, others as written."""

    columns: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    written: dict[str, str] = field(default_factory=dict)

    @property
    def known(self) -> tuple[str, ...]:
        """The declared columns among them."""
        return tuple(column for column in self.columns if column not in self.unknown)

    @classmethod
    def from_notes(cls, notes: dict[str, Any]) -> Header | None:
        """What a load notes of its header; None for one that has none, or was made before headers were noted."""
        if "header" not in notes:
            return None
        unknown = [*notes.get("unknown_columns", []), *notes.get("dropped_columns", [])]
        written = {column: name for name, column in notes.get("renamed", {}).items()}
        return cls(tuple(notes["header"]), tuple(unknown), tuple(notes.get("missing_columns", [])), written)


def header_changes(contract: Contract, header: Header, before: Header | None) -> list[SchemaChange]:
    """The changes between the last accepted header (None: there is none) and this one."""
    new = [name for name in header.unknown if before is None or name not in before.unknown]
    if header.missing:
        return _missing(contract, header.missing, new)
    if before is None:
        return [_new_column(contract, name) for name in new]
    gone = [column for column in before.known if column not in header.known and column in contract.names]
    if len(gone) == len(new) == 1:
        changes = [_renamed(contract, gone[0], new[0], refused=False)]
    else:
        changes = [_gone(contract, column) for column in gone] + [_new_column(contract, name) for name in new]
    changes += [
        SchemaChange(Kind.APPEARED, column, f"{column} was not in the file before", "read")
        for column in header.known
        if column not in before.known
    ]
    return changes + _other_names(header, before) + _reordered(header, before)


def refusal(changes: Iterable[SchemaChange]) -> str | None:
    """Why a frozen source refuses the file; None where it does not."""
    frozen = [change for change in changes if change.kind in FROZEN]
    if not frozen:
        return None
    what = "; ".join(change.what for change in frozen)
    return f"the columns have changed, and the contract freezes them (schemaMode): {what}"


def type_change(column: str, unreadable: int, values: int, *, refused: bool) -> SchemaChange | None:
    """The change if most values of a column cannot be read as its type."""
    if 2 * unreadable <= values:
        return None
    what = f"{unreadable} of {values} values of {column} do not read as its type"
    return SchemaChange(Kind.TYPE, column, what, "file refused" if refused else "rows quarantined")


def _missing(contract: Contract, missing: Sequence[str], new: Sequence[str]) -> list[SchemaChange]:
    if len(missing) == len(new) == 1:
        return [_renamed(contract, missing[0], new[0], refused=True)]
    return [
        SchemaChange(Kind.REQUIRED_GONE, column, f"required column {column} is gone", "file refused")
        for column in missing
    ]


def _renamed(contract: Contract, column: str, name: str, *, refused: bool) -> SchemaChange:
    aliases = [*contract.column(column).aliases, name]
    proposal = f"- name: {column}\n  synonyms: [{', '.join(f'{{synonym: {_quoted(alias)}}}' for alias in aliases)}]"
    what = f"{column} is gone and {_short(name)} is new: it looks renamed"
    answer = "file refused" if refused else _answer(contract)
    return SchemaChange(Kind.RENAMED, column, what, answer, proposal)


def _new_column(contract: Contract, name: str) -> SchemaChange:
    proposal = f"- name: {_column_name(contract, name)}\n  logicalType: string\n  description: What it means."
    if _column_name(contract, name) != spelling(name):
        proposal += f"\n  synonyms: [{{synonym: {_quoted(name)}}}]"
    return SchemaChange(Kind.NEW_COLUMN, name, f"column {_short(name)} is in no contract", _answer(contract), proposal)


def _gone(contract: Contract, column: str) -> SchemaChange:
    frozen = contract.over_time.schema_mode is SchemaMode.FREEZE
    return SchemaChange(
        Kind.GONE, column, f"optional column {column} is gone", "file refused" if frozen else "read as empty"
    )


def _answer(contract: Contract) -> str:
    return {
        SchemaMode.EVOLVE: "values kept in _extra",
        SchemaMode.DISCARD: "values dropped",
        SchemaMode.FREEZE: "file refused",
    }[contract.over_time.schema_mode]


def _other_names(header: Header, before: Header) -> list[SchemaChange]:
    pairs = [
        (column, before.written.get(column, column), header.written.get(column, column))
        for column in header.known
        if column in before.known
    ]
    return [
        SchemaChange(Kind.ALIAS, column, f"{column} was written {then} and is written {now}", "read by name")
        for column, then, now in pairs
        if spelling(then) != spelling(now)
    ]


def _reordered(header: Header, before: Header) -> list[SchemaChange]:
    place = {column: at for at, column in enumerate(header.known)}
    order = [place[column] for column in before.known if column in place]
    if all(one < other for one, other in pairwise(order)):
        return []
    return [SchemaChange(Kind.REORDERED, "*", "the columns stand in another order", "read by name")]


def _column_name(contract: Contract, name: str) -> str:
    """A name that a contract can have, and that no other column or alias of this one has."""
    wanted = spelling(name)[:36].strip("_") or "column"
    wanted = wanted if wanted[0].isalpha() else f"c_{wanted}"
    return wanted if wanted not in known_headers(contract) else f"{wanted}_2"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

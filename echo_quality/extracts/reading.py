"""What both kinds of server give: windows in order, each with a header, its rows as texts, and its highest cursor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from echo_quality.contract import Contract
from echo_quality.extracts.windows import Start
from echo_quality.loading.header import known_headers, spelling


@dataclass
class WindowRows:
    """One window: where it starts (None: rows without a cursor, or all). `cursor` is right once its rows are read."""

    start: Start | None
    header: Sequence[str]
    rows: Iterator[list[str]]
    cursor: Any = field(default=None)


def key_columns(contract: Contract, header: Sequence[str]) -> list[str]:
    """The headers that stand for the contract's key, in its order."""
    known = known_headers(contract)
    found = {known.get(spelling(name)): name for name in header}
    return [found[name] for name in contract.key if name in found]


def missing_columns(contract: Contract, header: Sequence[str]) -> list[str]:
    """Columns that a file must have and that the header lacks; where a whole window has no value, they are empty."""
    known = known_headers(contract)
    there = {known.get(spelling(name)) for name in header}
    return [column.name for column in contract.columns if column.must_be_present and column.name not in there]

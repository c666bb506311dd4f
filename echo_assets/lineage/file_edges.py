"""What loading does with columns: which columns of a file a typed or a rejected row is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from echo_assets.lineage.edges import ROWS, Column, Edge
from echo_quality.contract import Column as ContractColumn
from echo_quality.contract import Contract

_ROW_ID = "_row_id"


def origins(contract: Contract, column: ContractColumn) -> list[str]:
    """The columns of the file that a staging column may come from: itself, and whatever fills it in."""
    computed = re.findall(r"\w+", column.computed_as or "")
    named = {column.name, *column.derived_from, column.default_from, *computed}
    return [name for name in contract.names if name in named]


def edges_of_contract(contract: Contract) -> Iterator[Edge]:
    """A typed column, the number of the row, and the whole text of a row that is rejected."""
    raw, staging, quarantine = (f"{layer}/{contract.source}" for layer in ("raw", "staging", "quarantine"))
    for column in contract.columns:
        for origin in origins(contract, column):
            yield Edge(Column(staging, column.name), Column(raw, origin), "value")
        for name in ("raw", "reasons"):
            yield Edge(Column(quarantine, name), Column(raw, column.name), "value")
    for asset in (staging, quarantine):
        yield Edge(Column(asset, _ROW_ID), Column(raw, _ROW_ID), "value")
        yield Edge(Column(asset, ROWS), Column(raw, ROWS), "rows")

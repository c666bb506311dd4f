"""A traced figure as it may be shown: personal data in the rows of files, and in the figure itself, is masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from echo_assets.lineage.edges import Column
from echo_assets.lineage.graph import Graph
from echo_assets.traced_rows import Figure, SourceRows
from echo_quality.contract import Contract
from echo_quality.generate.suite import masked_columns
from echo_quality.quarantine.masking import hidden_columns, masked_row
from echo_quality.suites.samples import masked_value


def masked_trace(
    contracts: Mapping[str, Contract], graph: Graph, column: Column, figure: Figure, behind: Sequence[SourceRows]
) -> tuple[Figure, list[SourceRows]]:
    """The same, masked: a figure is personal if its value comes from a personal column of a file."""
    rows = [
        replace(each, sample=[masked_row(row, hidden_columns(contracts[each.source])) for row in each.sample])
        if each.source in contracts
        else each  # of the stream only what is not personal is shown
        for each in behind
    ]
    if figure.value is None or not _is_personal(contracts, graph, column):
        return figure, rows
    return replace(figure, value=str(masked_value(figure.value))), rows


def _is_personal(contracts: Mapping[str, Contract], graph: Graph, column: Column) -> bool:
    below = {column: "value", **graph.below(column)}
    personal = {(source, name) for source, contract in contracts.items() for name in masked_columns(contract)}
    return any(how == "value" and (each.asset.partition("/")[2], each.name) in personal for each, how in below.items())

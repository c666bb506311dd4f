"""Questions to the lineage: what a column is made of, what is made of it, which column somebody means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property

from echo_assets.lineage.edges import ROWS, Column, Edge, How, Lineage
from echo_assets.lineage.errors import LineageError

LAYERS = (
    "raw", "staging", "quarantine", "streaming", "seeds", "stg", "intermediate", "core", "finance", "marketing",
    "experiments", "customers", "features",
)  # fmt: skip
"""In the order in which data flows; others come after them, by name."""


class Graph:
    """Edges by both of their ends."""

    def __init__(self, lineage: Lineage) -> None:
        """Nothing is followed yet."""
        self.lineage = lineage

    @cached_property
    def _down(self) -> dict[Column, list[Edge]]:
        found = defaultdict(list)
        for edge in self.lineage.edges:
            found[edge.column].append(edge)
        return found

    @cached_property
    def _up(self) -> dict[Column, list[Edge]]:
        found = defaultdict(list)
        for edge in self.lineage.edges:
            found[edge.origin].append(edge)
        return found

    def origins(self, column: Column) -> list[Edge]:
        """The edges to what a column is made of, those of its value first."""
        return sorted(self._down.get(column, ()), key=lambda edge: (edge.how != "value", edge.origin))

    def below(self, column: Column) -> dict[Column, How]:
        """Everything a column is made of, at any distance; `value` if a path leads there through values alone."""
        return self._reached(column, self._down, lambda edge: edge.origin)

    def above(self, column: Column) -> dict[Column, How]:
        """Everything that is made of a column, at any distance; `value` as in `below`."""
        return self._reached(column, self._up, lambda edge: edge.column)

    def _reached(self, start: Column, edges, end) -> dict[Column, How]:  # type: ignore[no-untyped-def]
        found: dict[Column, How] = {}
        for hows in (("value",), ("value", "rows")):
            ahead = [start, *found]
            while ahead:
                for edge in edges.get(ahead.pop(), ()):
                    other = end(edge)
                    if edge.how in hows and other not in found and other != start:
                        found[other] = hows[-1]
                        ahead.append(other)
        return found

    def named(self, text: str) -> Column:
        """The column that somebody wrote as `schema.table.column`; LineageError with near names if there is none."""
        asset, _, name = text.replace("/", ".").rpartition(".")
        column = Column(asset.replace(".", "/"), name)
        if self.lineage.has(column):
            return column
        return _refuse(text, column, self.lineage)


def layer_order(layer: str) -> tuple[int, str]:
    """Sorts layers in the order in which data flows."""
    return LAYERS.index(layer) if layer in LAYERS else len(LAYERS), layer


def by_layer(columns: dict[Column, How]) -> Iterator[tuple[str, list[tuple[Column, How]]]]:
    """The columns of each layer, in the order in which data flows."""
    layers = {column.layer for column in columns}
    for layer in sorted(layers, key=layer_order):
        yield layer, sorted((column, how) for column, how in columns.items() if column.layer == layer)


def _refuse(text: str, column: Column, lineage: Lineage) -> Column:
    if column.asset in lineage.columns:
        near, known = column.name, lineage.columns[column.asset]
        found = [Column(column.asset, name).written for name in get_close_matches(near, known, n=5, cutoff=0.4)]
        found = found or [Column(column.asset, name).written for name in known]
    else:
        every = [Column(asset, name).written for asset, names in lineage.columns.items() for name in names]
        found = get_close_matches(text.replace("/", "."), every, n=5, cutoff=0.5) or sorted(
            asset.replace("/", ".") for asset in lineage.columns
        )
    raise LineageError(
        f"{text} is no column: write schema.table.column (`{ROWS}` for the rows), such as {', '.join(found)}"
    )

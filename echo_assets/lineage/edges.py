"""The values that lineage is made of: columns, and edges between them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

ROWS = "*"
"""Stands for the rows of a table where a column's name would be: what a `count(*)` comes from."""

How = Literal["value", "rows"]
"""`value`: the column is part of the expression. `rows`: it decides which rows are read, joined or counted."""


class Column(NamedTuple):
    """A column of an asset; the asset is written `schema/table`."""

    asset: str
    name: str

    @property
    def written(self) -> str:
        """As a person writes it: `schema.table.column`."""
        return f"{self.asset.replace('/', '.')}.{self.name}"

    @property
    def layer(self) -> str:
        """The schema."""
        return self.asset.partition("/")[0]


class Edge(NamedTuple):
    """`column` is made of `origin`."""

    column: Column
    origin: Column
    how: How


@dataclass(frozen=True)
class Lineage:
    """Every edge of the project, and the columns that each asset has."""

    edges: tuple[Edge, ...]
    columns: Mapping[str, tuple[str, ...]]

    def has(self, column: Column) -> bool:
        """Whether the asset exists and has the column; every asset has rows."""
        return column.asset in self.columns and column.name in (ROWS, *self.columns[column.asset])

    def dangling(self) -> list[Edge]:
        """Edges of which one end is no column of any asset."""
        return [edge for edge in self.edges if not (self.has(edge.column) and self.has(edge.origin))]


def strongest(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """One edge between two columns: what is part of the value need not be named again as deciding the rows."""
    found: dict[tuple[Column, Column], How] = {}
    for column, origin, how in edges:
        if found.get((column, origin)) != "value":
            found[column, origin] = how
    return tuple(Edge(column, origin, how) for (column, origin), how in sorted(found.items()))

"""Rows in the making, and rows as part of a query that reads no table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from echo_quality.generate.sql_text import literal, name
from echo_quality.mutations.case import Cells

_NUMBERS = {"_row_id": "bigint", "_row_number": "bigint"}


@dataclass
class MadeRows:
    """Rows made of a sound one; each has a key of its own unless the point is that it has not."""

    sound: Cells
    key: str | None
    cells: list[Cells] = field(default_factory=list)
    changed: list[Cells] = field(default_factory=list)

    def add(self, changed: Cells) -> list[int]:
        """One more row: the sound one with these cells. Returns its number."""
        own = {self.key: f"key {len(self.cells)}"} if self.key else {}
        self.cells.append({**self.sound, **own, **changed})
        self.changed.append(changed)
        return [len(self.cells) - 1]

    def add_twice(self) -> list[int]:
        """The same row twice. Returns both numbers."""
        [first] = self.add({})
        self.cells.append(self.cells[first])
        self.changed.append({self.key: self.cells[first][self.key]} if self.key else {})
        return [first, first + 1]


def recordset(types: Mapping[str, str], rows: Sequence[Cells]) -> str:
    """The rows as columns of these types, with `_row_id` and `_row_number`, which both are the place in the list."""
    numbered = [{**row, "_row_id": number, "_row_number": number} for number, row in enumerate(rows)]
    columns = ", ".join(f"{name(column)} {kind}" for column, kind in {**types, **_NUMBERS}.items())
    return f"(select * from jsonb_to_recordset({literal(json.dumps(numbered))}::jsonb) as made ({columns}))"

"""A suite on a table: its expectations, and the query over the table that they are counted on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TableSuite:
    """A suite of one table. `computed` are the columns of its batch that the table does not have, with their SQL."""

    suite: Mapping[str, Any] = field(hash=False)
    schema: str
    table: str
    shown: tuple[str, ...]
    computed: Mapping[str, str] = field(hash=False)
    masked: frozenset[str] = frozenset()
    held_by: tuple[str, ...] = ()
    """`asset check` of each rule that belongs to the suite and that something else holds: a dbt test, an invariant."""
    made_by: str = ""
    """`layer/name` of the asset that makes the table, where it is called otherwise than the table."""

    @property
    def name(self) -> str:
        """The suite's name."""
        return str(self.suite["name"])

    @property
    def asset(self) -> str:
        """`layer/name` of what it judges."""
        return self.made_by or self.place

    @property
    def place(self) -> str:
        """`schema/table` of its rows."""
        return f"{self.schema}/{self.table}"

    def batch_sql(self, rows: str | None = None) -> str:
        """The query, over the table or over other rows that have its columns and a `_row_number`."""
        from echo_quality.generate.sql_text import name  # generators import this module

        computed = [f"({expression}) as {name(column)}" for column, expression in self.computed.items()]
        shown = [*self.shown, *(["_row_number"] if rows else [])]
        columns = ",\n    ".join([*map(name, shown), *computed])
        return f"select\n    {columns}\nfrom {rows or f'{self.schema}.{name(self.table)}'} as judged\n"

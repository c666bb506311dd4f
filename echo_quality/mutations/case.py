"""A row made for a check: what is different from a sound row, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Cells = Mapping[str, str | None]
"""Cells by column, as text that the column's type reads; None is NULL."""


@dataclass(frozen=True)
class Candidates:
    """Rows that should break a check, and rows that should keep it without being empty; both may be several tries."""

    check: str
    breaking: tuple[Cells, ...] = field(default=())
    keeping: tuple[Cells, ...] = field(default=())
    twice: bool = False
    """Whether the row that breaks it is one that occurs twice."""
    by_count: tuple[int, int] | None = None
    """For a rule about the number of rows: a number that breaks it, and one that keeps it."""

    def flaw(self) -> str | None:
        """Why the check is worth nothing; None if rows were found for both."""
        if self.by_count is None and not self.breaking and not self.twice:
            return "no row can break it, so it would always be green: tighten it or take it away"
        if self.by_count is None and not self.keeping and not self.twice:
            return "no row can keep it, so it would never be green: loosen it or take it away"
        return None

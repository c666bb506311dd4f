"""What the planner decides on: the things that can be built, and what the ledger says of them. Pure values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class Retention:
    """Of which days there are snapshots: the last days of the data, and the month ends before them."""

    recent_days: int
    first_date: date
    """None is of an earlier day."""
    events: frozenset[str]
    """The sources with whose first day they begin."""


@dataclass(frozen=True, order=True)
class Target:
    """An asset that the planner may build."""

    key: str
    """``layer/name``."""
    sources: frozenset[str] = frozenset()
    """What makes it dirty: staging sources, and dimensions (by key) of which it looks up versions."""
    by_day: bool = False
    """Rebuilt by day rather than whole: its declared reach."""
    upstream: frozenset[str] = frozenset()
    """Keys of the targets above it, at any distance."""
    keeps_marks: bool = True
    """Whether the ledger has an entry for it; a view or a seed is never out of date, only missing."""
    by_month: bool = False
    """Rebuilt for the months of the days that it has not seen; which those are, it finds out by itself."""
    has_versions: bool = False
    """A dimension that marks the days on which facts find another version than before, when it is built."""
    reads: frozenset[str] = frozenset()
    """Staging sources above it, at any distance: while one of them is blocked, so is the target."""
    retains: Retention | None = None
    """It holds snapshots as of the end of these days: a change makes that day's snapshot and all later ones dirty."""


@dataclass(frozen=True, order=True)
class DirtyDay:
    """A source changed on this day (for a snapshot: up to this day), and the asset has not seen this change."""

    asset: str
    source: str
    day: date
    mark: int


@dataclass(frozen=True, order=True)
class StaleAsset:
    """The source has changed since the asset was built as a whole."""

    asset: str
    source: str
    mark: int


@dataclass(frozen=True)
class Ledger:
    """What is not up to date, at one moment."""

    dirty_days: frozenset[DirtyDay] = frozenset()
    stale: frozenset[StaleAsset] = frozenset()
    missing: frozenset[str] = frozenset()
    """Targets whose relation is not in the database."""
    epoch: str = ""
    """Differs between two databases, or when the ledger was made anew and its marks start over."""
    latest_mark: int = 0

    def sources(self) -> Iterator[str]:
        """Iterate over the sources that something has not caught up with."""
        yield from (entry.source for entry in self.dirty_days)
        yield from (entry.source for entry in self.stale)

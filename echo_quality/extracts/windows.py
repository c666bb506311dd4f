"""Windows: the fixed parts of a cursor's range, each of which is one file. A day, or so many numbers.

Windows do not depend on when or how often a source is read, so the same rows always make the same file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from echo_quality.extracts.declaration import Cursor
from echo_quality.extracts.errors import ExtractError

Start = date | int
ALL, UNDATED = "all", "undated"
"""The names of windows without a start: of a source that has no cursor, and of the rows whose cursor is empty."""


@dataclass(frozen=True)
class Range:
    """Windows from `lower` up to `upper`, which is excluded; None leaves an end open."""

    lower: Start | None = None
    upper: Start | None = None

    @property
    def is_open(self) -> bool:
        """Whether it goes on to whatever the source holds last."""
        return self.upper is None

    def holds(self, start: Start) -> bool:
        """Whether a window lies in it."""
        return (self.lower is None or start >= self.lower) and (self.upper is None or start < self.upper)  # type: ignore[operator]


@dataclass(frozen=True)
class Days:
    """A window is a UTC day; times without an offset are taken as they are written."""

    lag: timedelta

    def value(self, found: Any) -> datetime:
        """A cursor's value as a moment; ExtractError for what is none."""
        if isinstance(found, str):
            try:
                found = datetime.fromisoformat(found.strip())
            except ValueError:
                raise ExtractError(f"cursor {found!r} is no date of ISO 8601: cast it in a query") from None
        if isinstance(found, datetime):
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(found, date):
            return datetime(found.year, found.month, found.day, tzinfo=UTC)
        raise ExtractError(f"cursor {found!r} is no date or time: name a column with dates, or declare a windowSize")

    def start(self, value: datetime) -> date:
        """The window of a moment."""
        return value.date()

    def resumed(self, cursor: datetime, now: datetime) -> date:
        """The window from which to read again. A cursor in the future never hides what comes before it."""
        try:
            return self.start(min(cursor, now) - self.lag)
        except OverflowError:
            return date.min

    def name(self, start: Start) -> str:
        """The window as a file name."""
        return str(start)

    def parsed(self, text: str) -> date:
        """A window from its name."""
        return date.fromisoformat(text)

    def written(self, value: datetime) -> str:
        """A cursor as the ledger keeps it."""
        return value.isoformat()


@dataclass(frozen=True)
class Numbers:
    """A window is `size` numbers, the first of which names it."""

    size: int
    lag: int

    def value(self, found: Any) -> int:
        """A cursor's value as a number; ExtractError for what is none."""
        try:
            number = Decimal(found) if isinstance(found, str | int | Decimal) and not isinstance(found, bool) else None
        except ArithmeticError:
            number = None
        if number is None or number != number.to_integral_value():
            raise ExtractError(f"cursor {found!r} is no whole number: leave out windowSize, or name another column")
        return int(number)

    def start(self, value: int) -> int:
        """The window of a number."""
        return value // self.size * self.size

    def resumed(self, cursor: int, now: datetime) -> int:  # noqa: ARG002 - days ask for it
        """The window from which to read again."""
        return self.start(cursor - self.lag)

    def name(self, start: Start) -> str:
        """The window as a file name; names sort as numbers do."""
        return f"{start:015d}"

    def parsed(self, text: str) -> int:
        """A window from its name."""
        return int(text)

    def written(self, value: int) -> str:
        """A cursor as the ledger keeps it."""
        return str(value)


Grid = Days | Numbers


def grid_of(cursor: Cursor | None) -> Grid | None:
    """The windows of a cursor; None for a source that is read whole."""
    if cursor is None:
        return None
    if cursor.size is not None:
        return Numbers(cursor.size, int(cursor.lag))
    amount = int(cursor.lag[:-1])
    return Days(timedelta(days=amount) if cursor.lag.endswith("d") else timedelta(hours=amount))


def latest(values: Iterable[Any]) -> Any:
    """The highest of some cursors, None of none."""
    return max(values, default=None)

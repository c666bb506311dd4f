"""Ranges of days: what one partitioned run covers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

BRIDGED_DAYS = 7
"""Rebuilding this many clean days costs less than the run that leaving them out would take."""


@dataclass(frozen=True, order=True)
class DayRange:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a reversed range: Dagster would run it successfully and build nothing."""
        if self.last < self.first:
            raise ValueError(f"the range of days {self} is reversed: its first day must not come after its last")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __len__(self) -> int:
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return self.first.isoformat() if self.first == self.last else f"{self.first}..{self.last}"

    def window(self, partitions: DayRange) -> dict[str, str]:
        """Return the days as dbt's half-open window: the first partition holds all earlier days, the last all later."""
        return {
            "min_date": "-infinity" if self.first == partitions.first else self.first.isoformat(),
            "max_date": "infinity" if self.last == partitions.last else (self.last + timedelta(days=1)).isoformat(),
        }

    def nearest(self, day: date) -> date:
        """Return the day itself, or the end of the range that it lies beyond."""
        return min(max(day, self.first), self.last)


def ranges(days: Iterable[date], bridged: int = BRIDGED_DAYS) -> tuple[DayRange, ...]:
    """Cover the days with the fewest ranges that contain no more than `bridged` other days in a row."""
    found: list[DayRange] = []
    for day in sorted(set(days)):
        if found and day - found[-1].last <= timedelta(days=bridged + 1):
            found[-1] = DayRange(found[-1].first, day)
        else:
            found.append(DayRange(day, day))
    return tuple(found)

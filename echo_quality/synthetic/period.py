"""The period a data set covers, in days and months since 1970, and the random stream of each part of it.

Must not live here: the wall clock. Days are integers since 1970-01-01, instants are seconds since then, in UTC.
"""

import zlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECONDS_A_DAY = 86_400
SPLIT_SHARE = 2 / 3


@dataclass(frozen=True)
class Period:
    """Whole months from `start`, which is the first of a month; the end is exclusive."""

    start: date
    months: int

    @cached_property
    def month_starts(self) -> Ints:
        """The first day of each month, and of the month after the last."""
        first = np.datetime64(self.start, "M")
        return (first + np.arange(self.months + 1)).astype("datetime64[D]").astype(np.int64)

    @cached_property
    def month_names(self) -> list[str]:
        """Each month as YYYY-MM."""
        return [str(np.datetime64(int(day), "D").astype("datetime64[M]")) for day in self.month_starts[:-1]]

    @property
    def first_day(self) -> int:
        """The first day."""
        return int(self.month_starts[0])

    @property
    def end_day(self) -> int:
        """The day after the last."""
        return int(self.month_starts[-1])

    @property
    def days(self) -> int:
        """How many days there are."""
        return self.end_day - self.first_day

    @property
    def end(self) -> int:
        """The first instant after the period."""
        return self.end_day * SECONDS_A_DAY

    @property
    def split_day(self) -> int:
        """Where the sources of two files change to the second file."""
        return self.first_day + int(self.days * SPLIT_SHARE)

    def month_of(self, days: Ints) -> Ints:
        """The index of the month each day lies in."""
        return np.searchsorted(self.month_starts, days, side="right").astype(np.int64) - 1

    def file_of(self, seconds: Ints) -> Ints:
        """The file, 0 or 1, in which a source of two files holds each instant."""
        return (seconds >= self.split_day * SECONDS_A_DAY).astype(np.int64)


def day_text(day: int) -> str:
    """A day as YYYY-MM-DD."""
    return str(np.datetime64(day, "D"))


def stream(seed: int, *part: str | int) -> np.random.Generator:
    """The random stream of one named part, independent of every other part."""
    return np.random.default_rng([seed, *(zlib.crc32(str(name).encode()) for name in part)])

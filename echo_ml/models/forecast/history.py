"""What is known of a series: one value for each period of the calendar, and where none is known, why not zero.

A day without a sale is zero only where the source covers that day; otherwise nobody knows what it was. Months are means
by day, so that a short month is no bad one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from echo_ml.models.forecast.grains import Grain, days_in_month

Floats = NDArray[np.float64]
Span = tuple[date, date]
"""First and last day of what one delivery covers, both included."""

WEEKS_TO_CALL_CLOSED = 4
"""For how many weeks a weekday must have brought nothing to be called closed."""


@dataclass(frozen=True)
class History:
    """Values by period, the first of which begins on `first`; NaN where none is known."""

    grain: Grain
    first: date
    values: Floats

    def __len__(self) -> int:
        """The number of periods."""
        return len(self.values)

    @property
    def end(self) -> date:
        """When the period after the last one begins: the first that is forecast."""
        return self.grain.start(self.first, len(self))

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Which periods have a value."""
        return ~np.isnan(self.values)

    @property
    def missing(self) -> int:
        """How many have none."""
        return int((~self.known).sum())

    @property
    def sha256(self) -> str:
        """The hash of what is known: two histories with the same hash are forecast alike."""
        head = f"{self.grain} {self.first} ".encode()
        return hashlib.sha256(head + np.where(self.known, self.values, np.inf).tobytes()).hexdigest()

    def newest(self, periods: int) -> History:
        """The last so many periods."""
        skipped = max(0, len(self) - periods)
        return History(self.grain, self.grain.start(self.first, skipped), self.values[skipped:])


def daily(
    revenue: Mapping[date, float],
    covered: Sequence[Span],
    last: date,
    is_left_out: Callable[[date], bool] = lambda _: False,
) -> History:
    """Revenue by business day from the first day that has some to `last`.

    `covered` are the spans of the deliveries that stand: a day inside one, without a line, is zero; outside of all of
    them it is unknown. Days that are left out (known incidents) are unknown as well.
    """
    days = sorted(day for day in revenue if day <= last)
    if not days:
        return History(Grain.DAY, last + timedelta(days=1), np.empty(0))
    values = np.full((last - days[0]).days + 1, np.nan)
    for first, end in covered:
        values[max(0, (first - days[0]).days) : max(0, (min(end, last) - days[0]).days + 1)] = 0.0
    for day in days:
        values[(day - days[0]).days] = revenue[day]
    values = _closed(values, days[0], revenue)
    for place in range(len(values)):
        if is_left_out(days[0] + timedelta(days=place)):
            values[place] = np.nan
    return History(Grain.DAY, days[0], values)


def _closed(values: Floats, first: date, revenue: Mapping[date, float]) -> Floats:
    """A weekday that never had a line is one on which nothing is sold, also where no delivery covers it."""
    if len(values) < 7 * WEEKS_TO_CALL_CLOSED:
        return values
    sold = {day.weekday() for day in revenue}
    weekdays = (first.weekday() + np.arange(len(values))) % 7
    closed = [weekday for weekday in range(7) if weekday not in sold]
    return np.where(np.isin(weekdays, closed) & np.isnan(values), 0.0, values)


def monthly(days: History) -> History:
    """Revenue by day in each whole month; unknown where a day of it is unknown."""
    first = days.first if days.first.day == 1 else Grain.MONTH.start(days.first.replace(day=1), 1)
    means, month = [], first
    while (after := Grain.MONTH.start(month, 1)) <= days.end:
        place = (month - days.first).days
        means.append(days.values[place : place + days_in_month(month)].mean())
        month = after
    return History(Grain.MONTH, first, np.asarray(means, dtype=np.float64))


def begun(history: History, season: int) -> History:
    """The history from the first whole season on in which every value is known; empty if there is none."""
    known = np.concatenate([[0], np.cumsum(history.known)])
    whole = np.flatnonzero(known[season:] - known[:-season] == season)
    return history.newest(len(history) - int(whole[0]) if len(whole) else 0)


def repeated(history: History, season: int) -> Floats:
    """The values of a history that has begun, with the last known one of its place in the season for each unknown one.

    Nothing is taken from later.
    """
    values = history.values.copy()
    for place in np.flatnonzero(~history.known):
        values[place] = values[place - season]
    return values

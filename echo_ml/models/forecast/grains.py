"""Days and months: how long a season is, how far is forecast, and how much history each step needs."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum


class Grain(StrEnum):
    """The length of a period."""

    DAY = "day"
    MONTH = "month"

    def start(self, first: date, periods: int) -> date:
        """When a period begins that lies so many periods after one that begins on `first`."""
        if self is Grain.DAY:
            return first + timedelta(days=periods)
        years, month = divmod(first.month - 1 + periods, 12)
        return date(first.year + years, month + 1, 1)


@dataclass(frozen=True)
class Terms:
    """What one kind of series is forecast by. All but `fits` are numbers of periods.

    `season` is what the baseline repeats, `horizon` how far is forecast. The backtest begins after `least_train`, has
    from `least_origins` to `most_origins` origins and fits anew `fits` times. `most_history` is what is looked at in
    all, and `trends` are the trends that smoothing may choose from: damped (True) or none. `unit` and `repeats` say in
    words what a period is, and what the baseline repeats.
    """

    unit: str
    repeats: str
    season: int
    horizon: int
    least_train: int
    least_origins: int
    most_origins: int
    fits: int
    most_history: int
    trends: tuple[bool, ...]

    @property
    def least_backtest(self) -> int:
        """How many periods a backtest needs."""
        return self.least_train + self.horizon + self.least_origins - 1

    @property
    def least_forecast(self) -> int:
        """How many periods any forecast needs: two seasons, so that the baseline was wrong at least once."""
        return max(3, 2 * self.season)

    def without(self, closed: int) -> Terms:
        """The same for the days of a week that are left without so many closed weekdays."""
        if not closed:
            return self
        names = ("season", "horizon", "least_train", "least_origins", "most_origins", "most_history")
        shorter = {name: getattr(self, name) * (7 - closed) // 7 for name in names}
        return replace(self, unit="open days", **shorter)


DAYS = Terms(
    unit="days", repeats="the last week", season=7, horizon=35, least_train=56, least_origins=28, most_origins=182,
    fits=5, most_history=730, trends=(True,),
)  # fmt: skip
"""Five weeks: whatever is left of a month that has begun, and four whole weeks to sum up."""
MONTHS = Terms(
    unit="months", repeats="the last month", season=1, horizon=3, least_train=8, least_origins=4, most_origins=24,
    fits=6, most_history=120, trends=(False, True),
)  # fmt: skip
YEARLY = Terms(
    unit="months", repeats="the last year", season=12, horizon=3, least_train=36, least_origins=4, most_origins=24,
    fits=6, most_history=120, trends=(True,),
)  # fmt: skip
"""Months with a yearly season, once there are three years to learn it from before the backtest begins."""


TERMS = {Grain.DAY: (DAYS,), Grain.MONTH: (YEARLY, MONTHS)}
"""The terms of each grain, the most demanding first; those count whose backtest the history is long enough for."""


def days_in_month(month: date) -> int:
    """How many days the month has that begins on a date."""
    return monthrange(month.year, month.month)[1]

"""Days and months together, so that no period has two numbers, as rows in money.

A month that has begun, and any that ends within the days that are forecast, is the sum of its days: what is known of
it, and what is forecast of the rest. Every other month is forecast from the months before it. Which of the two it was
is the row's method.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import MONTHS, Grain, days_in_month
from echo_ml.models.forecast.history import History, monthly
from echo_ml.models.forecast.results import Forecast, Method

TOTAL_DAYS = 28
"""Over how many days the total goes: whole weeks, so that totals can be compared."""
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Row:
    """Revenue of one period; `ends` are the lower and upper end of the interval that so many of 100 periods lie in."""

    grain: Grain
    period_start: date
    forecast: Decimal
    ends: Mapping[int, tuple[Decimal, Decimal]]
    method: Method
    reason: str


@dataclass(frozen=True)
class RevenueForecast:
    """What is forecast after `as_of`, the last day that is known, from the history of days and that of whole months."""

    as_of: date
    history: History
    month_history: History
    days: Forecast
    months: Forecast

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every day, then every month; none where nothing is forecast."""
        return (*self._day_rows(), *self._month_rows())

    @property
    def total(self) -> Row | None:
        """The sum of the next `TOTAL_DAYS` days; None where days are not forecast."""
        if not len(self.days):
            return None
        reason = f"the sum of {TOTAL_DAYS} days, each by {self.days.method}"
        return self._sum_row(Grain.DAY, self.days.first, TOTAL_DAYS, Decimal(0), reason)

    def _day_rows(self) -> Iterator[Row]:
        for place, value in enumerate(self.days.values):
            start = Grain.DAY.start(self.days.first, place)
            yield Row(Grain.DAY, start, _money(value), _ends(self.days, place, 1), self.days.method, self.days.reason)

    def _month_rows(self) -> Iterator[Row]:
        begun = self.days.first.replace(day=1)
        for ahead in range(MONTHS.horizon):
            month = Grain.MONTH.start(begun, ahead)
            if row := self._summed(month) or self._modelled(month):
                yield row

    def _summed(self, month: date) -> Row | None:
        """The month as the sum of its days; None where one of them is neither known nor forecast."""
        left = (Grain.MONTH.start(month, 1) - self.days.first).days
        begun = max(0, (self.days.first - month).days)
        known = self.history.newest(begun)
        if not left <= len(self.days) or len(known) < begun or known.missing:
            return None
        skipped = max(0, (month - self.days.first).days)
        so_far = sum(map(_money, known.values), Decimal(0))
        rest = f"{begun} days are known and {left} forecast" if begun else f"all {left - skipped} days are forecast"
        return self._sum_row(Grain.MONTH, month, left, so_far, f"the sum of its days: {rest}", skipped)

    def _modelled(self, month: date) -> Row | None:
        """The month as the months before it say."""
        place = (month.year - self.months.first.year) * 12 + month.month - self.months.first.month
        if not 0 <= place < len(self.months):
            return None
        days = days_in_month(month)
        value = _money(self.months.values[place], days)
        ends = _ends(self.months, place, days)
        return Row(Grain.MONTH, month, value, ends, self.months.method, self.months.reason)

    def _sum_row(self, grain: Grain, start: date, days: int, known: Decimal, reason: str, skipped: int = 0) -> Row:
        """What is known, and the days of the forecast after `skipped` up to `days`, with the band of all of these."""
        middle = known + sum(map(_money, self.days.values[skipped:days]), Decimal(0))
        offsets = {
            level: (_money(band.lower[days - 1] - self.days.sums[days - 1]),
                    _money(band.upper[days - 1] - self.days.sums[days - 1]))
            for level, band in self.days.sum_bands.items()
        }  # fmt: skip
        ends = {level: (middle + below, middle + above) for level, (below, above) in offsets.items()}
        return Row(grain, start, middle, ends, Method.SUM_OF_DAYS, reason)


def revenue_forecast(history: History, as_of: date) -> RevenueForecast:
    """Forecast revenue by day and by month from its history by day, which ends with `as_of`."""
    if history.end != as_of + timedelta(days=1):
        raise ValueError(f"the history ends before {history.end}, not with {as_of}: hand over every day up to as_of")
    months = monthly(history)
    return RevenueForecast(as_of, history, months, forecast(history), forecast(months))


def _ends(found: Forecast, place: int, days: int) -> dict[int, tuple[Decimal, Decimal]]:
    return {
        level: (_money(band.lower[place], days), _money(band.upper[place], days)) for level, band in found.bands.items()
    }


def _money(value: float, times: int = 1) -> Decimal:
    return Decimal(float(value) * times).quantize(_CENT)

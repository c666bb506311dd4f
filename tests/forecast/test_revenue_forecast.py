"""Days and months together: every period has one number; a month that has begun is what is known and the rest of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from made_series import noisy_week, of_days

from echo_ml.models.forecast.grains import Grain
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.results import Method
from echo_ml.models.forecast.revenue import TOTAL_DAYS, RevenueForecast, Row, revenue_forecast

FIRST = date(2023, 1, 1)


def until(last: date, values: Floats | None = None) -> RevenueForecast:
    days = (last - FIRST).days + 1
    found = np.round(noisy_week(days) if values is None else values[:days], 2)
    return revenue_forecast(of_days(found, FIRST), last)


@pytest.fixture(scope="module")
def mid_month() -> RevenueForecast:
    return until(date(2024, 4, 19))


def months_of(found: RevenueForecast) -> dict[date, Row]:
    return {row.period_start: row for row in found.rows if row.grain is Grain.MONTH}


def days_of(found: RevenueForecast) -> dict[date, Row]:
    return {row.period_start: row for row in found.rows if row.grain is Grain.DAY}


def test_every_period_after_the_last_known_day_has_one_row(mid_month: RevenueForecast) -> None:
    assert list(days_of(mid_month)) == [date(2024, 4, 20) + timedelta(days=ahead) for ahead in range(35)]
    assert list(months_of(mid_month)) == [date(2024, month, 1) for month in (4, 5, 6)]
    assert len(mid_month.rows) == 35 + 3


def test_a_month_that_has_begun_is_what_is_known_and_the_days_that_are_forecast(mid_month: RevenueForecast) -> None:
    april = months_of(mid_month)[date(2024, 4, 1)]
    known = sum((Decimal(str(value)) for value in mid_month.history.values[-19:]), Decimal(0))
    rest = sum((row.forecast for day, row in days_of(mid_month).items() if day.month == 4), Decimal(0))
    assert april.forecast == known.quantize(Decimal("0.01")) + rest
    assert april.method is Method.SUM_OF_DAYS
    assert april.reason == "the sum of its days: 19 days are known and 11 forecast"
    assert april.ends[80][0] > known


def test_a_month_beyond_the_days_is_forecast_by_the_months_before_it(mid_month: RevenueForecast) -> None:
    june = months_of(mid_month)[date(2024, 6, 1)]
    assert june.method is mid_month.months.method
    assert june.reason == mid_month.months.reason
    assert float(june.forecast) == pytest.approx(30 * mid_month.months.values[2], abs=0.01)


@pytest.mark.parametrize(
    ("last", "summed"),
    [(date(2024, 4, 30), [5]), (date(2024, 4, 26), [4, 5]), (date(2024, 4, 25), [4]), (date(2024, 1, 31), [2])],
    ids=["at a month's end", "when the next month ends on the last day", "a day earlier", "before a short month"],
)
def test_every_month_that_the_days_reach_to_the_end_of_is_their_sum(last: date, summed: list[int]) -> None:
    found = until(last)
    months = months_of(found)
    assert [month.month for month, row in months.items() if row.method is Method.SUM_OF_DAYS] == summed
    for month in summed:
        row = months[date(2024, month, 1)]
        forecast = [each.forecast for day, each in days_of(found).items() if day.month == month]
        known = found.history.newest(last.day).values if last.month == month else np.empty(0)
        assert row.forecast == sum(forecast, Decimal(str(round(float(known.sum()), 2))))


def test_a_month_with_an_unknown_day_is_no_sum() -> None:
    values = noisy_week(600)
    values[(date(2024, 4, 10) - FIRST).days] = np.nan
    april = months_of(until(date(2024, 4, 19), values))[date(2024, 4, 1)]
    assert april.method is not Method.SUM_OF_DAYS


def test_ends_are_in_order_to_the_cent(mid_month: RevenueForecast) -> None:
    total = mid_month.total
    assert total
    for row in (*mid_month.rows, total):
        ends = [row.ends[95][0], row.ends[80][0], row.forecast, row.ends[80][1], row.ends[95][1]]
        assert ends == sorted(ends)
        assert all(each == each.quantize(Decimal("0.01")) for each in ends)


def test_the_total_is_the_sum_of_whole_weeks(mid_month: RevenueForecast) -> None:
    total = mid_month.total
    assert total
    assert total.forecast == sum((row.forecast for row in list(days_of(mid_month).values())[:TOTAL_DAYS]), Decimal(0))
    assert TOTAL_DAYS % 7 == 0


def test_a_short_history_has_days_and_the_months_that_they_reach() -> None:
    found = until(FIRST + timedelta(days=24))
    assert {row.method for row in found.rows} == {Method.SEASONAL_NAIVE, Method.SUM_OF_DAYS}
    assert list(months_of(found)) == [FIRST, date(2023, 2, 1)]
    assert "2 months" not in found.months.reason
    assert "0 months are known" in found.months.reason


def test_no_history_has_no_rows_and_two_reasons() -> None:
    found = until(FIRST + timedelta(days=4))
    assert found.rows == ()
    assert found.total is None
    assert "5 days are known" in found.days.reason
    assert found.months.reason


def test_a_history_that_does_not_end_with_its_day_is_refused() -> None:
    with pytest.raises(ValueError, match="hand over every day up to as_of"):
        revenue_forecast(of_days(np.ones(20), FIRST), FIRST)

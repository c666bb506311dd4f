"""What is known of a series: zero where a delivery covers a day, unknown where none does, whole months only."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_series import FIRST, of_days

from echo_ml.models.forecast.grains import Grain, days_in_month
from echo_ml.models.forecast.history import begun, daily, monthly, repeated

JANUARY = date(2024, 1, 1)
UNKNOWN = float("nan")


def january(day: int) -> date:
    return JANUARY + timedelta(days=day - 1)


def test_a_day_without_a_sale_is_zero_inside_a_delivery_and_unknown_between_two() -> None:
    revenue = {january(1): 10.0, january(3): 30.0, january(6): 60.0}
    history = daily(revenue, [(january(1), january(3)), (january(6), january(7))], january(8))
    assert history.first == JANUARY
    np.testing.assert_equal(history.values, [10, 0, 30, UNKNOWN, UNKNOWN, 60, 0, UNKNOWN])
    assert history.missing == 3
    assert history.end == january(9)


def test_what_lies_after_the_last_day_is_not_seen() -> None:
    history = daily({january(1): 10.0, january(5): 50.0}, [(january(1), january(5))], january(3))
    np.testing.assert_equal(history.values, [10, 0, 0])


def test_a_delivery_that_begins_before_the_first_sale_and_ends_after_the_last_day_is_cut() -> None:
    history = daily({january(2): 10.0}, [(date(2023, 1, 1), date(2025, 1, 1))], january(4))
    np.testing.assert_equal(history.values, [10, 0, 0])
    assert daily({january(9): 1.0}, [(january(1), january(2))], january(10)).missing == 1


def test_days_of_a_known_incident_are_unknown_whatever_was_sold() -> None:
    revenue = {january(day): 10.0 for day in range(1, 6)}
    history = daily(revenue, [], january(5), lambda day: day in (january(2), january(3)))
    np.testing.assert_equal(history.values, [10, UNKNOWN, UNKNOWN, 10, 10])


def test_a_weekday_that_never_had_a_sale_is_closed_once_there_are_weeks_to_tell_by() -> None:
    open_days = {january(day): 10.0 for day in range(1, 29) if january(day).weekday() != 6}
    history = daily(open_days, [], january(28))
    assert history.missing == 0
    assert history.values[6] == 0
    assert daily(open_days, [], january(27)).missing == 3, "three weeks are too few"
    sold_once = {**open_days, january(14): 1.0}
    assert daily(sold_once, [], january(28)).missing == 3, "a weekday with one sale is open, so the others are unknown"


def test_a_history_without_a_sale_is_empty() -> None:
    history = daily({}, [(january(1), january(5))], january(5))
    assert (len(history), history.end) == (0, january(6))
    assert len(monthly(history)) == 0


def test_a_month_is_its_mean_by_day_and_only_whole_months_count() -> None:
    history = of_days(np.arange(1.0, 100.0), date(2024, 1, 15))
    months = monthly(history)
    assert months.first == date(2024, 2, 1)
    assert months.end == date(2024, 4, 1)
    assert months.values.tolist() == [np.arange(18, 47).mean(), np.arange(47, 78).mean()]


def test_a_month_with_an_unknown_day_is_unknown() -> None:
    values = np.ones(60)
    values[40] = UNKNOWN
    np.testing.assert_equal(monthly(of_days(values, JANUARY)).values, [1, UNKNOWN])


@given(st.dates(date(1999, 1, 1), date(2030, 12, 31)), st.integers(0, 500))
def test_periods_follow_each_other_without_a_gap(day: date, periods: int) -> None:
    assert Grain.DAY.start(day, periods) == day + timedelta(days=periods)
    month = day.replace(day=1)
    after = Grain.MONTH.start(month, periods)
    assert Grain.MONTH.start(after, 1) - after == timedelta(days=days_in_month(after))
    assert (after.year - month.year) * 12 + after.month - month.month == periods


@given(st.lists(st.none() | st.floats(1, 9), min_size=0, max_size=40), st.sampled_from([1, 7, 12]))
def test_what_is_filled_in_is_the_last_known_value_of_its_place_and_never_a_later_one(
    values: list[float | None], season: int
) -> None:
    history = of_days(np.array([UNKNOWN if each is None else each for each in values], dtype=np.float64))
    known = begun(history, season)
    filled = repeated(known, season)
    assert known.end == history.end
    assert not np.isnan(filled).any()
    assert known.known[:season].all()
    for place, value in enumerate(filled):
        before = known.values[place % season : place + 1 : season]
        assert value == before[~np.isnan(before)][-1]


def test_the_hash_tells_what_is_known_and_when() -> None:
    hashes = {
        of_days(np.array(values), first).sha256
        for values in ([1.0, 2.0], [1.0, UNKNOWN], [1.0, 0.0], [2.0, 1.0])
        for first in (FIRST, FIRST + timedelta(days=1))
    }
    assert len(hashes) == 8
    assert of_days(np.array([1.0, UNKNOWN])).sha256 == of_days(np.array([1.0, UNKNOWN])).sha256


@pytest.mark.parametrize("periods", [1, 5, 99])
def test_the_newest_periods_keep_their_place_in_the_calendar(periods: int) -> None:
    history = of_days(np.arange(10.0))
    newest = history.newest(periods)
    assert newest.end == history.end
    assert newest.values.tolist() == history.values[-periods:].tolist()
    assert len(history.newest(0)) == 0

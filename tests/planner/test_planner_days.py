"""Ranges of days."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_assets.planner.days import BRIDGED_DAYS, DayRange, ranges

ANY_DAYS = st.sets(st.dates(date(2024, 1, 1), date(2025, 12, 31)), max_size=60)


def days_of(found: DayRange) -> set[date]:
    return {found.first + timedelta(days=number) for number in range(len(found))}


@given(ANY_DAYS, st.integers(0, 40))
def test_ranges_cover_every_day_and_bridge_no_gap_longer_than_allowed(days: set[date], bridged: int) -> None:
    found = ranges(days, bridged)
    covered = set().union(*map(days_of, found)) if found else set()
    assert days <= covered
    assert {end for each in found for end in (each.first, each.last)} <= days
    ordered = sorted(days)
    for earlier, later in pairwise(ordered):
        clean_between = (later - earlier).days - 1
        together = any(earlier in each and later in each for each in found)
        assert together == (clean_between <= bridged)


def test_neighbours_are_one_range_and_a_long_gap_makes_two() -> None:
    first, last = date(2024, 1, 1), date(2024, 1, 3)
    far = last + timedelta(days=BRIDGED_DAYS + 2)
    assert ranges([last, first, date(2024, 1, 2), far]) == (DayRange(first, last), DayRange(far, far))


def test_a_reversed_range_is_refused_because_dagster_would_build_nothing_and_call_it_a_success() -> None:
    with pytest.raises(ValueError, match="reversed"):
        DayRange(date(2024, 1, 2), date(2024, 1, 1))

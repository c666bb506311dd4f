"""Which snapshots teach, calibrate and test: never one whose outcome another part could have known."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from planted_churn import month_ends

from echo_ml.models.churn.split import FOLDS, MAX_FIT, Split, fold_of, split_of

DAYS = st.dates(date(2020, 1, 1), date(2024, 12, 31))


@given(st.lists(DAYS, max_size=40, unique=True), DAYS, st.integers(1, 200))
def test_outcomes_of_a_part_are_known_before_the_next_part_and_before_the_data_end(
    snapshots: list[date], last_day: date, horizon: int
) -> None:
    split = split_of(snapshots, last_day, horizon)
    if isinstance(split, str):
        return
    gap = timedelta(days=horizon)
    assert max(split.fit) + gap <= split.calibrate
    assert split.calibrate + gap <= split.test
    assert split.test + gap <= last_day
    assert set(split.snapshots) <= set(snapshots)
    assert split.test == max(day for day in snapshots if day + gap <= last_day)
    assert [split.part_of(day) for day in split.snapshots] == ["fit"] * len(split.fit) + ["calibrate", "test"]


def test_eighteen_months_teach_nine_times() -> None:
    split = split_of(month_ends(date(2024, 1, 1), date(2025, 6, 30)), date(2025, 6, 30), 90)
    assert isinstance(split, Split)
    assert (split.fit[0], split.fit[-1]) == (date(2024, 1, 31), date(2024, 9, 30))
    assert (split.calibrate, split.test) == (date(2024, 12, 31), date(2025, 3, 31))


def test_of_a_long_history_only_the_newest_snapshots_teach() -> None:
    split = split_of(month_ends(date(2015, 1, 1), date(2025, 6, 30)), date(2025, 6, 30), 90)
    assert isinstance(split, Split)
    assert len(split.fit) == MAX_FIT


def test_a_short_history_says_what_it_lacks() -> None:
    ends = month_ends(date(2025, 1, 1), date(2025, 6, 30))
    assert "three that lie at least 90 days apart" in str(split_of(ends, date(2025, 6, 30), 90))
    assert "no month end has a complete label window" in str(split_of(ends[-2:], date(2025, 6, 30), 90))
    assert "no month end" in str(split_of([], date(2025, 6, 30), 90))


@given(st.text())
def test_a_customer_is_in_one_fold_for_good(customer: str) -> None:
    assert fold_of(customer) == fold_of(customer)
    assert 0 <= fold_of(customer) < FOLDS


def test_folds_are_of_similar_size() -> None:
    counts = [0] * FOLDS
    for number in range(2000):
        counts[fold_of(f"C{number:06}")] += 1
    assert min(counts) > 300

"""The statistics of drift: an outlier cannot hide itself, an incident poisons nothing, constants may be judged."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from echo_quality.drift.checks import finding_of
from echo_quality.drift.incidents import Incident, is_known
from echo_quality.drift.series import Series, by_day
from echo_quality.drift.statistics import Judgement, Measure, Point, chance, judged
from echo_quality.over_time import Drift, DriftSeverity

DRIFT = Drift(window=20, threshold=6.0, minimum=5)
COUNTS = some.lists(some.integers(0, 10_000), min_size=5, max_size=40)
MEASURES = some.sampled_from(Measure)


def counts(*values: float, measure: Measure = Measure.COUNT) -> list[Point]:
    return [Point(f"file {at}", value, measure, 1000) for at, value in enumerate(values)]


def last(points: list[Point], drift: Drift = DRIFT) -> Judgement:
    [judgement] = judged(points, [len(points) - 1], drift)
    return judgement


@given(history=COUNTS, measure=MEASURES, extreme=some.floats(1e3, 1e12))
def test_one_outlier_never_hides_itself(history: list[int], measure: Measure, extreme: float) -> None:
    points = counts(*history, measure=measure)
    scale = max(last([*points, *counts(0)]).mad or 0.0, chance(measure, max(history), 0.0, 1000), 1.0)
    far = max(history) + extreme * scale
    outlier = last([*points, Point("outlier", far, measure, 1000)])
    further = last([*points, Point("outlier", far * 1e6, measure, 1000)])
    assert outlier.is_unusual(DRIFT)
    assert further.is_unusual(DRIFT)
    assert (further.median, further.mad) == (outlier.median, outlier.mad)


@given(history=COUNTS, poison=some.lists(some.floats(-1e9, 1e9), max_size=30), value=some.integers(0, 20_000))
def test_a_poisoned_history_within_an_incident_changes_no_verdict(
    history: list[int], poison: list[float], value: int
) -> None:
    poisoned = [Point("poison", each, Measure.COUNT, 1, in_incident=True) for each in poison]
    usual, judged_point = counts(*history), counts(value)
    place = len(usual) // 2
    clean = last([*usual, *judged_point])
    with_poison = last([*usual[:place], *poisoned, *usual[place:], *judged_point])
    assert with_poison == clean


def test_what_comes_later_changes_no_verdict() -> None:
    points = counts(10, 11, 9, 10, 12, 10, 11, 500)
    assert judged(points, [6], DRIFT) == judged(points[:7], [6], DRIFT)


def test_a_point_of_an_incident_is_not_judged() -> None:
    odd = Point("odd", 10_000, Measure.COUNT, 1, in_incident=True)
    finding = finding_of([Series("rows", (*counts(*[10] * 9), odd), (9,))], DRIFT, "file")
    assert finding.passed
    assert finding.said == "Not judged: it belongs to a known incident."


def test_below_the_least_history_nothing_is_judged_and_the_check_says_so() -> None:
    finding = finding_of([Series("rows", tuple(counts(10, 10, 9_000)), (2,))], DRIFT, "file")
    assert finding.passed
    assert finding.said == "Not judged yet: 2 of the 5 files that it takes have come before."


@pytest.mark.parametrize(
    ("value", "unusual"), [(100, False), (160, False), (175, True), (50, False), (45, True), (0, True)]
)
def test_counts_that_never_changed_may_change_a_little(value: int, unusual: bool) -> None:
    judgement = last(counts(*[100] * 10, value))
    assert judgement.mad == 0
    assert judgement.is_unusual(DRIFT) is unusual


@pytest.mark.parametrize(("share", "unusual"), [(0.0, False), (0.1, False), (0.13, True), (1.0, True)])
def test_a_column_that_was_never_empty_may_be_empty_now_and_then(share: float, unusual: bool) -> None:
    assert last(counts(*[0.0] * 10, share, measure=Measure.SHARE)).is_unusual(DRIFT) is unusual


def test_a_handful_more_is_no_news_where_a_handful_is_usual_and_a_hundred_times_is() -> None:
    assert not last(counts(*[4] * 10, 17)).is_unusual(DRIFT)
    assert last(counts(*[4] * 10, 400)).is_unusual(DRIFT)


def test_the_share_of_a_small_file_strays_more_than_that_of_a_large_one() -> None:
    strays = [chance(Measure.SHARE, 0.3, 0.0, rows) for rows in (4, 40, 400)]
    assert all(smaller > larger for smaller, larger in pairwise(strays))


def test_figures_that_were_zero_for_ever_and_are_not_now_are_infinitely_unusual() -> None:
    judgement = last(counts(*[0.0] * 10, 5.0, measure=Measure.AMOUNT))
    assert judgement.score == float("inf")


def test_the_contract_says_whether_an_unusual_load_is_an_error() -> None:
    series = [Series("rows", tuple(counts(*[10] * 9, 900)), (9,))]
    warning = finding_of(series, DRIFT, "file")
    error = finding_of(series, Drift(minimum=5, severity=DriftSeverity.ERROR), "file")
    assert (warning.passed, warning.is_error) == (False, False)
    assert (error.passed, error.is_error) == (False, True)
    assert warning.facts["figures"] == ["rows"]
    assert warning.sample[0]["value"] == "900"
    assert warning.said == "file 9: rows 900, usual is 10"


MONDAY = date(2024, 1, 1)
DAYS = [MONDAY + timedelta(days=number) for number in range(40)]


def test_a_day_without_rows_is_unusual_where_such_days_are_rare() -> None:
    values = {day: 50.0 for day in DAYS if day != DAYS[35]}
    series = by_day("rows", values, {DAYS[34], DAYS[36]}, [], Measure.COUNT)
    finding = finding_of([series], DRIFT, "day")
    assert [row["day"] for row in finding.sample] == ["2024-02-05"]


def test_where_a_business_rests_at_weekends_they_are_left_out() -> None:
    values = {day: 50.0 for day in DAYS if day.weekday() < 5}
    asked = {day for day in values if day >= DAYS[30]}
    assert finding_of([by_day("rows", values, asked, [], Measure.COUNT)], DRIFT, "day").passed


def test_days_of_an_incident_are_left_out_on_both_sides() -> None:
    incident = Incident(1, "revenue", DAYS[10], DAYS[30], "the exporter sent everything ten times", None)  # type: ignore[arg-type]
    values = {day: 500.0 if is_known(day, [incident]) else 50.0 for day in DAYS}
    assert finding_of([by_day("rows", values, set(DAYS), [incident], Measure.COUNT)], DRIFT, "day").passed
    assert not finding_of([by_day("rows", values, set(DAYS), [], Measure.COUNT)], DRIFT, "day").passed

"""Parts of the data, to explore: effects by days since start, by weekday, by segment; and a lift that wears off."""

import datetime
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from experiments.counted import DESIGN, FOUR_ARMS, RATE, START, evidence

from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.fixed import comparing
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.views import DAYS_SINCE_START, SEGMENT, WEEKDAY, novelty_warning, views

SAME = {"control": (14_000, 1_400), "treatment": (14_000, 1_540)}


def by_day(*rates_of_arms, arms=("control", "treatment"), users=2_000):
    """Evidence of a rate by day in each arm."""
    rates = np.array(rates_of_arms)
    days = tuple(START + datetime.timedelta(days=day) for day in range(rates.shape[1]))
    counted = Moments.of(np.full(rates.shape, users), np.round(rates * users))
    return Evidence("EXP-1", days[-1], arms, days, {RATE.name: counted})


def parts(view, found):
    return [each.part for each in found if each.view == view]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, []),
        (2, ["days 1 to 1", "days 2 to 2"]),
        (9, ["days 1 to 5", "days 6 to 9"]),
        (14, ["days 1 to 7", "days 8 to 14"]),
        (17, ["days 1 to 7", "days 8 to 14", "days 15 to 17"]),
    ],
)
def test_days_since_start_are_weeks_or_halves(days, expected):
    assert parts(DAYS_SINCE_START, views(DESIGN, evidence(SAME, days=days))) == expected


def test_weekdays_are_those_of_the_calendar():
    found = [each for each in views(DESIGN, evidence(SAME, days=8)) if each.view == WEEKDAY]
    assert [each.part for each in found][:2] == ["Monday", "Tuesday"]
    users = {each.part: each.users for each in found}
    assert Counter(users.values()) == {1_750: 6, 3_500: 1}
    assert users[START.strftime("%A")] == 3_500


def test_less_than_a_week_has_no_weekdays():
    assert parts(WEEKDAY, views(DESIGN, evidence(SAME, days=6))) == []


def test_the_effects_of_parts_are_comparisons_of_their_units():
    (first, second) = [each for each in views(DESIGN, evidence(SAME)) if each.view == DAYS_SINCE_START]
    expected = comparing.compare(RATE.kind, Moments.of(7_000, 700), Moments.of(7_000, 770), DESIGN.alpha)
    assert first.effect == second.effect == pytest.approx(0.01)
    assert (first.interval.lower, first.interval.upper) == pytest.approx((float(expected.lower), float(expected.upper)))
    assert (first.users, first.control_users) == (7_000, 7_000)


def test_segments_have_every_arm_and_an_empty_one_no_effect():
    counts = {"control": (800, 80), "a": (400, 40), "b": (240, 24), "c": (160, 16)}
    segments = {"smb": Moments.of([500, 200, 100, 0], [50, 30, 10, 0])}
    found = [each for each in views(FOUR_ARMS, evidence(counts, segments=segments)) if each.view == SEGMENT]
    assert [(each.part, each.variant) for each in found] == [("smb", "a"), ("smb", "b"), ("smb", "c")]
    assert found[0].effect == pytest.approx(0.05)
    assert (found[2].users, found[2].effect, found[2].interval) == (0, None, None)


def test_a_metric_that_was_not_counted_has_no_views():
    nothing = evidence(SAME, metrics={})
    unknown = replace(DESIGN, primary=replace(RATE, name="another"))
    assert views(unknown, nothing) == ()
    assert novelty_warning(unknown, nothing) is None


def test_a_lift_that_wears_off_is_told_with_its_figures():
    worn = by_day([0.10] * 21, [0.14] * 7 + [0.10] * 14)
    assert novelty_warning(DESIGN, worn).startswith(
        "the lift of conversion_rate changes with time: treatment +40.0% among units exposed in the first 7 days, +0.0%"
    )


def test_late_units_with_less_time_to_convert_are_no_novelty():
    growing_up = np.linspace(0.20, 0.04, 21)
    assert novelty_warning(DESIGN, by_day(growing_up, growing_up * 1.3)) is None


@pytest.mark.parametrize("days", [1, 2, 21])
def test_a_rate_that_is_zero_under_control_has_no_lift_to_wear_off(days):
    assert novelty_warning(DESIGN, by_day([0.0] * days, [0.1] * days)) is None


def test_novelty_is_seldom_spoken_of_without_cause():
    rng = np.random.default_rng(11)
    said = [novelty_warning(DESIGN, by_day(*rng.binomial(2_000, 0.1, (2, 14)) / 2_000)) for _ in range(500)]
    assert sum(each is not None for each in said) < 500 * 0.01 + 3 * np.sqrt(500 * 0.01 * 0.99)


def test_the_more_arms_the_more_it_takes_to_speak_of_novelty():
    """The same change, at p = 0.005, is told of one treatment and not of one among three."""
    control, treatment = [0.1] * 14, [0.14] * 7 + [0.116] * 7
    one = by_day(control, treatment, users=1_000)
    three = by_day(control, treatment, control, control, arms=tuple(FOUR_ARMS.arms), users=1_000)
    assert novelty_warning(DESIGN, one) is not None
    assert novelty_warning(FOUR_ARMS, three) is None


def test_a_start_with_hardly_a_conversion_is_no_novelty():
    """Two users of control and none of the treatment convert in the first week: the lift has no error."""
    assert novelty_warning(DESIGN, by_day([0.002] + [0.0] * 6 + [0.1] * 7, [0.0] * 7 + [0.1] * 7, users=1_000)) is None

"""Histories that are short, gappy, constant or odd: the baseline or nothing, each with its reason; never a guess."""

from __future__ import annotations

import numpy as np
import pytest
from made_series import FIRST, noisy_week, of_days, of_months, sparse

from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import DAYS, MONTHS, YEARLY
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.results import Forecast, Method


def with_gap(days: int, *gaps: tuple[int, int]) -> Floats:
    values = noisy_week(days)
    for first, end in gaps:
        values[first:end] = np.nan
    return values


def says_nothing(found: Forecast, reason: str) -> None:
    assert (found.method, len(found), found.accuracy) == (Method.NONE, 0, None)
    assert reason in found.reason


@pytest.mark.parametrize("days", [0, 1, 13])
def test_less_than_two_weeks_say_nothing(days: int) -> None:
    says_nothing(forecast(of_days(noisy_week(days))), f"{days} days are known, and a forecast needs 14")


def test_less_than_three_months_say_nothing() -> None:
    says_nothing(forecast(of_months(np.array([1.0, 2.0]))), "2 months are known, and a forecast needs 3")


@pytest.mark.parametrize("days", [14, 60, DAYS.least_backtest - 1])
def test_too_short_for_a_backtest_repeats_the_last_week_and_says_so(days: int) -> None:
    values = noisy_week(days)
    found = forecast(of_days(values))
    assert (found.method, found.accuracy) == (Method.SEASONAL_NAIVE, None)
    assert found.values == pytest.approx(np.tile(values[-7:], 5))
    assert f"{days} days of history, and a backtest needs {DAYS.least_backtest}" in found.reason
    assert "Student" in found.source


def test_the_fewer_differences_there_are_the_wider_is_what_they_allow() -> None:
    wide = {}
    for days in (14, 28, 110):
        found = forecast(of_days(noisy_week(days)))
        wide[days] = (np.log(found.bands[95].upper) - np.log(found.values))[0] / _difference(noisy_week(days))
    assert wide[14] > wide[28] > wide[110] > 1.9


def test_from_the_least_history_on_there_is_a_backtest() -> None:
    found = forecast(of_days(noisy_week(DAYS.least_backtest)))
    assert found.accuracy
    assert found.accuracy.origins == DAYS.least_origins


@pytest.mark.parametrize("grain", [of_days, of_months])
@pytest.mark.parametrize("value", [0.0, 250.0])
def test_a_constant_stays_what_it_is_with_nothing_to_be_wrong_by(grain, value: float) -> None:  # type: ignore[no-untyped-def]
    found = forecast(grain(np.full(150, value)))
    assert found.method in (Method.SEASONAL_NAIVE, Method.NAIVE)
    assert "are the same" in found.reason
    assert found.accuracy
    assert found.accuracy.mase is None
    for numbers in (found.values, found.bands[95].lower, found.bands[95].upper):
        assert numbers == pytest.approx(np.full(len(found), value))


def test_what_was_constant_until_the_backtest_teaches_smoothing_nothing() -> None:
    values = np.concatenate([np.full(220, 100.0), noisy_week(210)])
    assert "too little to learn from" in forecast(of_days(values)).reason


def test_a_week_that_never_changes_is_repeated_and_was_never_wrong() -> None:
    values = np.tile(np.arange(1.0, 8), 30)
    found = forecast(of_days(values))
    assert found.values == pytest.approx(np.tile(np.arange(1.0, 8), 5))
    assert found.method is Method.SEASONAL_NAIVE
    assert "never wrong" in found.reason


def test_a_small_gap_is_bridged_by_the_week_before_and_not_judged() -> None:
    found = forecast(of_days(with_gap(200, (100, 110), (150, 151))))
    assert found.accuracy
    assert np.isfinite(found.values).all()


def test_many_unknown_days_are_no_history_to_judge_by() -> None:
    found = forecast(of_days(with_gap(200, (60, 110))))
    assert (found.method, found.accuracy) == (Method.SEASONAL_NAIVE, None)
    assert "50 of 200 days are not known" in found.reason


def test_a_history_that_begins_with_gaps_has_none_to_learn_from() -> None:
    found = forecast(of_days(with_gap(300, (8, 28))))
    assert "not known" in found.reason


def test_a_history_that_stopped_being_known_long_ago_says_nothing() -> None:
    says_nothing(forecast(of_days(with_gap(200, (160, 200)))), "the last 40 days are not known")
    assert len(forecast(of_days(with_gap(200, (190, 200))))) == DAYS.horizon


def test_days_that_are_never_known_a_week_long_tell_no_season() -> None:
    values = noisy_week(100)
    values[::7] = np.nan
    says_nothing(forecast(of_days(values)), "without a gap to tell a season")


def test_days_without_a_sale_are_values_like_others() -> None:
    found = forecast(of_days(sparse(200)))
    assert found.accuracy
    assert not found.parameters["is_log"]


def test_one_absurd_day_neither_stops_nor_carries_off_the_forecast() -> None:
    values = noisy_week(200)
    values[150] *= 1000
    found = forecast(of_days(values))
    assert np.isfinite(found.values).all()
    assert np.median(found.values) < 10_000


def test_old_history_is_not_looked_at() -> None:
    recent = noisy_week(DAYS.most_history)
    long = np.concatenate([1e6 * np.ones(700), recent])
    one, other = forecast(of_days(recent, FIRST)), forecast(of_days(long, FIRST))
    assert one.values == pytest.approx(other.values)


def test_three_years_and_a_half_of_months_have_a_yearly_season() -> None:
    year = 100 + 40 * np.sin(2 * np.pi * np.arange(120) / 12)
    values = year + np.random.default_rng(1).normal(0, 8, 120)
    short, long = (forecast(of_months(values[:months])) for months in (YEARLY.least_backtest - 1, 60))
    assert short.method in (Method.NAIVE, Method.ETS)
    assert long.method in (Method.SEASONAL_NAIVE, Method.ETS)
    assert np.abs(long.values - year[60:63]).mean() < np.abs(short.values - year[41:44]).mean()
    assert len(long) == MONTHS.horizon


def _difference(values: Floats) -> float:
    logs = np.log(values)
    return float(np.sqrt(np.mean((logs[7:] - logs[:-7]) ** 2)))

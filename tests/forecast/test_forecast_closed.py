"""A weekday on which nothing is ever sold is closed: it is forecast to bring nothing, and is no part of the season."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from made_series import FIRST, noisy_week, of_days

from echo_ml.models.forecast.closing import closed_weekdays, without
from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.history import Floats, History
from echo_ml.models.forecast.results import Forecast, Method

DAYS = 203
SATURDAY, SUNDAY = 5, 6


def resting(*weekdays: int, days: int = DAYS, first: date = FIRST) -> History:
    values = noisy_week(days)
    places = (first.weekday() + np.arange(days)) % 7
    values[np.isin(places, weekdays)] = 0
    return of_days(values, first)


def weekdays_of(found: Forecast) -> Floats:
    return np.array([(found.first + timedelta(days=ahead)).weekday() for ahead in range(len(found))])


@pytest.mark.parametrize("closed", [(SUNDAY,), (SATURDAY, SUNDAY), (0, 2, SUNDAY)], ids=["one", "two", "three"])
def test_closed_days_bring_nothing_for_certain_and_open_days_something(closed: tuple[int, ...]) -> None:
    found = forecast(resting(*closed))
    rests = np.isin(weekdays_of(found), closed)
    assert len(found) == 35
    assert found.reason.endswith("never had revenue and is taken as closed")
    for numbers in (found.values, found.bands[95].lower, found.bands[95].upper):
        assert (numbers[rests] == 0).all()
        assert (numbers[~rests] > 0).all()


def test_without_its_closed_days_a_shop_is_modelled_on_logarithms_and_smoothed() -> None:
    found = forecast(resting(SUNDAY, days=330))
    assert (found.method, found.parameters["is_log"]) == (Method.ETS, 1.0)


@pytest.mark.parametrize("begins_on", range(7))
def test_the_week_may_begin_on_any_day(begins_on: int) -> None:
    first = FIRST + timedelta(days=begins_on)
    found = forecast(resting(SUNDAY, first=first, days=60))
    assert (found.values[weekdays_of(found) == SUNDAY] == 0).all()
    assert found.first == first + timedelta(days=60)
    assert found.reason.startswith("52 open days of history") or found.reason.startswith("51 open days of history")


def test_sums_go_on_over_a_closed_day_as_they_were() -> None:
    found = forecast(resting(SUNDAY))
    rests = weekdays_of(found) == SUNDAY
    np.testing.assert_allclose(found.sums, np.cumsum(found.values))
    for band in found.sum_bands.values():
        assert (np.diff(band.upper)[rests[1:]] == 0).all()
        assert (band.lower <= found.sums).all()
        assert (found.sums <= band.upper).all()


def test_a_weekday_with_one_sale_is_open() -> None:
    history = resting(SUNDAY)
    assert closed_weekdays(history) == (SUNDAY,)
    history.values[13] = 5.0
    assert closed_weekdays(history) == ()


def test_three_weeks_are_too_few_to_call_a_weekday_closed_and_a_shop_that_sells_nothing_is_not_closed() -> None:
    assert closed_weekdays(resting(SUNDAY, days=27)) == ()
    assert closed_weekdays(resting(SUNDAY, days=28)) == (SUNDAY,)
    assert closed_weekdays(of_days(np.zeros(100))) == ()


def test_what_was_open_years_ago_may_be_closed_now() -> None:
    old = np.concatenate([np.full(700, 10.0), resting(SUNDAY, days=735).values])
    assert closed_weekdays(of_days(old)) == (SUNDAY,)


def test_nothing_is_left_out_where_nothing_is_closed() -> None:
    history = of_days(noisy_week(30))
    assert without(history, ()) is history
    assert len(without(resting(SUNDAY, days=70), (SUNDAY,))) == 60

"""Closed weekdays: days on which nothing is ever sold are no part of what is forecast, and nothing is what they bring.

So a shop that rests on Sundays has a season of six days, and may be modelled on logarithms all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from echo_ml.models.forecast.grains import DAYS, Grain
from echo_ml.models.forecast.history import WEEKS_TO_CALL_CLOSED, Floats, History
from echo_ml.models.forecast.intervals import Band
from echo_ml.models.forecast.results import Forecast

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def closed_weekdays(history: History) -> tuple[int, ...]:
    """The weekdays (0 is Monday) that had no revenue in all that is looked at; none if that is so of every day."""
    if history.grain is not Grain.DAY:
        return ()
    recent = history.newest(DAYS.most_history)
    weekdays = _weekdays(recent)
    closed = tuple(
        weekday
        for weekday in range(7)
        if len(known := recent.values[(weekdays == weekday) & recent.known]) >= WEEKS_TO_CALL_CLOSED and not known.any()
    )
    return closed if len(closed) < 7 else ()


def without(history: History, closed: Sequence[int]) -> History:
    """The history of the other days; only its values and their order mean something, its dates do not."""
    if not closed:
        return history
    return History(history.grain, history.first, history.values[~np.isin(_weekdays(history), closed)])


def with_closed(found: Forecast, history: History, closed: Sequence[int]) -> Forecast:
    """A forecast of the open days with the closed ones between them, on which nothing comes."""
    if not closed or not len(found):
        return replace(found, first=history.end)
    ahead = History(Grain.DAY, history.end, np.zeros(DAYS.horizon))
    is_open = ~np.isin(_weekdays(ahead), closed)
    names = " and ".join(_NAMES[weekday] for weekday in closed)
    return replace(
        found, first=history.end, reason=f"{found.reason}; {names} never had revenue and is taken as closed",
        values=_placed(found.values, is_open), sums=_carried(found.sums, is_open),
        bands=_each(found.bands, lambda ends: _placed(ends, is_open)),
        sum_bands=_each(found.sum_bands, lambda ends: _carried(ends, is_open)),
    )  # fmt: skip


def _weekdays(history: History) -> NDArray[np.int64]:
    return (history.first.weekday() + np.arange(len(history))) % 7


def _each(bands: Mapping[int, Band], change: Callable[[Floats], Floats]) -> dict[int, Band]:
    return {level: Band(change(band.lower), change(band.upper)) for level, band in bands.items()}


def _placed(values: Floats, is_open: NDArray[np.bool_]) -> Floats:
    """The values at the open days, and nothing on the others."""
    placed = np.zeros(len(is_open))
    placed[is_open] = values
    return placed


def _carried(sums: Floats, is_open: NDArray[np.bool_]) -> Floats:
    """Running sums by calendar day: a closed one adds nothing."""
    return np.concatenate([[0.0], sums])[np.cumsum(is_open)]

"""Series whose structure is known, and histories made of them; drawn with a seed, so that a failure comes again."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np

from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import Grain
from echo_ml.models.forecast.history import Floats, History
from echo_ml.models.forecast.results import Forecast

FIRST = date(2023, 1, 2)
"""A Monday."""
WEEK = np.array([1.0, 1.05, 1.1, 1.1, 1.2, 0.75, 0.6])


def weekdays(days: int) -> Floats:
    """The weight of each day."""
    return WEEK[np.arange(days) % 7]


def noisy_week(days: int, seed: int = 1, noise: float = 0.15) -> Floats:
    """The same week over and over, with noise: what smoothing forecasts better than the last week does."""
    random = np.random.default_rng(seed)
    return 1000 * weekdays(days) * np.exp(random.normal(0, noise, days))


def random_walk_week(days: int, seed: int = 1) -> Floats:
    """A week that is like the last one but for a step each day of the week takes: nothing beats repeating it."""
    random = np.random.default_rng(seed)
    steps = random.normal(0, 0.1, (-(-days // 7), 7))
    return (1000 * WEEK * np.exp(np.cumsum(steps, axis=0))).ravel()[:days]


def growing(days: int, seed: int = 1) -> Floats:
    """Trend, week and year with noise in money, some days below zero: returns on a quiet day."""
    random, day = np.random.default_rng(seed), np.arange(days)
    return 200 + 0.5 * day + 80 * np.sin(2 * np.pi * day / 365.25) + 200 * weekdays(days) + random.normal(0, 150, days)


def sparse(days: int, seed: int = 1) -> Floats:
    """Few sales: on many days none."""
    random = np.random.default_rng(seed)
    return np.array([random.gamma(2, 50, random.poisson(0.7 * weight)).sum() for weight in weekdays(days)])


KINDS = {"noisy week": noisy_week, "random walk": random_walk_week, "growing": growing, "sparse": sparse}


def of_days(values: Floats, first: date = FIRST) -> History:
    """A history by day."""
    return History(Grain.DAY, first, np.asarray(values, dtype=np.float64))


def of_months(values: Floats, first: date = date(2020, 1, 1)) -> History:
    """A history by month."""
    return History(Grain.MONTH, first, np.asarray(values, dtype=np.float64))


@cache
def history_of(kind: str, days: int = 220) -> History:
    """One of each kind, long enough for a backtest."""
    return of_days(KINDS[kind](days))


@cache
def forecast_of(kind: str) -> Forecast:
    """What follows it."""
    return forecast(history_of(kind))

"""Rolling origins: from every period of the recent past, each method forecasts what is known by now.

A method is fitted anew a few times, on what was known then, and follows the values after that with the parameters that
it had. Nothing after an origin is used for its forecasts; a test shuffles it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from echo_ml.models.forecast.grains import Terms
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.naive import Ints, season_differences
from echo_ml.models.forecast.scales import Scale

Flags = NDArray[np.bool_]


class Fit(Protocol):
    """A fitted method: the scale it works on, how far it errs there by horizon, and its forecasts from any origin."""

    @property
    def scale(self) -> Scale:
        """The scale of `centres` and `spread`."""

    @property
    def spread(self) -> Floats:
        """Standard deviation of the error by horizon."""

    @property
    def parameters(self) -> Mapping[str, float]:
        """What was found, by name."""

    def centres(self, values: Floats, origins: Ints) -> Floats:
        """Forecasts, origins by horizons."""


FitMethod = Callable[[Floats, Flags, Terms], Fit]
"""Fits a method to values without a gap, of which these are really known."""


@dataclass(frozen=True)
class Backtest:
    """What a method forecast, and what came: arrays of origins by horizons; NaN where it is not known what came.

    `scores` are absolute errors in standard deviations as the fit had them, `sum_scores` those of the sums of the first
    one, two, ... periods. `naive_error` is the mean absolute difference of a season from the one before, in the periods
    before the first origin: what MASE is scaled by (Hyndman and Koehler, Int. Journal of Forecasting 22, 2006).
    """

    origins: Ints
    forecasts: Floats
    actual: Floats
    scores: Floats
    sum_scores: Floats
    naive_error: float

    @property
    def errors(self) -> Floats:
        """Forecast less what came."""
        return self.forecasts - self.actual

    @property
    def mean_errors(self) -> Floats:
        """The mean absolute error of each origin."""
        return np.asarray(np.nanmean(np.abs(self.errors), axis=1))

    @property
    def mase(self) -> float | None:
        """Mean absolute error over `naive_error`; None where that is 0."""
        return float(self.mean_errors.mean()) / self.naive_error if self.naive_error > 0 else None

    @property
    def bias(self) -> float | None:
        """The mean error over the mean of what came, in absolute terms; above 0 too much was forecast."""
        size = float(np.nanmean(np.abs(self.actual)))
        return float(np.nanmean(self.errors)) / size if size > 0 else None


def backtest(values: Floats, known: Flags, terms: Terms, fit: FitMethod) -> Backtest:
    """Forecast from every origin after which something is known; there must be `terms.least_backtest` periods."""
    end = len(values) - terms.horizon + 1
    first = max(terms.least_train, end - terms.most_origins)
    bounds = np.unique(np.linspace(first, end, min(terms.fits, end - first) + 1).round().astype(np.int64))
    ahead = np.arange(terms.horizon)
    origins = np.array([origin for origin in range(first, end) if known[origin + ahead].any()])
    actual = np.where(known, values, np.nan)[origins[:, None] + ahead]
    blocks = []
    for begin, stop in pairwise(bounds):
        block = (origins >= begin) & (origins < stop)
        if block.any():
            fitted = fit(values[:begin], known[:begin], terms)
            blocks.append(_judged(fitted, fitted.centres(values, origins[block]), actual[block]))
    forecasts, scores, sum_scores = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    differences = season_differences(values[:first], known[:first], terms.season)
    return Backtest(origins, forecasts, actual, scores, sum_scores, float(np.abs(differences).mean()))


def _judged(fitted: Fit, centres: Floats, actual: Floats) -> tuple[Floats, Floats, Floats]:
    """Forecasts, and the errors of single periods and of sums, in standard deviations."""
    scale, spread = fitted.scale, np.broadcast_to(fitted.spread, centres.shape)
    forecasts = scale.back(centres)
    scores = np.abs(scale.to(actual) - centres) / spread
    sums, came = np.cumsum(forecasts, axis=1), np.cumsum(actual, axis=1)
    sum_scores = np.abs(scale.to(came) - scale.to(sums)) / scale.spread_of_sums(forecasts, spread)
    return forecasts, scores, sum_scores

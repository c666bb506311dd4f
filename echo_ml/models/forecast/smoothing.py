"""Exponential smoothing (ETS) with additive errors, by statsmodels: level, damped trend or none, season.

Errors are additive on the scale that `scales.py` chooses, so on logarithms they are relative. Method: Hyndman, Koehler,
Ord and Snyder, Forecasting with Exponential Smoothing (2008).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from echo_ml.models.forecast.grains import Terms
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.naive import LEAST_SPREAD, Ints, seasons_ahead
from echo_ml.models.forecast.scales import Scale

_BEGINNING = 28
"""Over how many values, at most, the first level is averaged."""


@dataclass(frozen=True)
class Smoothing:
    """A fit: its smoothing parameters by name, the level and season it begins with, and how far its errors go.

    `noise` is added to each forecast on a logarithmic scale, so that it is a mean there as well: sums of forecasts are
    forecasts of sums. What the level may do until then is not part of it. `spread` is the standard deviation of the
    error by horizon.
    """

    scale: Scale
    season: int
    is_damped: bool
    parameters: Mapping[str, float]
    beginning: Floats
    noise: float
    spread: Floats

    def centres(self, values: Floats, origins: Ints) -> Floats:
        """Forecasts on the scale, origins by horizons; each knows the values before its origin and nothing else."""
        model = _model(self.scale.to(values[: origins.max()]), self.season, self.is_damped, self.beginning)
        states = model.smooth(np.array(list(self.parameters.values())))
        ahead = np.arange(1, len(self.spread) + 1)
        centres = np.repeat(np.asarray(states.level)[origins - 1][:, None], len(ahead), axis=1)
        if self.is_damped:
            centres += np.asarray(states.slope)[origins - 1][:, None] * np.cumsum(states.phi**ahead)
        if self.season > 1:
            places = origins[:, None] + (ahead - 1) - self.season * seasons_ahead(ahead, self.season)
            centres += np.asarray(states.season)[places]
        return np.asarray(centres + self.noise, dtype=np.float64)


def fit_smoothing(values: Floats, known: NDArray[np.bool_], terms: Terms) -> Smoothing:
    """Fit by maximum likelihood; where several trends are allowed, the corrected Akaike criterion chooses."""
    scale = Scale.of_values(values[known])
    on_scale = scale.to(values)
    beginning = _beginning(on_scale, terms.season)
    fits = {is_damped: _fitted(on_scale, terms.season, is_damped, beginning) for is_damped in terms.trends}
    is_damped = min(fits, key=lambda each: float(fits[each].aicc))
    fit = fits[is_damped]
    errors = np.asarray(fit.resid)[known]
    noise = float(np.log(np.mean(np.exp(errors)))) if scale.is_log else 0.0
    spread = max(LEAST_SPREAD, float(np.sqrt(np.mean(errors**2)))) * _growth(fit, terms, is_damped)
    parameters = dict(zip(fit.model.param_names, map(float, fit.params), strict=True))
    return Smoothing(scale, terms.season, is_damped, parameters, beginning, noise, spread)


def _fitted(values: Floats, season: int, is_damped: bool, beginning: Floats) -> Any:
    from statsmodels.tools.sm_exceptions import ConvergenceWarning

    model = _model(values, season, is_damped, beginning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the backtest judges what was found, converged or not
        return model.fit(disp=False)


def _model(values: Floats, season: int, is_damped: bool, beginning: Floats) -> Any:
    """The model with its beginning given: estimating that as well finds the same fit in ten times the time."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    options: dict[str, Any] = {"initialization_method": "known", "initial_level": beginning[0]}
    if is_damped:
        options |= {"trend": "add", "damped_trend": True, "initial_trend": 0.0}
    if season > 1:
        options |= {"seasonal": "add", "seasonal_periods": season, "initial_seasonal": beginning[1:]}
    return ETSModel(values, error="add", **options)


def _beginning(values: Floats, season: int) -> Floats:
    """The level to begin with, and the mean deviation of each place of the season from a centred moving average."""
    seasonal = _seasonal(values, season) if season > 1 else np.zeros(1)
    first = max(3, min(_BEGINNING, len(values) // 4))
    level = np.mean(values[:first] - seasonal[np.arange(first) % season])
    return np.concatenate([[level], seasonal])


def _seasonal(values: Floats, season: int) -> Floats:
    weights = np.ones(season) if season % 2 else np.concatenate([[0.5], np.ones(season - 1), [0.5]])
    middle = np.convolve(values, weights / season, "valid")
    first = len(weights) // 2
    deviations = values[first : first + len(middle)] - middle
    places = np.arange(first, first + len(middle)) % season
    seasonal = np.array([deviations[places == place].mean() for place in range(season)])
    return np.asarray(seasonal - seasonal.mean())


def _growth(fit: Any, terms: Terms, is_damped: bool) -> Floats:
    """How the standard deviation grows with the horizon, 1 one step ahead (the book's class 1, table 6.2)."""
    ahead = np.arange(1, terms.horizon)
    effect = np.full(terms.horizon - 1, float(fit.smoothing_level))
    if is_damped:
        effect += float(fit.smoothing_trend) * np.cumsum(float(fit.phi) ** ahead)
    if terms.season > 1:
        effect += float(fit.smoothing_seasonal) * (ahead % terms.season == 0)
    return np.asarray(np.sqrt(np.concatenate([[1.0], 1 + np.cumsum(effect**2)])))

"""The baseline: every period is as its season was last. What a method must beat to be worth anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from echo_ml.models.forecast.grains import Terms
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.scales import Scale

Ints = NDArray[np.int64]

LEAST_SPREAD = 0.01
"""Below this share of the series' size no error is taken for certain: a stretch of equal values is no promise."""


@dataclass(frozen=True)
class Naive:
    """Seasonal naive; naive, where the season is one period. `spread` is the standard deviation by horizon."""

    scale: Scale
    season: int
    spread: Floats

    @property
    def parameters(self) -> Mapping[str, float]:
        """What it repeats."""
        return {"season": float(self.season)}

    def centres(self, values: Floats, origins: Ints) -> Floats:
        """Forecasts on the scale, origins by horizons; an origin is the place of the first value that is forecast."""
        ahead = np.arange(1, len(self.spread) + 1)
        places = origins[:, None] + (ahead - 1) - self.season * seasons_ahead(ahead, self.season)
        return self.scale.to(values[places])


def fit_naive(values: Floats, known: NDArray[np.bool_], terms: Terms) -> Naive:
    """Measure how far a season differs from the one before; several seasons ahead that adds up like a random walk."""
    scale = Scale.of_values(values[known])
    differences = season_differences(scale.to(values), known, terms.season)
    error = max(LEAST_SPREAD, float(np.sqrt(np.mean(differences**2))) if len(differences) else 0.0)
    ahead = np.arange(1, terms.horizon + 1)
    return Naive(scale, terms.season, error * np.sqrt(seasons_ahead(ahead, terms.season)))


def season_differences(values: Floats, known: NDArray[np.bool_], season: int) -> Floats:
    """Each known value less that of the season before."""
    return (values[season:] - values[:-season])[known[season:]]


def seasons_ahead(ahead: Ints, season: int) -> Ints:
    """How many seasons a forecast so many periods ahead reaches back over."""
    return -(-ahead // season)

"""On which scale a series is modelled: logarithms where it is well above zero, and as it is where it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echo_ml.models.forecast.history import Floats

_LOWEST = 0.1
"""How far below the median the lowest value may be, as a share of it, so that a logarithm makes it no outlier."""
_FLOOR = 0.01
"""As a share of the median: what a logarithm takes for anything that is lower."""


@dataclass(frozen=True)
class Scale:
    """Values are divided by `unit`, so that nothing depends on the currency; then the logarithm is taken, or not."""

    is_log: bool
    unit: float

    @classmethod
    def of_values(cls, values: Floats) -> Scale:
        """The scale for a series of which these values are known."""
        median = float(np.median(values))
        if median > 0 and values.min() > _LOWEST * median:
            return cls(True, median)
        return cls(False, float(np.abs(values).mean()) or 1.0)

    def to(self, values: Floats) -> Floats:
        """Values on the scale."""
        shares = values / self.unit
        return np.log(np.maximum(shares, _FLOOR)) if self.is_log else shares

    def back(self, values: Floats) -> Floats:
        """Values from the scale."""
        return self.unit * (np.exp(values) if self.is_log else values)

    def spread_of_sums(self, forecasts: Floats, spread: Floats) -> Floats:
        """The standard deviation, on the scale, of the sums of the first one, two, ... values that err independently.

        `spread` is that of single values; both have periods along the last axis.
        """
        if not self.is_log:
            return np.sqrt(np.cumsum(spread**2, axis=-1))
        return np.sqrt(np.cumsum((forecasts * spread) ** 2, axis=-1)) / np.cumsum(forecasts, axis=-1)

"""What a forecast is: values with bands, the method, the reason, and what the backtest says of it. No arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from echo_ml.models.forecast.grains import Grain
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.intervals import Band


class Method(StrEnum):
    """What a forecast was made by."""

    ETS = "ets"
    SEASONAL_NAIVE = "seasonal_naive"
    NAIVE = "naive"
    SUM_OF_DAYS = "sum_of_days"
    NONE = "none"


@dataclass(frozen=True)
class Accuracy:
    """What the backtest says of the method that was chosen, and of both for comparison; see `backtest.py`.

    `coverage` has the share that the intervals of each level held. None is what could not be measured.
    """

    origins: int
    mase: float | None
    baseline_mase: float | None
    ets_mase: float | None
    coverage: Mapping[int, float | None]
    bias: float | None


@dataclass(frozen=True)
class Forecast:
    """Values from `first` on, by period, and their running sums, each with a band for each level; empty where none.

    `reason` says why this method, or why there is nothing; `source` what the bands rest on, and `parameters` what the
    method was fitted to.
    """

    grain: Grain
    first: date
    method: Method
    reason: str
    source: str
    values: Floats
    bands: Mapping[int, Band]
    sums: Floats
    sum_bands: Mapping[int, Band]
    accuracy: Accuracy | None
    parameters: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many periods are forecast."""
        return len(self.values)

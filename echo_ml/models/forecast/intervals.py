"""How wide an interval must be, by how far the method was off in the backtest (split conformal prediction).

An error is told in standard deviations as the fit has them at that horizon, so that errors at all horizons are one
sample; the interval of a level is that level's quantile of them (Lei and others, Journal of the American Statistical
Association 113, 2018, section 5.2). Coverage is measured as it would have been: each origin by the errors that were
known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from echo_ml.models.forecast.backtest import Backtest
from echo_ml.models.forecast.history import Floats
from echo_ml.models.forecast.scales import Scale

LEVELS = (80, 95)
_LEAST_CALIBRATION = 4
"""From how many origins on, all over by then, an interval can be made whose coverage is measured."""


@dataclass(frozen=True)
class Band:
    """Lower and upper ends by period."""

    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Widths:
    """How many standard deviations an interval of each level reaches, for periods and for sums of the first ones."""

    periods: Mapping[int, float]
    sums: Mapping[int, Floats]


def widths_of(tested: Backtest) -> Widths:
    """Widths that held what came in the backtest; for a sum never less than if its periods erred independently."""
    periods = {level: _quantile(tested.scores, level) for level in LEVELS}
    sums = {
        level: np.array([max(periods[level], _quantile(scores, level)) for scores in tested.sum_scores.T])
        for level in LEVELS
    }
    return Widths(periods, sums)


def widths_without_backtest(errors: int, horizon: int) -> Widths:
    """Student's widths, where the standard deviation was taken of so many errors and nothing is there to check it."""
    from scipy.stats import t as student

    wide = {
        level: float(student.ppf(0.5 + level / 200, max(1, errors)) * np.sqrt(1 + 1 / max(1, errors)))
        for level in LEVELS
    }
    return Widths(wide, {level: np.full(horizon, width) for level, width in wide.items()})


def band(scale: Scale, values: Floats, spread: Floats, width: float | Floats, lowest: float) -> Band:
    """The band around values that are forecast, symmetrical on the scale; nothing of it lies below `lowest`."""
    centres = scale.to(values)
    lower, upper = scale.back(centres - width * spread), scale.back(centres + width * spread)
    return Band(np.maximum(np.minimum(lower, values), lowest), np.maximum(upper, values))


def coverage(tested: Backtest, level: int, horizon: int) -> float | None:
    """The share of what came that lay in the intervals of the level, made of errors that were known at the origin.

    None where fewer than two horizons of origins could be judged so.
    """
    held = []
    for origin, scores in zip(tested.origins, tested.scores, strict=True):
        known_then = tested.scores[tested.origins + horizon <= origin]
        if len(known_then) >= _LEAST_CALIBRATION:
            held.append(float((scores <= _quantile(known_then, level))[~np.isnan(scores)].mean()))
    return float(np.mean(held)) if len(held) >= 2 * horizon else None


def _quantile(scores: Floats, level: int) -> float:
    """The score that the level's share of new ones stays below, if they are exchangeable with these (conformal)."""
    seen = np.sort(scores[~np.isnan(scores)])
    rank = int(np.ceil((len(seen) + 1) * level / 100))
    return float(seen[min(rank, len(seen)) - 1]) if len(seen) else 0.0

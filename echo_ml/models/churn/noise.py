"""How far figures differ by chance: of two AUCs on the same customers, and of the calibration error of perfect odds.

Must not live here: what follows from it (`promotion.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from echo_ml.models.churn.figures import mid_ranks

if TYPE_CHECKING:
    from echo_ml.models.churn.figures import Floats, Outcomes

_DRAWS = 4000
_ONE_SIDED_99 = 2.3263


@dataclass(frozen=True)
class Difference:
    """How much larger one AUC is than another, with the standard error of that."""

    value: float
    standard_error: float

    @property
    def low(self) -> float:
        """The lower end of the one-sided interval of 99 %."""
        return self.value - _ONE_SIDED_99 * self.standard_error


def auc_difference(outcomes: Outcomes, one: Floats, other: Floats) -> Difference:
    """The AUC of one less that of another, on the same customers.

    DeLong, DeLong and Clarke-Pearson (1988), by ranks as Sun and Xu (2014). Each customer counts once, so that rows are
    independent.
    """
    placed = [_placements(outcomes, probabilities) for probabilities in (one, other)]
    value = float(placed[0][0].mean() - placed[1][0].mean())
    variance = 0.0
    for side in (0, 1):
        by_customer = placed[0][side] - placed[1][side]
        if len(by_customer) > 1:
            variance += float(np.var(by_customer, ddof=1)) / len(by_customer)
    return Difference(value, variance**0.5)


def _placements(outcomes: Outcomes, probabilities: Floats) -> tuple[Any, Any]:
    """Of each one who churned, the share of the others below; of each other, the share of those who churned above."""
    is_churned = outcomes == 1
    churned, others = probabilities[is_churned], probabilities[~is_churned]
    ranks = mid_ranks(probabilities)
    below = (ranks[is_churned] - mid_ranks(churned)) / max(len(others), 1)
    above = 1 - (ranks[~is_churned] - mid_ranks(others)) / max(len(churned), 1)
    return below, above


def calibration_error_by_chance(probabilities: Floats, bins: int, level: float = 0.99, seed: int = 0) -> float:
    """The calibration error that perfect probabilities stay below with this chance, given so many customers.

    The number of those who churn in a bin is drawn as a normal one, with the variance of the bin's probabilities.
    """
    parts = np.array_split(np.sort(probabilities), min(bins, len(probabilities)) or 1)
    deviations = np.array([float(np.sqrt((part * (1 - part)).sum())) for part in parts])
    drawn = np.abs(np.random.default_rng(seed).normal(size=(_DRAWS, len(parts)))) @ deviations
    return float(np.quantile(drawn / len(probabilities), level))

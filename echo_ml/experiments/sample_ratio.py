"""Whether units are split over arms as designed. If not, something loses units of one arm, and no comparison holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from echo_ml.experiments.decisions import decision_table
from echo_ml.experiments.moments import Floats, quotient

YELLOW, RED = decision_table.YELLOW_SAMPLE_RATIO, decision_table.RED_SAMPLE_RATIO
"""p-values below which a split is worth a look, and below which it is taken for broken."""


def p_value(users: ArrayLike, shares: ArrayLike) -> Floats:
    """Pearson's chi-square of units by arm against the designed split, arms along the last axis.

    A good approximation where every arm is designed to have five units or more by now (Cochran, Biometrics 10, 1954,
    417-451). `shares` are relative to their sum; an arm with a share of 0 must be empty. NaN without units, and with
    fewer than two arms.
    """
    from scipy.special import chdtrc

    counts, expected = _counts_and_expected(users, shares)
    arms = np.broadcast_to(expected > 0, counts.shape).sum(axis=-1)
    statistic = (residuals(users, shares) ** 2).sum(axis=-1)
    unplanned = ((expected == 0) & (counts > 0)).any(axis=-1)
    known = (arms > 1) & (counts.sum(axis=-1) > 0)
    return np.where(known, np.where(unplanned, 0.0, chdtrc(np.maximum(arms - 1, 1), statistic)), np.nan)


def residuals(users: ArrayLike, shares: ArrayLike) -> Floats:
    """Pearson's residual by arm, (seen - expected) / sqrt(expected): the arm that is furthest from 0 is the odd one.

    Its square is what the arm adds to chi-square; above 0 the arm has too many units. 0 for an arm that expects nobody.
    """
    counts, expected = _counts_and_expected(users, shares)
    return np.nan_to_num(quotient(counts - expected, np.sqrt(expected)))


def _counts_and_expected(users: ArrayLike, shares: ArrayLike) -> tuple[Floats, Floats]:
    counts, split = np.asarray(users, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    return counts, counts.sum(axis=-1, keepdims=True) * split / split.sum(axis=-1, keepdims=True)

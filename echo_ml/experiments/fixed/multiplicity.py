"""Many tests at once, along the last axis: p-values that hold for all of them together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from echo_ml.experiments.moments import Floats


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted p-values: rejecting those below alpha makes any false rejection at all less likely than alpha.

    For tests that depend on each other in any way (Holm, Scandinavian Journal of Statistics 6, 1979, 65-70). NaN stays
    NaN, and is not counted as a test.
    """
    return _by_rank(p_values, lambda p, rank, tests: np.maximum.accumulate(p * (tests - rank + 1), axis=-1))


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """q-values: of those rejected below q, a share of at most q is expected to be false.

    For tests that are independent or positively dependent (Benjamini and Hochberg, Journal of the Royal Statistical
    Society B 57, 1995, 289-300). NaN stays NaN, and is not counted as a test.
    """
    return _by_rank(p_values, lambda p, rank, tests: _smallest_from_here(p * tests / rank))


def _smallest_from_here(values: Floats) -> Floats:
    return np.fmin.accumulate(values[..., ::-1], axis=-1)[..., ::-1]


def _by_rank(p_values: ArrayLike, adjust: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    """Sorted ascending (NaN last), adjusted by rank and number of tests, and put back in place."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, axis=-1)
    rank = np.arange(1, p.shape[-1] + 1, dtype=np.float64)
    tests = np.isfinite(p).sum(axis=-1, keepdims=True).astype(np.float64)
    ranked = np.minimum(adjust(np.take_along_axis(p, order, axis=-1), rank, tests), 1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, ranked, axis=-1)
    return np.where(np.isnan(p), np.nan, adjusted)

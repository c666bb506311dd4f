"""Any metric of any kind: its value by arm, and the comparison of two arms by the test that its kind asks for.

The tests themselves are in `proportions.py`, `means.py` and `ratios.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray

from echo_ml.experiments import means, proportions, ratios
from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.estimates import Estimate
from echo_ml.experiments.moments import Floats, Moments

_COMPARE: dict[MetricKind, Callable[[Moments, Moments, float], Estimate]] = {
    MetricKind.PROPORTION: proportions.compare,
    MetricKind.MEAN: means.compare,
    MetricKind.COUNT: means.compare,
    MetricKind.RATIO: ratios.compare,
}
_VALUE: dict[MetricKind, Callable[[Moments], tuple[Floats, Floats]]] = {
    MetricKind.PROPORTION: proportions.value,
    MetricKind.MEAN: means.value,
    MetricKind.COUNT: means.value,
    MetricKind.RATIO: ratios.value,
}


def compare(kind: ArrayLike, control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The variant's value minus control's, in the metric's unit; all shapes broadcast.

    `kind` is a `MetricKind`, or an array of them where metrics of several kinds are compared at once.
    """
    kinds = np.asarray(kind)
    found = [
        (kinds == one, _COMPARE[one](_only(control, kinds == one), _only(variant, kinds == one), alpha))
        for one in _kinds_in(kinds)
    ]
    return reduce(lambda before, after: after[1].where(after[0], before), found[1:], found[0][1])


def value(kind: ArrayLike, moments: Moments) -> tuple[Floats, Floats]:
    """The metric's value by group, in its unit, and the variance of that value; `kind` as in `compare`."""
    kinds = np.asarray(kind)
    found = [(kinds == one, *_VALUE[one](_only(moments, kinds == one))) for one in _kinds_in(kinds)]
    masks, values, variances = zip(*found, strict=True)
    return np.select(masks, values, np.nan), np.select(masks, variances, np.nan)


def _kinds_in(kinds: NDArray[np.str_]) -> list[MetricKind]:
    return [MetricKind(name) for name in np.unique(kinds)]


def _only(moments: Moments, mask: NDArray[np.bool_]) -> Moments:
    """Nobody known where the mask does not hold: figures of one kind mean nothing to another kind's test."""
    return moments if mask.all() else replace(moments, users=np.where(mask, moments.users, np.nan))

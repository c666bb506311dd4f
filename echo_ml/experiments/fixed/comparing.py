"""Any metric of any kind: its value by arm, and the comparison of two arms by the test that its kind asks for.

The tests themselves are in `proportions.py`, `means.py` and `ratios.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed import means, proportions, ratios
from echo_ml.experiments.fixed.estimates import Estimate
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


def compare(kind: MetricKind, control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The variant's value minus control's, in the metric's unit; all shapes broadcast."""
    return _COMPARE[kind](control, variant, alpha)


def value(kind: MetricKind, moments: Moments) -> tuple[Floats, Floats]:
    """The metric's value by group, in its unit, and the variance of that value."""
    return _VALUE[kind](moments)

"""Why a comparison lacks figures, in words: what stands beside a figure that cannot be given."""

from __future__ import annotations

import numpy as np

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed import comparing, lifts
from echo_ml.experiments.moments import Moments


def why_missing(kind: MetricKind, control: Moments, variant: Moments, alpha: float) -> str | None:
    """The first reason why one comparison (of two single groups) is without effect, interval or lift; else None."""
    for arm, moments in (("control", control), ("the variant", variant)):
        if not moments.users > 0:
            return f"{arm} has no units"
        if kind is MetricKind.RATIO and not moments.x > 0:
            return f"the denominators of {arm} sum to nothing"
    found = comparing.compare(kind, control, variant, alpha)
    if np.isnan(found.std_error):
        return "one unit does not say how far others scatter"
    if np.isnan(found.lower):
        return "all values are the same: nothing says how far others would scatter"
    return _why_no_lift(kind, control, variant, alpha)


def _why_no_lift(kind: MetricKind, control: Moments, variant: Moments, alpha: float) -> str | None:
    (value, variance), other = comparing.value(kind, control), comparing.value(kind, variant)
    lift = lifts.relative_lift(value, variance, *other, alpha)
    if np.isnan(lift.effect):
        return "control's value is not above 0: there is nothing for a lift to be relative to"
    if not np.isnan(lift.lower):
        return None
    if variance > 0 and other[1] > 0:
        return "control's value may be 0: nothing bounds the lift"
    return "the values of one arm are all the same: the lift has no interval"

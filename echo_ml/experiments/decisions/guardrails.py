"""Guardrails: whether an arm may be worse than control by the margin, by an interval that holds whenever it is read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from echo_ml.experiments.design import Design, Method, Metric, MetricKind
from echo_ml.experiments.findings import Comparison, Interval
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sequential.always_valid import asymptotic_confidence_sequence, cautious_error

_NARROWEST_AT = 10_000
"""Units of both arms for which the sequence is tuned before any data; a few times more or fewer widen it little."""


def guarded(design: Design, metric: Metric, row: Comparison, control: Moments, variant: Moments) -> Comparison:
    """The row with margin, interval and answer, where its metric is a guardrail: non-inferiority at alpha / 2.

    Where there is one look, the interval is the row's. Otherwise an arm that wins is asked every day until its
    guardrails hold, so that the interval is a confidence sequence.
    """
    margins = [guardrail.margin for guardrail in design.guardrails if guardrail.metric.name == metric.name]
    if not margins:
        return row
    guard = _interval(design, row, control, variant)
    row = replace(row, margin=margins[0], guard_interval=guard)
    worst = worst_case(metric, row)
    return replace(row, is_non_inferior=None if worst is None else worst > -margins[0])


def _interval(design: Design, row: Comparison, control: Moments, variant: Moments) -> Interval | None:
    if row.kind is MetricKind.COUNT and not control.y + variant.y and min(control.users, variant.users) > 0:
        most = -math.log(design.alpha / 2) / float(min(control.users, variant.users))
        return Interval(-most, most)  # no event so far: a mean of more than this would have had one
    if row.effect is None or row.std_error is None:
        return None
    error = cautious_error(row.kind, control, variant, np.asarray(row.std_error))
    if design.method is Method.FIXED:
        return _widened(row, float(error))
    ends = asymptotic_confidence_sequence(
        np.asarray(row.effect), error, control.users + variant.users, _NARROWEST_AT, design.alpha
    )
    lower, upper = map(float, ends)
    return Interval(lower, upper) if math.isfinite(lower) else None


def _widened(row: Comparison, error: float) -> Interval | None:
    """The interval at one look, as wide as the cautious error of a mean makes it; Newcombe's is cautious by itself."""
    if row.interval is None or row.effect is None or not row.std_error or row.kind is MetricKind.PROPORTION:
        return row.interval
    factor = max(1.0, error / row.std_error) if math.isfinite(error) else 1.0
    below, above = row.effect - row.interval.lower, row.interval.upper - row.effect
    return Interval(row.effect - factor * below, row.effect + factor * above)


def worst_case(metric: Metric, row: Comparison) -> float | None:
    """How much the variant may gain at worst, by its guardrail's interval; negative is a loss."""
    if row.guard_interval is None:
        return None
    return -row.guard_interval.upper if metric.lower_is_better else row.guard_interval.lower


def best_case(metric: Metric, row: Comparison) -> float | None:
    """How much the variant may gain at best, by its guardrail's interval."""
    if row.guard_interval is None:
        return None
    return -row.guard_interval.lower if metric.lower_is_better else row.guard_interval.upper

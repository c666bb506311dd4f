"""Every metric of every arm against control, as rows: each kind's test, lift, covariate, posterior, margin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from echo_ml.experiments.decisions.guardrails import guarded
from echo_ml.experiments.design import Design, Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import Comparison, Interval, Role
from echo_ml.experiments.fixed import comparing, cuped, lifts, multiplicity
from echo_ml.experiments.fixed.estimates import Estimate
from echo_ml.experiments.fixed.reasons import why_missing
from echo_ml.experiments.moments import Floats, Moments
from echo_ml.experiments.posterior import bayes

_DRAWN = 61
"""Points of a density that is shown, which is that of the primary metric."""
_METHODS = {
    MetricKind.PROPORTION: "two-proportion z, interval by Newcombe",
    MetricKind.MEAN: "Welch's t",
    MetricKind.COUNT: "Welch's t",
    MetricKind.RATIO: "delta method",
}


def comparisons(design: Design, evidence: Evidence) -> tuple[Comparison, ...]:
    """One row a metric and arm, the primary metric first; p-values are adjusted over all rows together."""
    rows = [row for metric in design.metrics for row in _of_metric(design, metric, evidence)]
    raw = np.array([math.nan if row.p_value is None else row.p_value for row in rows])
    adjusted = zip(rows, multiplicity.holm(raw), multiplicity.benjamini_hochberg(raw), strict=True)
    return tuple(replace(row, p_adjusted=figure(holm), q_value=figure(fdr)) for row, holm, fdr in adjusted)


def totals(evidence: Evidence, metric: Metric, arms: tuple[str, ...]) -> Moments:
    """The moments of a metric by arm, over all days; nobody where there is nothing."""
    found = evidence.metrics.get(metric.name)
    if found is None or not evidence.days:
        return Moments.of(np.zeros(len(arms)), 0)
    return found.sum(axis=1)[[evidence.arms.index(arm) for arm in arms]]


def figure(value: float | Floats) -> float | None:
    """A number that can be given, or None."""
    return float(value) if math.isfinite(value) else None


def _of_metric(design: Design, metric: Metric, evidence: Evidence) -> Iterator[Comparison]:
    arms = totals(evidence, metric, (design.control, *design.treatments))
    control, variants = arms[0], arms[1:]
    effect = comparing.compare(metric.kind, control, variants, design.alpha)
    (value, variance), (values, variances) = (comparing.value(metric.kind, each) for each in (control, variants))
    lift = lifts.relative_lift(value, variance, values, variances, design.alpha)
    posteriors = bayes.against_control(
        metric.kind, control, variants, alpha=design.alpha, lower_is_better=metric.lower_is_better,
        points=_DRAWN if metric == design.primary else 0,
    )  # fmt: skip
    adjusted, reduction = _adjusted(design, metric, control, variants)
    for at, variant in enumerate(design.treatments):
        row = Comparison(
            metric=metric.name,
            kind=metric.kind,
            role=_role(design, metric),
            unit=metric.unit,
            variant=variant,
            control=design.control,
            users=int(variants.users[at]),
            control_users=int(control.users),
            value=figure(values[at]),
            control_value=figure(value),
            effect=figure(effect.effect[at]),
            std_error=figure(effect.std_error[at]),
            interval=interval(effect, at),
            lift=figure(lift.effect[at]),
            lift_interval=interval(lift, at),
            p_value=figure(effect.p_value[at]),
            p_adjusted=None,
            q_value=None,
            method=_METHODS[metric.kind],
            note=None if np.isfinite(lift.lower[at]) else why_missing(metric.kind, control, variants[at], design.alpha),
            cuped_effect=figure(adjusted.effect[at]) if adjusted else None,
            cuped_interval=interval(adjusted, at) if adjusted else None,
            variance_reduction=figure(reduction[at]) if reduction is not None else None,
            bayes=posteriors[at],
        )
        yield guarded(design, metric, row, control, variants[at])


def _adjusted(
    design: Design, metric: Metric, control: Moments, variants: Moments
) -> tuple[Estimate | None, Floats | None]:
    if metric.kind is MetricKind.RATIO or not variants.xx.any():
        return None, None
    return cuped.adjusted(control, variants, design.alpha)


def interval(estimate: Estimate, at: int) -> Interval | None:
    """The interval of one arm, if it has one."""
    lower, upper = figure(estimate.lower[at]), figure(estimate.upper[at])
    return None if lower is None or upper is None else Interval(lower, upper)


def _role(design: Design, metric: Metric) -> Role:
    if metric.name == design.primary.name:
        return Role.PRIMARY
    guarded = any(metric.name == guardrail.metric.name for guardrail in design.guardrails)
    return Role.GUARDRAIL if guarded else Role.SECONDARY

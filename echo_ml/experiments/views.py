"""The primary metric by parts of the data: days since start, weekdays, segments. To explore, never to decide by.

Days are those of first exposure. No error rate is held over the parts, so that some will look good by chance.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from echo_ml.experiments.design import Design
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import Interval, View
from echo_ml.experiments.fixed import comparing, lifts
from echo_ml.experiments.fixed.estimates import Estimate, by_z
from echo_ml.experiments.moments import Moments

DAYS_SINCE_START, WEEKDAY, SEGMENT = "days since start", "weekday", "segment"
"""Names of the views, in the order in which they are shown."""
NOVELTY_ALPHA = 0.01
"""Below this p-value of the trend, over all arms together, a novelty is spoken of; the test is asked every day."""
_WEEK = 7


def views(design: Design, evidence: Evidence) -> tuple[View, ...]:
    """The effect of every arm on the primary metric, in its unit, within each part; intervals at the design's alpha.

    Days since start are taken by week, or as two halves before there are two whole weeks. Nothing where the metric was
    not counted.
    """
    by_day = _primary(design, evidence)
    parts = {(DAYS_SINCE_START, label): by_day[:, days].sum(axis=1) for label, days in _ages(by_day).items()}
    parts |= {(WEEKDAY, label): by_day[:, days].sum(axis=1) for label, days in _weekdays(evidence, by_day).items()}
    parts |= {(SEGMENT, name): moments for name, moments in evidence.segments.items()}
    return tuple(_views(design, evidence, parts)) if parts else ()


def novelty_warning(design: Design, evidence: Evidence) -> str | None:
    """Says that an arm's effect on units exposed later differs from that on the first ones, and how; else None.

    The test compares relative lifts of the first part (a week, or half of the days) and of all later days by z, with
    Bonferroni's correction over arms. Lifts, because who was exposed late had less time to convert, in every arm alike,
    which makes differences shrink and leaves lifts as they are. It is silent where control's value is not clear of 0.
    """
    by_day = _primary(design, evidence)
    starts = [days[0] for days in _ages(by_day).values()]
    if not starts:
        return None
    first = _lifts(design, evidence, by_day[:, : starts[1]].sum(axis=1))
    later = _lifts(design, evidence, by_day[:, starts[1] :].sum(axis=1))
    trend = by_z(later.effect - first.effect, np.hypot(first.std_error, later.std_error), NOVELTY_ALPHA)
    known = np.isfinite(first.lower) & np.isfinite(later.lower)
    found = known & (trend.p_value < NOVELTY_ALPHA / len(design.treatments))
    said = "; ".join(
        f"{variant} {first.effect[at]:+.1%} among units exposed in the first {starts[1]} days, "
        f"{later.effect[at]:+.1%} since (p = {trend.p_value[at]:.2g})"
        for at, variant in enumerate(design.treatments) if found[at]
    )  # fmt: skip
    changes = f"the lift of {design.primary.name} changes with time"
    return f"{changes}: {said}; the total may not be what lasts" if said else None


def _primary(design: Design, evidence: Evidence) -> Moments:
    """The primary metric by arm and day."""
    counted = evidence.metrics.get(design.primary.name)
    return Moments.of(np.zeros((len(evidence.arms), 0)), 0) if counted is None else counted


def _ages(by_day: Moments) -> Mapping[str, NDArray[np.int_]]:
    """Places of days by their distance from the start: weeks, or halves where there are not two weeks."""
    days = by_day.users.shape[1]
    length = _WEEK if days >= 2 * _WEEK else (days + 1) // 2
    if days < 2:
        return {}
    starts = range(0, days, length)
    return {
        f"days {start + 1} to {min(start + length, days)}": np.arange(start, min(start + length, days))
        for start in starts
    }


def _weekdays(evidence: Evidence, by_day: Moments) -> Mapping[str, NDArray[np.int_]]:
    """Places of days by the day of the week, from one whole week on."""
    if by_day.users.shape[1] < _WEEK:
        return {}
    weekdays = np.array([day.weekday() for day in evidence.days])
    return {name: np.flatnonzero(weekdays == at) for at, name in enumerate(calendar.day_name)}


def _arms(design: Design, evidence: Evidence, arms: Moments) -> tuple[Moments, Moments]:
    """Control, and the treatments in declared order."""
    return (
        arms[evidence.arms.index(design.control)],
        arms[[evidence.arms.index(variant) for variant in design.treatments]],
    )


def _views(design: Design, evidence: Evidence, parts: Mapping[tuple[str, str], Moments]) -> Iterator[View]:
    """All parts are compared at once: an array of arms by parts costs hardly more than one part."""
    control, variants = _arms(design, evidence, Moments.stacked(parts.values()))
    found = comparing.compare(design.primary.kind, control, variants, design.alpha)
    for part, (view, label) in enumerate(parts):
        for at, variant in enumerate(design.treatments):
            effect, lower, upper = (float(each[at, part]) for each in (found.effect, found.lower, found.upper))
            yield View(
                view=view,
                part=label,
                variant=variant,
                users=int(variants.users[at, part]),
                control_users=int(control.users[part]),
                effect=effect if np.isfinite(effect) else None,
                interval=Interval(lower, upper) if np.isfinite([lower, upper]).all() else None,
            )


def _lifts(design: Design, evidence: Evidence, arms: Moments) -> Estimate:
    control, variants = _arms(design, evidence, arms)
    values = (*comparing.value(design.primary.kind, control), *comparing.value(design.primary.kind, variants))
    return lifts.relative_lift(*values, NOVELTY_ALPHA)

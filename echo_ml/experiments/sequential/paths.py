"""How the evidence of one arm grew from day to day, and the boundary that the declared method sets it.

Which days are looks is decided here, and how much of the planned information each of them has; the boundaries
themselves are computed in `group_sequential.py` and `always_valid.py`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from echo_ml.experiments.design import Design, Method
from echo_ml.experiments.findings import Path
from echo_ml.experiments.fixed.comparing import compare
from echo_ml.experiments.fixed.estimates import Estimate
from echo_ml.experiments.moments import Floats, Moments
from echo_ml.experiments.sequential import always_valid, group_sequential

SMALLEST_P = 1e-300


@dataclass(frozen=True)
class _Drawn:
    """What is drawn for one day each: NaN where there is nothing to draw."""

    description: str
    statistic: Floats
    lower: Floats
    upper: Floats
    p_value: Floats


def path(
    design: Design, days: Sequence[datetime.date], variant_name: str, control: Moments, variant: Moments,
    needed: int | None,
) -> Path:  # fmt: skip
    """The path of one arm; the moments are cumulative, of shape (days,), of control and of this arm.

    `needed` counts the users of both arms that the plan asks for at its end; None takes the share of the days instead.
    A day on which an arm is empty or nothing varies has no statistic and is no look.
    """
    estimate = compare(design.primary.kind, control, variant, design.alpha)
    users = control.users + variant.users
    if design.method is Method.ALWAYS_VALID:
        drawn = _always_valid(design, estimate, control, variant)
        crossed = drawn.p_value <= design.alpha
    else:
        drawn = _planned(design, days, estimate, users, needed)
        crossed = np.abs(drawn.statistic) >= drawn.upper
    return Path(
        variant=variant_name,
        method=design.method,
        description=drawn.description,
        days=tuple(days),
        users=tuple(int(each) for each in users),
        statistic=_or_none(drawn.statistic),
        lower=_or_none(drawn.lower),
        upper=_or_none(drawn.upper),
        p_value=_or_none(drawn.p_value),
        crossed_on=next((day for day, hit in zip(days, crossed, strict=True) if hit), None),
    )


def look_days(design: Design) -> tuple[datetime.date, ...]:
    """The days of the planned looks: spread evenly, the last one on the last day of the experiment.

    Without an end the minimum runtime is the plan. More looks than days are one look a day.
    """
    length = design.min_days if design.ends_on is None else (design.ends_on - design.started_on).days + 1
    length, looks = max(length, 1), design.looks or 1
    after = sorted({math.ceil(look * length / looks) for look in range(1, looks + 1)})
    return tuple(design.started_on + datetime.timedelta(days=day - 1) for day in after)


def z_of(estimate: Estimate) -> Floats:
    """The normal statistic that has the estimate's p-value, with the sign of its effect.

    So that a boundary and the test of a single look never disagree, also where the test is one by t or by a pooled
    variance (Jennison and Turnbull 2000, section 3.3).
    """
    from scipy.special import ndtri

    size: Floats = -ndtri(np.maximum(estimate.p_value, SMALLEST_P) / 2)
    return np.copysign(size, estimate.effect)


def _always_valid(design: Design, estimate: Estimate, control: Moments, variant: Moments) -> _Drawn:
    tau = always_valid.mixture_deviation(design.mde)
    error = always_valid.cautious_error(design.primary.kind, control, variant, estimate.std_error)
    lower, upper = always_valid.confidence_sequence(estimate.effect, error, tau, design.alpha)
    p_value = always_valid.p_values(estimate.effect, error, tau)
    known = np.isfinite(lower)
    return _Drawn(
        f"confidence sequence at {1 - design.alpha:.4g} that holds at all days together (mSPRT, tau {tau:g}, the "
        "minimum detectable effect)",
        np.where(known, estimate.effect, np.nan), lower, upper, np.where(known, p_value, np.nan),
    )  # fmt: skip


def _planned(
    design: Design, days: Sequence[datetime.date], estimate: Estimate, users: Floats, needed: int | None
) -> _Drawn:
    z = z_of(estimate)
    planned = look_days(design)
    at = np.array([at for at, day in enumerate(days) if day in planned and np.isfinite(z[at])], dtype=np.int64)
    upper = np.full(len(days), np.nan)
    if at.size:
        shares = _shares(planned, [days[each] for each in at], users[at], needed)
        upper[at] = group_sequential.boundaries(users[at].tolist(), design.alpha, spent_at=shares)
    upper = np.where(np.isfinite(upper), upper, np.nan)
    return _Drawn(_says(design, len(planned), needed), z, -upper, upper, np.full(len(days), np.nan))


def _shares(
    planned: tuple[datetime.date, ...], looks: list[datetime.date], users: Floats, needed: int | None
) -> list[float]:
    """The share of the information that each look so far may count for spending: 1 at the last planned look.

    Before it the share of the planned users, but never more than that of the planned looks: enrolment that is faster
    than planned must not use up the error of the looks to come.
    """
    schedule = [(planned.index(day) + 1) / len(planned) for day in looks]
    if not needed:
        return schedule
    shares = [min(share, count / needed) for share, count in zip(schedule, users.tolist(), strict=True)]
    return [1.0 if at_end == 1 else share for at_end, share in zip(schedule, shares, strict=True)]


def _says(design: Design, looks: int, needed: int | None) -> str:
    if looks == 1:
        return f"one look at the end, two-sided at {design.alpha:.4g}"
    of = f"{needed:,} users" if needed else "the days"
    return f"{looks} looks, two-sided at {design.alpha:.4g} together, by O'Brien-Fleming spending over {of}"


def _or_none(values: Floats) -> tuple[float | None, ...]:
    return tuple(float(each) if np.isfinite(each) else None for each in values)

"""What an experiment can see: the users it needs, what those so far can detect, and when it can be decided.

The power at the *observed* effect is not given, though it is often asked for: it is a function of the p-value and of
nothing else (an effect just significant has an observed power of one half), so that it adds no knowledge, and a low one
says nothing about an effect that was missed (Hoenig and Heisey 2001, American Statistician 55:19). What the design can
see is the power at the effect that was planned for, and the effect that the users so far can detect.

Arms are compared with control one by one; the smallest of them needs the most users of the whole experiment, and is
the one meant. More looks than one need more users for the same power: their number is multiplied by what the boundary
of the declared method costs, and users count the less for what they can see so far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echo_ml.experiments.design import Design, Method, MetricKind
from echo_ml.experiments.findings import Power
from echo_ml.experiments.fixed.comparing import value
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sequential import always_valid, group_sequential
from echo_ml.experiments.sizes.sizing import ErrorRates, Mean, Share, detectable_effect, required_users

POINTS = 30


def power_of(design: Design, control: Moments, enrolled: int, users_a_day: float | None) -> Power:
    """What the design can see, given control's outcomes so far (scalar moments of the primary metric).

    `enrolled` counts the users of all arms. Figures are None where they cannot be known yet: nobody under control, a
    base rate of 0 or 1, no variance, or a minimum detectable effect that would lead out of 0..1.
    """
    outcome = outcome_of(design.primary.kind, control)
    rates = ErrorRates(design.alpha, design.power)
    factor, looks = cost_of_looks(design)
    split = _Split.of(design, factor)
    falling = design.primary.lower_is_better
    effect = -design.mde if falling else design.mde
    if outcome is None or not outcome.effects[0] < effect < outcome.effects[1]:
        formula = "not known yet: it takes outcomes under control that vary, and an effect that can be there"
        return Power(formula, None, enrolled, design.mde, None, None, users_a_day, None)
    needed = split.users_for(outcome, effect, rates)
    arms = split.arms(enrolled)
    detectable = detectable_effect(outcome, *arms, rates, falling)
    return Power(
        formula=f"{outcome.formula}{looks}",
        needed=needed,
        enrolled=enrolled,
        mde_planned=design.mde,
        mde_now=detectable,
        power_now=float(outcome.power(effect, *arms, rates)) if min(arms) >= 2 else None,
        users_a_day=users_a_day,
        days_to_decision=_days(needed, enrolled, users_a_day),
        curve=_curve(outcome, arms, rates, design.mde, detectable, falling),
    )


def outcome_of(kind: MetricKind, control: Moments) -> Share | Mean | None:
    """What a unit of control gives, for planning; None where nobody is known, or nothing varies.

    A ratio is planned as the mean of its linearised value by unit, whose variance the delta method gives.
    """
    middle, variance = (float(each) for each in value(kind, control))
    between_units = variance * float(control.users)
    if not between_units > 0:
        return None
    return Share(middle) if kind is MetricKind.PROPORTION else Mean(between_units)


def cost_of_looks(design: Design) -> tuple[float, str]:
    """How many times the users of a single look the declared method needs, and how the formula says so."""
    if design.method is Method.ALWAYS_VALID:
        factor = always_valid.inflation(design.alpha, design.power)
        return factor, f", times {factor:.2f} for unplanned looks (mSPRT at the last one)"
    if design.method is Method.GROUP_SEQUENTIAL and design.looks is not None:
        factor = group_sequential.inflation(design.looks, design.alpha, design.power)
        return factor, f", times {factor:.3f} for {design.looks} looks (O'Brien-Fleming spending)"
    return 1.0, ""


@dataclass(frozen=True)
class _Split:
    """The shares of control and of the smallest other arm; users are worth 1 / `factor` of those of a single look."""

    control: float
    variant: float
    factor: float

    @classmethod
    def of(cls, design: Design, factor: float) -> _Split:
        return cls(design.arms[design.control], min(design.arms[arm] for arm in design.treatments), factor)

    def users_for(self, outcome: Share | Mean, effect: float, rates: ErrorRates) -> int | None:
        control = required_users(outcome, effect, rates, self.variant / self.control)
        return None if control is None else math.ceil(control * self.factor / self.control - 1e-6)

    def arms(self, users: int) -> tuple[float, float]:
        return users * self.control / self.factor, users * self.variant / self.factor


def _days(needed: int | None, enrolled: int, users_a_day: float | None) -> int | None:
    return math.ceil(max(0, needed - enrolled) / users_a_day) if needed is not None and users_a_day else None


def _curve(
    outcome: Share | Mean, arms: tuple[float, float], rates: ErrorRates, mde: float, detectable: float | None,
    falling: bool,
) -> tuple[tuple[float, float], ...]:  # fmt: skip
    if min(arms) < 2:
        return ()
    farthest = min(max(2 * mde, 1.25 * (detectable or 0.0)), abs(outcome.effects[0 if falling else 1]))
    effects = np.linspace(0, farthest, POINTS + 2)[1:-1]
    powers = outcome.power(-effects if falling else effects, *arms, rates)
    return tuple(zip(effects.tolist(), powers.tolist(), strict=True))

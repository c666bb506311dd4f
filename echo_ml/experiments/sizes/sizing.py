"""How many units a comparison of two arms needs, what it can detect, and with which power.

`Share` and `Mean` know the power of their test; sample size and detectable effect are where that power is the planned
one, found by root-finding, so that they cannot disagree with it. One look is meant; what looks cost is in `power.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from echo_ml.experiments.moments import Floats

MOST_UNITS = 1e12


class ShareFormula(StrEnum):
    """How the variance of two shares enters."""

    POOLED = "z-test of two proportions, pooled variance under no effect (Fleiss, Levin and Paik 2003, section 4.2)"
    UNPOOLED = "z-test of two proportions, unpooled variance (Chow, Shao and Wang 2008, section 4.2)"
    ARCSINE = "two proportions by Cohen's h, arcsine transformation (Cohen 1988, chapter 6)"


@dataclass(frozen=True)
class ErrorRates:
    """What a test may get wrong: `alpha` over one or two sides, and `power`, which is 1 - beta."""

    alpha: float = 0.05
    power: float = 0.8
    sides: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.alpha < self.power < 1:
            raise ValueError(f"alpha is {self.alpha} and power {self.power}; needed is 0 < alpha < power < 1")
        if self.sides not in (1, 2):
            raise ValueError(f"{self.sides} sides; a test has 1 or 2")


@dataclass(frozen=True)
class Share:
    """A yes or no by unit; `rate` (0..1, both excluded) is the share of yes under control."""

    rate: float
    formula: ShareFormula = ShareFormula.POOLED

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise ValueError(f"the rate under control is {self.rate}; it must lie between 0 and 1")

    @property
    def variance(self) -> float:
        """Between units of control."""
        return self.rate * (1 - self.rate)

    @property
    def effects(self) -> tuple[float, float]:
        """Effects lie between these."""
        return -self.rate, 1 - self.rate

    def power(self, effect: ArrayLike, control: ArrayLike, variant: ArrayLike, rates: ErrorRates) -> Floats:
        """The power to see an absolute effect (any sign) with so many units of each arm; NaN beyond 0..1."""
        from scipy.special import ndtri

        users, other_users = np.asarray(control, dtype=np.float64), np.asarray(variant, dtype=np.float64)
        change = np.asarray(effect, dtype=np.float64)
        others = np.where((change > -self.rate) & (change < 1 - self.rate), self.rate + change, np.nan)
        z = np.asarray(ndtri(1 - rates.alpha / rates.sides))
        if self.formula is ShareFormula.ARCSINE:
            h = 2 * np.arcsin(np.sqrt(others)) - 2 * math.asin(math.sqrt(self.rate))
            return _normal_power(np.abs(h) / np.sqrt(1 / users + 1 / other_users), z, rates.sides)
        error = np.sqrt(self.variance / users + others * (1 - others) / other_users)
        if self.formula is ShareFormula.POOLED:
            pooled = (self.rate * users + others * other_users) / (users + other_users)
            z = z * np.sqrt(pooled * (1 - pooled) * (1 / users + 1 / other_users)) / error
        return _normal_power(np.abs(change) / error, z, rates.sides)


@dataclass(frozen=True)
class Mean:
    """A value by unit; `variance` is between units, the same in both arms. Counts and linearised ratios are means."""

    variance: float
    formula: str = "t-test of two means, noncentral t (Cohen 1988, chapter 2)"

    def __post_init__(self) -> None:
        if not (self.variance > 0 and math.isfinite(self.variance)):
            raise ValueError(f"the variance between units is {self.variance}; it must be positive")

    @property
    def effects(self) -> tuple[float, float]:
        """Effects lie between these."""
        return -math.inf, math.inf

    def power(self, effect: ArrayLike, control: ArrayLike, variant: ArrayLike, rates: ErrorRates) -> Floats:
        """The power to see an effect (any sign), in the metric's unit, with so many units of each arm (2 or more)."""
        from scipy.special import nctdtr, stdtrit

        users, other_users = np.asarray(control, dtype=np.float64), np.asarray(variant, dtype=np.float64)
        degrees = users + other_users - 2
        shift = np.abs(effect) / np.sqrt(self.variance * (1 / users + 1 / other_users))
        critical = stdtrit(degrees, 1 - rates.alpha / rates.sides)
        other_side = nctdtr(degrees, shift, -critical) if rates.sides == 2 else 0.0
        return np.asarray(1 - nctdtr(degrees, shift, critical) + other_side)


@dataclass(frozen=True)
class Size:
    """Units of control and of the variant, whole, and the formula that they were computed by."""

    control: int
    variant: int
    formula: str


def sample_size(outcome: Share | Mean, effect: float, rates: ErrorRates = ErrorRates(), ratio: float = 1.0) -> Size:
    """The fewest units that see an absolute `effect` with the power; `ratio` is of the variant's units to control's.

    A ValueError says why an effect cannot be planned for.
    """
    users = required_users(outcome, effect, rates, ratio)
    if users is None:
        raise ValueError(f"an effect of {effect} needs more than {MOST_UNITS:.0e} units")
    return Size(math.ceil(users - 1e-9), math.ceil(users * ratio - 1e-9), str(outcome.formula))


def required_users(outcome: Share | Mean, effect: float, rates: ErrorRates, ratio: float = 1.0) -> float | None:
    """Units of control for `sample_size`, not rounded; None where more are needed than there can be."""
    lowest, highest = outcome.effects
    if effect == 0 or not lowest < effect < highest:
        raise ValueError(f"an effect of {effect} cannot be planned for: it must not be 0, nor lead out of 0..1")
    if not 0 < ratio < math.inf:
        raise ValueError(f"the ratio of the variant's units to control's is {ratio}; it must be positive")
    return _first_root(
        lambda users: float(outcome.power(effect, users, users * ratio, rates)) - rates.power,
        start=max(2.0, 2.0 / ratio), end=MOST_UNITS,
    )  # fmt: skip


def detectable_effect(
    outcome: Share | Mean, control: float, variant: float, rates: ErrorRates = ErrorRates(), falling: bool = False
) -> float | None:  # fmt: skip
    """The smallest absolute effect seen with the power by so many units; None where there is none, or hardly units.

    `falling` asks for an effect below control: of a share it is a different one.
    """
    if min(control, variant) < 2:
        return None
    sign, end = (-1, -outcome.effects[0]) if falling else (1, outcome.effects[1])
    return _first_root(
        lambda effect: float(outcome.power(sign * effect, control, variant, rates)) - rates.power,
        start=math.sqrt(outcome.variance * (1 / control + 1 / variant)) / 100, end=end,
    )  # fmt: skip


def _normal_power(shift: Floats, z: Floats, sides: int) -> Floats:
    """Of a normal statistic whose mean is `shift`; the side away from the effect counts too where there are two."""
    from scipy.special import ndtr

    return np.asarray(ndtr(shift - z) + (ndtr(-shift - z) if sides == 2 else 0.0))


def _first_root(rising: Callable[[float], float], start: float, end: float) -> float | None:
    """Where a rising function reaches 0, from `start` on (which it may exceed there already); None before `end`."""
    from scipy.optimize import brentq

    low = high = start
    while not rising(high) >= 0:
        low, high = high, min(2 * high, (high + end) / 2 if math.isfinite(end) else math.inf)
        if end - high < 1e-12 * end:
            return None
    return float(brentq(rising, low, high, xtol=1e-14, rtol=1e-12)) if high > low else high

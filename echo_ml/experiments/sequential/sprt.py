"""Wald's sequential probability ratio test for two samples: an effect of the planned size, or none.

Unlike the other sequential methods it can also end early because an effect of the planned size is unlikely.

Two mistakes make a sequential ratio test of two arms wrong, with error rates of up to three times the promised: to take
control's observed rate for the truth, which counts only one of two variances, and to let this "truth" move with each
look, which makes the ratio no martingale. Here the null hypothesis is that both arms have the same mean, whatever it
is. The nuisance mean drops out because only the difference is looked at, with the variances of both arms in its error
(Hajnal 1961, Biometrika 48:65; with normal instead of t, Ho and Thomas 2026, arXiv 2606.24871). Two-sided: the
alternative gives an effect of +mde and of -mde half the weight each (Wald 1947, Sequential Analysis, section 4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from echo_ml.experiments.moments import Floats


class Ending(StrEnum):
    """What the test says at a look."""

    CONTINUE = "continue"
    DIFFERENT = "different"
    """There is a difference between the arms."""
    SMALLER = "smaller than the minimum detectable effect"
    """An effect as large as planned is refuted; a smaller one may be there."""


@dataclass(frozen=True)
class Sprt:
    """`log_ratio` at each look; `ending` from the first look on at which the test ended."""

    log_ratio: Floats
    ending: NDArray[np.str_]


def two_sample_sprt(
    effect: ArrayLike, std_error: ArrayLike, mde: float, alpha: float = 0.05, power: float = 0.8
) -> Sprt:
    """The test at looks along the last axis; effect, its standard error and `mde` are in the metric's unit.

    It ends where the likelihood ratio of the alternative reaches 1 / alpha, or falls to 1 - power. By Ville's
    inequality either is wrong with a probability of at most alpha, and of 1 - power, at any looks and without
    simulation (Wald's own bounds are closer, and approximate). A look without variance, or with an empty arm, is no
    evidence. Assumes estimates that are about normal with known errors. A ValueError names the argument that is wrong.
    """
    _check(mde, alpha, power)
    ratio = _log_ratio(np.asarray(effect, dtype=np.float64), np.asarray(std_error, dtype=np.float64), mde)
    steps = np.where(ratio >= -math.log(alpha), 1, np.where(ratio <= math.log(1 - power), -1, 0))
    endings = np.array([Ending.CONTINUE.value, Ending.DIFFERENT.value, Ending.SMALLER.value])
    return Sprt(ratio, endings[_first_that_counts(steps)])


def sprt_of_shares(
    control_yes: ArrayLike, control_users: ArrayLike, variant_yes: ArrayLike, variant_users: ArrayLike,
    mde: float, alpha: float = 0.05, power: float = 0.8,
) -> Sprt:  # fmt: skip
    """The test of two shares, from counts that grow along the last axis; the error is that of equal shares (pooled)."""
    yes, users = np.asarray(control_yes, dtype=np.float64), np.asarray(control_users, dtype=np.float64)
    other_yes, other_users = np.asarray(variant_yes, dtype=np.float64), np.asarray(variant_users, dtype=np.float64)
    if mde >= 1:
        raise ValueError(f"mde is {mde}; a difference of two shares is below 1")
    if np.any((yes < 0) | (yes > users) | (other_yes < 0) | (other_yes > other_users)):
        raise ValueError("counts of yes must lie between 0 and the users of their arm")
    several, other_several = np.maximum(users, 1), np.maximum(other_users, 1)
    pooled = (yes + other_yes) / np.maximum(users + other_users, 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / several + 1 / other_several))
    both = (users > 0) & (other_users > 0)
    return two_sample_sprt(other_yes / other_several - yes / several, np.where(both, error, 0), mde, alpha, power)


def _log_ratio(effect: Floats, std_error: Floats, mde: float) -> Floats:
    """log(exp(-D^2 / 2) cosh(D z)) with D = mde / error and z = effect / error; 0 where there is no evidence."""
    known = (std_error > 0) & np.isfinite(effect)
    error = np.where(known, std_error, 1)
    planned, exponent = mde / error, mde * np.abs(effect) / error**2
    return np.where(known, exponent + np.log1p(np.exp(-2 * exponent)) - math.log(2) - planned**2 / 2, 0)


def _first_that_counts(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Along the last axis, the first step that is not 0, from where it is on."""
    first = np.argmax(steps != 0, axis=-1)[..., None]
    ended = np.arange(steps.shape[-1]) >= first
    return np.where(ended, np.take_along_axis(steps, first, axis=-1), 0)


def _check(mde: float, alpha: float, power: float) -> None:
    if not (mde > 0 and math.isfinite(mde)):
        raise ValueError(f"mde is {mde}; the minimum detectable effect must be positive")
    for name, value in (("alpha", alpha), ("power", power)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; it must lie between 0 and 1")
    if alpha >= power:
        raise ValueError(f"power is {power}; it must be above alpha, {alpha}")

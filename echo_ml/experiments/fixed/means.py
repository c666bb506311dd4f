"""Two means of a value by unit: Welch's t-test, and the interval that belongs to it. Counts by unit are means too."""

from __future__ import annotations

import numpy as np

from echo_ml.experiments.fixed.estimates import Estimate, by_t
from echo_ml.experiments.moments import Floats, Moments, quotient


def value(moments: Moments) -> tuple[Floats, Floats]:
    """The mean, in the metric's unit, and the variance of it, s^2 / n."""
    return moments.mean, quotient(moments.variance, moments.users)


def compare(control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The difference of two means by Welch's t (Biometrika 34, 1947, 28-35).

    Assumes independent units and means that are about normal, which many units make them unless a few carry most of the
    sum (then winsorise); the variances need not be equal.
    """
    return welch(value(control), control.users, value(variant), variant.users, alpha)


def welch(
    control: tuple[Floats, Floats], control_users: Floats, variant: tuple[Floats, Floats], variant_users: Floats,
    alpha: float,
) -> Estimate:  # fmt: skip
    """The difference of two values that are given with their variances, each estimated from as many units."""
    (base, variance), (other, other_variance) = control, variant
    degrees = satterthwaite(variance, control_users, other_variance, variant_users)
    return by_t(other - base, np.sqrt(variance + other_variance), degrees, alpha)


def satterthwaite(variance: Floats, users: Floats, other_variance: Floats, other_users: Floats) -> Floats:
    """Degrees of freedom of the sum of two variances of means (Satterthwaite, Biometrics Bulletin 2, 1946, 110-114)."""
    spread = quotient(variance**2, users - 1) + quotient(other_variance**2, other_users - 1)
    return quotient((variance + other_variance) ** 2, spread)

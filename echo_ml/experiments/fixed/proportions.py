"""Two shares of units: the pooled z-test, and intervals of the difference by Newcombe and by Wald.

Assumes units that are independent, each a yes or a no (`Moments.y` counts the yes).
"""

from __future__ import annotations

import numpy as np

from echo_ml.experiments.fixed.estimates import Estimate, by_z, known_error, normal_quantile
from echo_ml.experiments.moments import Floats, Moments, quotient


def value(moments: Moments) -> tuple[Floats, Floats]:
    """The share (0..1), and the variance of it, p (1 - p) / n."""
    share = moments.mean
    return share, quotient(share * (1 - share), moments.users)


def compare(control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The difference of two shares: p-value of the pooled z-test, interval by Newcombe.

    `std_error` is the unpooled one, which belongs to the effect. Test and interval can differ at the edge of
    significance: the one assumes that there is no effect, the other does not.
    """
    unpooled = wald(control, variant, alpha)
    lower, upper = newcombe(control, variant, alpha)
    return Estimate.of(unpooled.effect, unpooled.std_error, lower, upper, pooled_p_value(control, variant))


def pooled_p_value(control: Moments, variant: Moments) -> Floats:
    """Two-sided p-value of equal shares by z with the pooled share (Fleiss, Levin and Paik, 2003, section 3.1).

    1 where nobody or everybody of both arms said yes: the arms are the same, as Fisher's exact test has it.
    """
    from scipy.special import ndtr

    pooled = (control + variant).mean
    variance = pooled * (1 - pooled)
    error = np.sqrt(quotient(variance, control.users) + quotient(variance, variant.users))
    p_value = 2 * ndtr(-np.abs((variant.mean - control.mean) / known_error(error)))
    return np.where(error == 0, 1.0, p_value)


def newcombe(control: Moments, variant: Moments, alpha: float) -> tuple[Floats, Floats]:
    """Lower and upper end of the difference, from the Wilson intervals of both shares.

    It stays within -1..1 and is right also for few units and for shares near 0 and 1 (Newcombe, Statistics in Medicine
    17, 1998, 873-890, method 10).
    """
    (below, above), (variant_below, variant_above) = _wilson(control, alpha), _wilson(variant, alpha)
    share, variant_share = control.mean, variant.mean
    effect = variant_share - share
    return (
        effect - np.hypot(variant_share - variant_below, above - share),
        effect + np.hypot(variant_above - variant_share, share - below),
    )


def wald(control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The difference with the unpooled normal error: for many units, and shares away from 0 and 1 (else `newcombe`)."""
    (share, variance), (variant_share, variant_variance) = value(control), value(variant)
    return by_z(variant_share - share, np.sqrt(variance + variant_variance), alpha)


def _wilson(moments: Moments, alpha: float) -> tuple[Floats, Floats]:
    """Wilson's score interval of a share (Journal of the American Statistical Association 22, 1927, 209-212)."""
    z, users, share = normal_quantile(alpha), moments.users, moments.mean
    centre = quotient(moments.y + z**2 / 2, users + z**2)
    margin = quotient(z * np.sqrt(users * share * (1 - share) + z**2 / 4), users + z**2)
    return centre - margin, centre + margin

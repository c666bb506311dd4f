"""Looks at any time, planned or not: evidence whose error rate holds at all looks together.

Normal-mixture methods: an effect that is drawn from a normal distribution, against no effect. The ratio of their
likelihoods is a martingale while there is no effect, so that it ever reaches 1 / alpha with a probability of at most
alpha (Ville 1939). All arrays have the looks along the last axis; NaN where a look tells nothing (an empty arm, no
variance yet). Looks whose number is planned cost less in `group_sequential.py`.

`ratio` is how much the mixture expects to know: its variance over that of the estimate. It decides at which amount of
data the method is sharpest, never whether it is valid, as long as the data did not choose it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed.estimates import known_error
from echo_ml.experiments.moments import Floats, Moments, quotient

LEAST_UNITS = 200
"""Units of both arms from which on an estimated variance is taken for a known one."""


def mixture_deviation(mde: float) -> float:
    """Tau of the mSPRT, in the metric's unit, fixed before the data: the effect that the design is about."""
    if not (mde > 0 and math.isfinite(mde)):
        raise ValueError(f"the minimum detectable effect is {mde}; it must be positive")
    return mde


def cautious_error(kind: MetricKind, control: Moments, variant: Moments, std_error: Floats) -> Floats:
    """The larger of the unpooled and the pooled standard error of the difference; NaN below `LEAST_UNITS` in both arms.

    What is always valid assumes that V is known. Estimated from a small arm alone it may be far too small (no yes among
    few units says nothing of their variance), and among many looks one such moment is enough to be wrong for good. The
    pooled error alone fails where the arms vary differently. A ratio has its own error only.
    """
    units = control.users + variant.users
    if kind is MetricKind.RATIO:
        return np.where(units >= LEAST_UNITS, std_error, np.nan)
    one = np.ones(())
    pooled = np.sqrt((control + variant).variance * (quotient(one, control.users) + quotient(one, variant.users)))
    return np.where(units >= LEAST_UNITS, np.maximum(std_error, pooled), np.nan)


def log_evidence(effect: Floats, std_error: Floats, tau: float) -> Floats:
    """The logarithm of the mixture likelihood ratio of the two-sample mSPRT.

    With d the difference and V the variance of it, sqrt(V / (V + tau^2)) exp(d^2 tau^2 / (2 V (V + tau^2))): Johari,
    Koomen, Pekelis and Walsh (2022), Operations Research 70:1806, there for equal arms with V = s^2 / n. Written in V
    it holds for means and shares, and for arms of any size. Assumes estimates that are about normal, and a V that is
    known as good as it is estimated.
    """
    error = known_error(std_error)
    ratio, z = (tau / error) ** 2, effect / error
    return -np.log1p(ratio) / 2 + z * z / 2 * ratio / (1 + ratio)


def p_values(effect: Floats, std_error: Floats, tau: float) -> Floats:
    """Always-valid p-values (0..1) of no effect by mSPRT: the running minimum of 1 / likelihood ratio over looks.

    It may be read at any time, and rejected at the first time that it is at or below alpha.
    """
    evidence = np.fmax.accumulate(np.fmax(log_evidence(effect, std_error, tau), 0), axis=-1)
    return np.exp(-evidence)


def confidence_sequence(effect: Floats, std_error: Floats, tau: float, alpha: float) -> tuple[Floats, Floats]:
    """Lower and upper ends that hold the true effect at all looks together with 1 - alpha: the mSPRT, inverted.

    An effect is outside at a look exactly when the mSPRT of it rejects there.
    """
    error = known_error(std_error)
    radius = error * normal_radius((tau / error) ** 2, alpha)
    return effect - radius, effect + radius


def asymptotic_confidence_sequence(
    effect: Floats, std_error: Floats, units: Floats, planned_units: float, alpha: float
) -> tuple[Floats, Floats]:
    """Lower and upper ends that hold the true effect at all looks together, with about 1 - alpha, of any distribution.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), Annals of Statistics 52:2613, theorem 2.2. It asks for
    finite variances only and is tuned by units, not by an effect: narrowest at `planned_units`, in the same unit as
    `units` (of both arms). What is about right is the first looks: begin at some hundreds of units.
    """
    rho = tuned_rho(planned_units, alpha)
    radius = known_error(std_error) * normal_radius(rho**2 * units, alpha)
    return effect - radius, effect + radius


def tuned_rho(planned_units: float, alpha: float) -> float:
    """The rho of the asymptotic confidence sequence that is narrowest at so many units (ibid., appendix B.2)."""
    from scipy.special import lambertw

    if not planned_units > 0:
        raise ValueError(f"planned units are {planned_units}; they must be positive")
    return math.sqrt((-lambertw(-(alpha**2) * math.exp(-1), k=-1).real - 1) / planned_units)


def normal_radius(ratio: Floats, alpha: float) -> Floats:
    """Half the width of a normal-mixture confidence sequence in standard errors (Robbins 1970); see `ratio` above."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1")
    known = np.where(ratio > 0, ratio, np.nan)
    return np.sqrt((1 + known) / known * (np.log1p(known) - 2 * math.log(alpha)))


@lru_cache(maxsize=1024)
def inflation(alpha: float, power: float) -> float:
    """How many times the units of a single look give this power at an effect of tau, at the last look alone.

    Crossings before the last look come on top, so it is on the safe side (Schultzberg 2026, arXiv 2606.18366).
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    single = float(ndtri(1 - alpha / 2) + ndtri(power))
    root = brentq(lambda z: z - float(normal_radius(np.asarray(z * z), alpha)) - ndtri(power), 0.1, 1e3)
    return float((root / single) ** 2)

"""What is known of the relative lift of one arm over control after its data: its centre, its interval, its density.

The lift is variant / control - 1. Where control has nothing to be relative to, there is none. Everything is computed
without draws; the ends of an interval leave alpha / 2 to within 1e-7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from echo_ml.experiments.findings import Interval
from echo_ml.experiments.fixed import lifts
from echo_ml.experiments.moments import Floats
from echo_ml.experiments.posterior.posteriors import STEPS_A_DEVIATION, Beta, Normal

_NEWTON_TURNS = 8
_DEVIATIONS = 3.5
"""How far the density is shown to either side."""


@dataclass(frozen=True)
class PosteriorLift:
    """`expected` is None where it has no finite mean; the density pairs lifts, ascending, with densities."""

    expected: float | None
    interval: Interval | None
    density: tuple[tuple[float, float], ...]


def lift_of_rates(variant: Beta, control: Beta, alpha: float, points: int = 61) -> PosteriorLift:
    """Of two independent rates, with alpha / 2 to either side of the interval; the density has as many points.

    The mean is E[variant] E[1/control], finite where control's `a` is above 1: one user of it converted, say.
    """
    ratio = _RateRatio(variant, control)
    lower, upper = np.expm1(ratio.log_quantiles(np.array([alpha / 2, 1 - alpha / 2])))
    finite = control.a > 1
    expected = variant.mean * (control.a + control.b - 1) / (control.a - 1) - 1 if finite else None
    logs = ratio.centre + ratio.deviation * np.linspace(-_DEVIATIONS, _DEVIATIONS, points)
    return PosteriorLift(
        expected, Interval(float(lower), float(upper)), _pairs(np.expm1(logs), ratio.log_density(logs) / np.exp(logs))
    )


class _RateRatio:
    """The logarithm of one rate over another.

    It is a mixture over the nodes of the rate below the line where the logarithm is not positive, and of the other one
    elsewhere: so no rate is asked for beyond 1, where a distribution has a kink.
    """

    def __init__(self, variant: Beta, control: Beta) -> None:
        from scipy.special import digamma, zeta

        step = min(variant.spread, control.spread) / STEPS_A_DEVIATION
        self._sides = ((variant, *control.nodes(step)), (control, *variant.nodes(step)))
        arms = ((variant, 1), (control, -1))
        self.centre = sum(sign * (digamma(arm.a) - digamma(arm.a + arm.b)) for arm, sign in arms)
        self.deviation = math.sqrt(sum(zeta(2, arm.a) - zeta(2, arm.a + arm.b) for arm, _ in arms))

    def log_density(self, logs: Floats) -> Floats:
        """Density of the logarithm, at each of `logs`."""
        density = np.empty_like(logs)
        for (arm, rates, weights), side in zip(self._sides, (logs <= 0, logs > 0), strict=True):
            density[side] = arm.log_density(np.exp(-np.abs(logs[side]))[:, None] * rates) @ weights
        return density

    def cdf(self, logs: Floats) -> Floats:
        """The chance that the logarithm is below."""
        below = np.empty_like(logs)
        for (arm, rates, weights), side in zip(self._sides, (logs <= 0, logs > 0), strict=True):
            below[side] = arm.cdf(np.exp(-np.abs(logs[side]))[:, None] * rates) @ weights
        return np.where(logs <= 0, below, 1 - below)

    def log_quantiles(self, chances: Floats) -> Floats:
        """Newton's method on the normal scale, on which most are almost a line; after some turns, by halving."""
        from scipy.special import ndtri

        wanted = ndtri(chances)
        logs: Floats = self.centre + self.deviation * wanted
        low, high = np.full_like(logs, -np.inf), np.full_like(logs, np.inf)
        for turn in range(100):
            z = ndtri(np.clip(self.cdf(logs), 1e-15, 1 - 1e-15))
            low, high = np.where(z < wanted, logs, low), np.where(z < wanted, high, logs)
            slope = self.log_density(logs) * np.exp(z * z / 2) * math.sqrt(2 * math.pi)
            steep = np.maximum(slope, 1e-300) if turn < _NEWTON_TURNS else 1e-300
            step = np.clip((wanted - z) / steep, -self.deviation, self.deviation)
            halved = np.isfinite(high - low) & ((turn >= _NEWTON_TURNS) | (logs + step < low) | (logs + step > high))
            step[halved] = (low[halved] + high[halved]) / 2 - logs[halved]
            logs = logs + step
            if np.all(np.abs(step) < 1e-8 * self.deviation):
                break
        return logs


def lift_of_means(variant: Normal, control: Normal, alpha: float, points: int = 61) -> PosteriorLift:
    """Of two independent normals; the density has as many points.

    Fieller's interval has exactly alpha / 2 to either side where there is no doubt that control is above 0.
    The ratio of two normals has no mean; the centre is its median, the ratio of the means.
    """
    arms = np.array([control.mean, control.spread**2, variant.mean, variant.spread**2]).reshape(4, 1)
    found = lifts.relative_lift(arms[0], arms[1], arms[2], arms[3], alpha)
    expected, lower, upper = float(found.effect[0]), float(found.lower[0]), float(found.upper[0])
    if not np.isfinite([expected, lower, upper]).all():
        return PosteriorLift(expected if np.isfinite(expected) else None, None, ())
    shown = np.linspace(expected - 1.75 * (expected - lower), expected + 1.75 * (upper - expected), points)
    return PosteriorLift(expected, Interval(lower, upper), _pairs(shown, _ratio_density(1 + shown, variant, control)))


def _ratio_density(ratio: Floats, variant: Normal, control: Normal) -> Floats:
    """The derivative of P(variant < ratio * control), a normal chance."""
    variance = variant.spread**2 + (ratio * control.spread) ** 2
    z = (ratio * control.mean - variant.mean) / np.sqrt(variance)
    slope = (control.mean * variant.spread**2 + ratio * control.spread**2 * variant.mean) / variance**1.5
    density: Floats = np.maximum(slope, 0) * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return density


def _pairs(shown: Floats, density: Floats) -> tuple[tuple[float, float], ...]:
    return tuple(zip(shown.tolist(), density.tolist(), strict=True))

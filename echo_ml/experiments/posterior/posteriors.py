"""What is known of one arm's value after its data, as a distribution, and what follows for two arms.

Deterministic: closed forms and finite sums where there are any, otherwise the trapezoidal rule on a scale on which the
density is analytic and dies out at both ends, where that rule converges exponentially (Trefethen and Weideman, SIAM
Review 56, 2014, 385-458). Which prior and kind of metric lead to which distribution is in `bayes.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from echo_ml.experiments.moments import Floats

STEPS_A_DEVIATION = 3
"""How many nodes a standard deviation has, at least: for two arms the error is below 1e-10."""
_LONGEST_STEP = 1 / 3
_LONGEST_SUM = 1_000
_FEW_USERS = 50_000
_MOST_NODES = 20_000
_BELOW_ONE = 1 - 2**-53
_TAIL = 32.0
"""Chances below e^-32, about 1e-14, are left out."""


@dataclass(frozen=True)
class Beta:
    """A rate, both parameters above 0. Its nodes are even in log-odds."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Between 0 and 1."""
        return self.a / (self.a + self.b)

    @cached_property
    def spread(self) -> float:
        """Standard deviation in log-odds."""
        from scipy.special import zeta

        return math.sqrt(zeta(2, self.a) + zeta(2, self.b))

    def cdf(self, value: ArrayLike) -> Floats:
        """The chance of a rate below; by the regularised incomplete beta function."""
        from scipy.special import betainc

        return np.asarray(betainc(self.a, self.b, np.minimum(value, 1)))

    def log_density(self, value: Floats) -> Floats:
        """The density of the rate's logarithm, at rates of 0 to 1."""
        from scipy.special import betaln

        with np.errstate(divide="ignore"):
            beyond = (self.b - 1) * np.log1p(-np.minimum(value, _BELOW_ONE))
            density: Floats = np.exp(self.a * np.log(value) + beyond - betaln(self.a, self.b))
        return density

    def nodes(self, step: float) -> tuple[Floats, Floats]:
        """Rates and their weights, which sum to 1. How far out they reach bounds a sub-gamma tail in log-odds."""
        from scipy.special import digamma, expit

        centre, far = digamma(self.a) - digamma(self.b), math.sqrt(2 * _TAIL) * self.spread
        odds = _even(centre - far - _TAIL / self.a, centre + far + _TAIL / self.b, min(step, _LONGEST_STEP))
        return expit(odds), _weights(-self.a * np.logaddexp(0, -odds) - self.b * np.logaddexp(0, odds))

    def mirrored(self) -> Beta:
        """The share without a yes."""
        return Beta(self.b, self.a)

    def above(self, other: Beta) -> float:
        """The chance that this rate is above the other.

        Where a parameter is a whole number and users are few, by a finite sum of positive terms (Miller, Formulas for
        Bayesian A/B Testing, 2013, equation 6), as logarithms of beta functions of many users lose digits; elsewhere by
        quadrature over the narrower of the two.
        """
        for one, two, in_order in (
            (self, other, True), (other, self, False), (other.mirrored(), self.mirrored(), True),
            (self.mirrored(), other.mirrored(), False),
        ):  # fmt: skip
            if one.a == int(one.a) <= _LONGEST_SUM and self.a + self.b + other.a + other.b <= _FEW_USERS:
                chance = _summed(one, two)
                return chance if in_order else 1 - chance
        narrow, wide = (self, other) if self.spread <= other.spread else (other, self)
        rates, weights = narrow.nodes(narrow.spread / STEPS_A_DEVIATION)
        below = float(weights @ wide.cdf(rates))
        return below if narrow is self else 1 - below

    def gain_over(self, other: Beta) -> float:
        """The mean of this rate minus the other where it is above it, 0 elsewhere.

        In closed form: a rate times its density is its mean times the density with one more yes.
        """
        mine, theirs = Beta(self.a + 1, self.b).above(other), self.above(Beta(other.a + 1, other.b))
        return max(self.mean * mine - other.mean * theirs, 0.0)


@dataclass(frozen=True)
class Normal:
    """A mean, or a ratio, of many units: `spread` is its standard error, 0 where no unit differs from another."""

    mean: float
    spread: float

    def cdf(self, value: ArrayLike) -> Floats:
        """The chance of a value below; a half at the mean itself."""
        from scipy.special import ndtr

        if self.spread == 0:
            return np.heaviside(np.asarray(value) - self.mean, 0.5)
        return np.asarray(ndtr((np.asarray(value) - self.mean) / self.spread))

    def nodes(self, step: float) -> tuple[Floats, Floats]:
        """Values and their weights, which sum to 1."""
        if self.spread == 0:
            return np.array([self.mean]), np.ones(1)
        far = math.sqrt(2 * _TAIL)
        z = _even(-far, far, step / self.spread)
        return self.mean + self.spread * z, _weights(-z * z / 2)

    def mirrored(self) -> Normal:
        """The negative value."""
        return Normal(-self.mean, self.spread)

    def above(self, other: Normal) -> float:
        """The chance that this value is above the other; a half where both are the same for sure."""
        return float(self._minus(other).mirrored().cdf(0))

    def gain_over(self, other: Normal) -> float:
        """The mean of this value minus the other where it is above it, 0 elsewhere."""
        difference = self._minus(other)
        if difference.spread == 0:
            return max(difference.mean, 0.0)
        z = difference.mean / difference.spread
        return difference.mean * self.above(other) + difference.spread * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    def _minus(self, other: Normal) -> Normal:
        return Normal(self.mean - other.mean, math.hypot(self.spread, other.spread))


def _even(lower: float, upper: float, step: float) -> Floats:
    return np.linspace(lower, upper, min(math.ceil((upper - lower) / step) + 1, _MOST_NODES))


def _weights(log_density: Floats) -> Floats:
    weights: Floats = np.exp(log_density - log_density.max())
    total: Floats = weights / weights.sum()
    return total


def _summed(one: Beta, other: Beta) -> float:
    """The chance that `one` is above `other`: `one.a` terms, each a multiple of the one before."""
    from scipy.special import betaln

    place = np.arange(int(one.a) - 1)
    first = betaln(other.a, one.b + other.b) - betaln(other.a, other.b)
    ratios = (other.a + place) * (one.b + place) / ((other.a + other.b + one.b + place) * (1 + place))
    return min(float(np.exp(np.concatenate([[first], first + np.cumsum(np.log(ratios))])).sum()), 1.0)

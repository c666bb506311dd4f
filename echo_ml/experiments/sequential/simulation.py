"""Simulated experiments: how often each sequential method finds an effect, with none there and with one.

The benchmark prints it and a test asserts it; what is simulated runs through the functions that readouts use.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed.comparing import compare
from echo_ml.experiments.fixed.estimates import Estimate
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sequential import always_valid, group_sequential
from echo_ml.experiments.sequential.group_sequential import Spending
from echo_ml.experiments.sequential.paths import z_of
from echo_ml.experiments.sequential.sprt import Ending, two_sample_sprt
from echo_ml.experiments.sizes.sizing import ErrorRates, Mean, Share, Size, sample_size

Hits = NDArray[np.bool_]


@dataclass(frozen=True)
class Looks:
    """Looks at equal numbers of users that arrive at each arm; `mde` is what the methods are tuned to."""

    looks: int = 20
    users_a_look: int = 500
    mde: float = 0.015
    alpha: float = 0.05

    @property
    def users(self) -> NDArray[np.float64]:
        """Users of one arm at each look."""
        return self.users_a_look * np.arange(1.0, self.looks + 1)


@dataclass(frozen=True)
class Found:
    """Of many runs: the share in which an effect was found at some look, and the mean users of an arm at the stop."""

    rate: float
    mean_users: float

    @classmethod
    def of(cls, hits: Hits, looks: Looks) -> Found:
        """From hits of shape (runs, looks); a run without one goes on to the last look."""
        found, first = hits.any(axis=-1), hits.argmax(axis=-1)
        users = looks.users[np.where(found, first, looks.looks - 1)]
        return cls(float(found.mean()), float(users.mean()))


def error_limit(alpha: float, runs: int) -> float:
    """What a method that promises `alpha` may show in so many runs: 3 standard errors more."""
    return alpha + 3 * math.sqrt(alpha * (1 - alpha) / runs)


def _single_look(found: Estimate, looks: Looks) -> Hits:
    return np.asarray(np.arange(looks.looks) == looks.looks - 1) & _peeking(found, looks)


def _peeking(found: Estimate, looks: Looks) -> Hits:
    return np.asarray(found.p_value <= looks.alpha)


def _spending(spending: Spending) -> Callable[[Estimate, Looks], Hits]:
    def hits(found: Estimate, looks: Looks) -> Hits:
        return np.asarray(
            np.abs(z_of(found)) >= group_sequential.boundaries(looks.users.tolist(), looks.alpha, spending)
        )

    return hits


def _always_valid_p(found: Estimate, looks: Looks) -> Hits:
    tau = always_valid.mixture_deviation(looks.mde)
    return np.asarray(always_valid.p_values(found.effect, found.std_error, tau) <= looks.alpha)


def _confidence_sequence(found: Estimate, looks: Looks) -> Hits:
    tau = always_valid.mixture_deviation(looks.mde)
    return _leaves_zero(always_valid.confidence_sequence(found.effect, found.std_error, tau, looks.alpha))


def _asymptotic(found: Estimate, looks: Looks) -> Hits:
    units = 2 * looks.users
    return _leaves_zero(
        always_valid.asymptotic_confidence_sequence(found.effect, found.std_error, units, units[-1], looks.alpha)
    )


def _sprt(found: Estimate, looks: Looks) -> Hits:
    return np.asarray(two_sample_sprt(found.effect, found.std_error, looks.mde, looks.alpha).ending == Ending.DIFFERENT)


def _leaves_zero(ends: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Hits:
    return (ends[0] > 0) | (ends[1] < 0)


ONE_LOOK = "fixed horizon, one look"
PEEKING = "fixed horizon, peeking"
SEQUENTIAL: dict[str, Callable[[Estimate, Looks], Hits]] = {
    "group sequential, O'Brien-Fleming": _spending(Spending.OBRIEN_FLEMING),
    "group sequential, Pocock": _spending(Spending.POCOCK),
    "mSPRT, always-valid p": _always_valid_p,
    "mSPRT, confidence sequence": _confidence_sequence,
    "asymptotic confidence sequence": _asymptotic,
    "two-sample SPRT": _sprt,
}
METHODS = {ONE_LOOK: _single_look, PEEKING: _peeking, **SEQUENTIAL}


def found_by_method(base: float, effect: float, runs: int, looks: Looks, seed: int) -> dict[str, Found]:
    """Every method on the same runs of two arms with the rates `base` and `base + effect`."""
    rng = np.random.default_rng(seed)
    control, variant = (
        Moments.of(looks.users_a_look, rng.binomial(looks.users_a_look, rate, (runs, looks.looks))).cumulative(axis=1)
        for rate in (base, base + effect)
    )
    estimate = compare(MetricKind.PROPORTION, control, variant, looks.alpha)
    return {name: Found.of(hits(estimate, looks), looks) for name, hits in METHODS.items()}


@dataclass(frozen=True)
class Plan:
    """A design with the size that gives it the planned power, over so many equal looks (O'Brien-Fleming)."""

    outcome: Share | Mean
    effect: float
    ratio: float = 1.0
    looks: int = 1
    rates: ErrorRates = field(default_factory=ErrorRates)

    @property
    def size(self) -> Size:
        """Units of both arms."""
        size = sample_size(self.outcome, self.effect, self.rates, self.ratio)
        if self.looks == 1:
            return size
        factor = group_sequential.inflation(self.looks, self.rates.alpha, self.rates.power)
        return Size(math.ceil(size.control * factor), math.ceil(size.variant * factor), size.formula)


PLANS = {
    "shares 10 -> 11.5 %": Plan(Share(0.10), 0.015),
    "shares 2 -> 2.5 %": Plan(Share(0.02), 0.005),
    "shares, variant half of control": Plan(Share(0.10), 0.015, ratio=0.5),
    "shares, 5 looks": Plan(Share(0.10), 0.015, looks=5),
    "means, 0.5 of a deviation": Plan(Mean(4.0), 1.0),
    "means, 0.05 of a deviation": Plan(Mean(4.0), 0.1),
    "means, power 0.9": Plan(Mean(4.0), 0.1, rates=ErrorRates(power=0.9)),
}


def power_of_plan(plan: Plan, runs: int, seed: int) -> float:
    """The share of runs of the planned size that find the effect."""
    rng = np.random.default_rng(seed)
    size, alpha = plan.size, plan.rates.alpha
    control = _arm(rng, plan, 0.0, size.control, runs)
    variant = _arm(rng, plan, plan.effect, size.variant, runs)
    kind = MetricKind.PROPORTION if isinstance(plan.outcome, Share) else MetricKind.MEAN
    z = z_of(compare(kind, control, variant, alpha))
    users = control.users[0] + variant.users[0]
    return float((np.abs(z) >= group_sequential.boundaries(users.tolist(), alpha)).any(axis=-1).mean())


def _arm(rng: np.random.Generator, plan: Plan, shift: float, users: int, runs: int) -> Moments:
    """Cumulative moments of shape (runs, looks); values of a mean are normal."""
    counts = np.diff(np.linspace(0, users, plan.looks + 1).round()).astype(int)
    shape = (runs, plan.looks)
    everywhere = np.broadcast_to(counts, shape)
    if isinstance(plan.outcome, Share):
        return Moments.of(everywhere, rng.binomial(counts, plan.outcome.rate + shift, shape)).cumulative(axis=1)
    sums = rng.normal(shift * counts, np.sqrt(plan.outcome.variance * counts), shape)
    squares = plan.outcome.variance * rng.chisquare(counts - 1, shape) + sums**2 / counts
    return Moments.of(everywhere, sums, squares).cumulative(axis=1)

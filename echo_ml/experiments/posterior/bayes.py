"""The Bayesian view of one metric: how likely each arm is to be better than control, and what choosing it may cost.

It informs and does not decide: it promises nothing of how often it is wrong when one looks at growing data. Conjugate
models only, without draws; what is not conjugate is in `shrinkage.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, Self, TypeVar

import numpy as np

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.findings import Bayes
from echo_ml.experiments.fixed import comparing
from echo_ml.experiments.moments import Floats, Moments
from echo_ml.experiments.posterior.posterior_lifts import PosteriorLift, lift_of_means, lift_of_rates
from echo_ml.experiments.posterior.posteriors import STEPS_A_DEVIATION, Beta, Normal
from echo_ml.experiments.posterior.priors import FLAT, JEFFREYS, Prior

CONVINCED = 0.95
"""From this chance on the variant is said to win, up to one minus it to lose, when priors are compared."""
_BY_NORMALS = "normal approximation, flat prior on effects"


class Posterior(Protocol):
    """What is known of one arm's value, as `posteriors.Beta` and `posteriors.Normal` have it, each for its own kind."""

    @property
    def spread(self) -> float:
        """Standard deviation on the scale on which nodes are even."""

    def cdf(self, value: Floats) -> Floats:
        """The chance of a value below."""

    def nodes(self, step: float) -> tuple[Floats, Floats]:
        """Values and their weights."""

    def mirrored(self) -> Self:
        """What is higher where this is lower."""

    def above(self, other: Self) -> float:
        """The chance of being above the other."""

    def gain_over(self, other: Self) -> float:
        """The mean of what this one is above the other."""


Arm = TypeVar("Arm", bound=Posterior)


def against_control(
    kind: MetricKind, control: Moments, variants: Moments, prior: Prior | None = None, *, alpha: float = 0.05,
    lower_is_better: bool = False, points: int = 61,
) -> list[Bayes | None]:  # fmt: skip
    """Each variant (shape (variants,)) against control (a scalar): one entry a variant, None where an arm is empty.

    Proportions are Beta-Binomial, with `prior` (flat if none) on the rate of each arm. Other kinds are by the normal
    approximation: an arm's value is normal about what was seen, with its standard error, under a flat prior on effects;
    there an entry is also None where no unit of either arm differs from another. The credible interval leaves alpha / 2
    to either side. Where lower is better the variant wins by being lower; lifts keep their sign. `prob_best` is over
    all arms that are not empty, control among them. Densities of lifts have as many `points`; 0 leaves them out.
    """
    if kind is not MetricKind.PROPORTION:
        means = [*_means(kind, control), *_means(kind, variants)]
        found = _against(means, lower_is_better, partial(lift_of_means, alpha=alpha, points=points))
        return [each and replace(each, method=_BY_NORMALS) for each in found]
    own = prior or FLAT
    rates = [rate(arm, own) for arm in (control, *_each(variants))]
    found = _against(rates, lower_is_better, partial(lift_of_rates, alpha=alpha, points=points))
    by_prior = (
        prior_sensitivity(control, arm, (FLAT, JEFFREYS, own), lower_is_better=lower_is_better)
        for arm in _each(variants)
    )
    method = f"Beta-Binomial, {own.name} prior"
    return [
        each and replace(each, method=method, sensitivity=chances, depends_on_prior=depends_on_prior(chances))
        for each, chances in zip(found, by_prior, strict=True)
    ]


def rate(arm: Moments, prior: Prior) -> Beta | None:
    """What is known of an arm's rate after its users (a scalar); None in an empty arm."""
    users, yes = float(arm.users), float(arm.y)
    return Beta(prior.a + yes, prior.b + users - yes) if users > 0 else None


def prior_sensitivity(
    control: Moments, variant: Moments, priors: Iterable[Prior], *, lower_is_better: bool = False
) -> Mapping[str, float]:
    """`prob_variant_wins` of one proportion under each prior, by its name; nothing where an arm is empty."""
    found = {}
    for prior in dict.fromkeys(priors):
        own, other = rate(variant, prior), rate(control, prior)
        if own and other:
            found[prior.name] = other.above(own) if lower_is_better else own.above(other)
    return found


def depends_on_prior(chances: Mapping[str, float]) -> bool:
    """Whether one prior says that the variant wins (or loses) by `CONVINCED` and another does not."""
    return len({(chance >= CONVINCED, chance <= 1 - CONVINCED) for chance in chances.values()}) > 1


def prob_best(arms: Sequence[Arm]) -> Floats:
    """The chance of each arm to be the highest, shape (arms,); arms that are the same for sure share it.

    By quadrature of an arm's density times the chances that all others are below, fine enough for the narrowest arm:
    the error is below 1e-9 for ten arms, 1e-4 where one arm is thousands of times as wide as another.
    """
    if len(arms) < 3:
        first = arms[0].above(arms[1]) if len(arms) == 2 else 1.0
        return np.array([first, 1 - first])[: len(arms)]
    step = min(arm.spread for arm in arms if arm.spread > 0) / STEPS_A_DEVIATION
    chances = np.empty(len(arms))
    for at, arm in enumerate(arms):
        values, weights = arm.nodes(step)
        others = [*arms[:at], *arms[at + 1 :]]
        chances[at] = weights @ np.prod([other.cdf(values) for other in others], axis=0)
    total: Floats = chances / chances.sum()
    return total


def _against(
    arms: Sequence[Arm | None], lower_is_better: bool, lift: Callable[[Arm, Arm], PosteriorLift]
) -> list[Bayes | None]:
    control, *variants = arms
    found: list[Bayes | None] = [None] * len(variants)
    if control is None:
        return found
    known: list[tuple[int, Arm]] = [
        (at, arm) for at, arm in enumerate(variants) if arm is not None and arm.spread + control.spread > 0
    ]
    higher: list[Arm] = [arm.mirrored() if lower_is_better else arm for arm in (control, *(arm for _, arm in known))]
    chances = prob_best(higher)[1:]
    for (at, arm), own, chance in zip(known, higher[1:], chances, strict=True):
        found[at] = _bayes(own, higher[0], float(chance), lift(arm, control))
    return found


def _bayes(variant: Arm, control: Arm, prob_best: float, lift: PosteriorLift) -> Bayes:
    """Of two arms of which the higher one is better."""
    return Bayes(
        prob_variant_wins=variant.above(control),
        prob_best=prob_best,
        expected_lift=lift.expected,
        credible_interval=lift.interval,
        loss_if_shipped=control.gain_over(variant),
        loss_if_kept=variant.gain_over(control),
        density=lift.density,
    )


def _means(kind: MetricKind, arms: Moments) -> list[Normal | None]:
    values, variances = (np.atleast_1d(each) for each in comparing.value(kind, arms))
    return [
        Normal(float(value), math.sqrt(variance)) if math.isfinite(value) and math.isfinite(variance) else None
        for value, variance in zip(values, variances, strict=True)
    ]


def _each(arms: Moments) -> list[Moments]:
    columns = (arms.users, arms.y, arms.yy, arms.x, arms.xx, arms.xy)
    return [Moments.of(*row) for row in zip(*columns, strict=True)]

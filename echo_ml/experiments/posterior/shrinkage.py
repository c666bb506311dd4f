"""Partial pooling of many effects towards their common mean, against the winner's curse.

`empirical_bayes` is instant and in closed form; `shrink` samples a hierarchical model, which takes seconds and tells
effects of experiments from effects of arms. Which effects of which readouts are pooled is in `portfolio.py`.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from echo_ml.experiments.fixed.estimates import normal_quantile
from echo_ml.experiments.moments import Floats

R_HAT_AT_MOST = 1.01
ESS_AT_LEAST = 400
"""Both from Vehtari, Gelman, Simpson, Carpenter and Buerkner, Bayesian Analysis 16, 2021, 667-718."""


@dataclass(frozen=True)
class Effects:
    """n effects on one scale, as relative lifts are: shape (n,), covariance of their errors (n, n), experiment (n,).

    Arms that share a control have errors that go together; `experiment` is a number from 0 on without gaps.
    """

    effect: Floats
    covariance: Floats
    experiment: NDArray[np.int64]


@dataclass(frozen=True)
class Diagnostics:
    """How well a model was sampled: the worst of all its parameters, and the divergences of all chains."""

    max_r_hat: float
    min_ess: float
    divergences: int

    def checks(self) -> tuple[tuple[str, bool, str], ...]:
        """What is asked of a sample before it is relied on: name, whether it holds, and the figure in words."""
        r_hat, ess = f"r-hat is {self.max_r_hat:.3f}", f"effective sample size is {self.min_ess:.0f}"
        return (
            ("chains_agree", self.max_r_hat <= R_HAT_AT_MOST, f"{r_hat}, at most {R_HAT_AT_MOST} is asked for"),
            ("draws_suffice", self.min_ess >= ESS_AT_LEAST, f"{ess}, at least {ESS_AT_LEAST} is asked for"),
            ("nothing_diverges", self.divergences == 0, f"{self.divergences} divergences, none is allowed"),
        )

    def problems(self) -> tuple[str, ...]:
        """Why the result cannot be relied on, in words; nothing where it can."""
        return tuple(says for _, holds, says in self.checks() if not holds)


@dataclass(frozen=True)
class Shrunken:
    """What is left of the effects, with the ends of an interval at 1 - alpha, each of shape (n,).

    `average` is what they are drawn to, `deviation` the standard deviation of true effects about it.
    """

    effect: Floats
    lower: Floats
    upper: Floats
    average: float
    deviation: float
    method: str
    diagnostics: Diagnostics | None = None


def empirical_bayes(effects: Effects, alpha: float = 0.05) -> Shrunken:
    """True effects are normal about an average, and their variance is estimated first and then taken as known.

    The variance is by the method of moments (DerSimonian and Laird, Controlled Clinical Trials 7, 1986, 177-188; here
    with errors that may be correlated), the effects are best linear unbiased predictions, and intervals hold the
    uncertainty of the average, but not that of the variance: with few effects they are too narrow. Needs one effect.
    """
    effect, errors = effects.effect, effects.covariance
    ones = np.ones_like(effect)
    variance = _variance_between(effect, errors)
    precision = np.linalg.inv(errors + variance * np.eye(effect.size))
    of_average = 1 / (ones @ precision @ ones)
    average = float(of_average * (ones @ precision @ effect))
    kept = variance * precision
    free = ones - kept @ ones
    posterior = kept @ errors + of_average * np.outer(free, free)
    centre = average + kept @ (effect - average)
    margin = normal_quantile(alpha) * np.sqrt(np.diag(posterior))
    return Shrunken(
        centre, centre - margin, centre + margin, average, float(np.sqrt(variance)),
        "empirical Bayes, variance between effects by DerSimonian and Laird",
    )  # fmt: skip


def shrink(
    effects: Effects, *, seed: int, alpha: float = 0.05, scale: float = 0.1, chains: int = 4, draws: int = 750,
    tune: int = 750,
) -> Shrunken:  # fmt: skip
    """By PyMC: true effects scatter about an average by experiment, and by arm within an experiment.

    The average is Normal(0, scale), the standard deviation of true effects HalfNormal(scale), the share of their
    variance that is between experiments uniform; non-centred (Betancourt and Girolami 2015), sampled by NUTS, one chain
    after the other in this process. `scale` is what a large effect is, on the scale of the effects: 0.1 for lifts.
    The same seed gives the same result. Intervals are quantiles of the draws. Look at `diagnostics.problems()`.
    """
    with _quiet_pymc() as pymc, _model(pymc, effects, scale):
        sampled = pymc.sample(
            draws=draws, tune=tune, chains=chains, cores=1, random_seed=seed, target_accept=0.99, progressbar=False,
            compute_convergence_checks=False, compile_kwargs={"mode": "NUMBA"},
        )  # fmt: skip
        diagnostics = _diagnostics(sampled)
    true = sampled.posterior["effect"].values.reshape(-1, effects.effect.size)
    lower, upper = np.quantile(true, [alpha / 2, 1 - alpha / 2], axis=0)
    average, deviation = (float(sampled.posterior[name].mean()) for name in ("average", "deviation"))
    return Shrunken(
        true.mean(axis=0), lower, upper, average, deviation, "hierarchical model, sampled by PyMC", diagnostics
    )


def _model(pymc: Any, effects: Effects, scale: float) -> Any:
    """Errors are whitened, so that those of arms that share a control may be correlated."""
    whiten = np.linalg.inv(np.linalg.cholesky(effects.covariance))
    arms, experiments = int(effects.effect.size), int(effects.experiment.max()) + 1
    member = np.eye(experiments)[effects.experiment]
    with pymc.Model() as model:
        average = pymc.Normal("average", 0, scale)
        deviation = pymc.HalfNormal("deviation", scale)
        share = pymc.Uniform("share", 0, 1)
        by_experiment = pymc.Normal("by_experiment", 0, 1, shape=experiments)
        by_arm = pymc.Normal("by_arm", 0, 1, shape=arms)
        scatter = pymc.math.sqrt(share) * pymc.math.dot(member, by_experiment) + pymc.math.sqrt(1 - share) * by_arm
        true = pymc.Deterministic("effect", average + deviation * scatter)
        pymc.Normal("seen", pymc.math.dot(whiten, true), 1, observed=whiten @ effects.effect)
    return model


def _diagnostics(sampled: Any) -> Diagnostics:
    import arviz

    names = ["average", "deviation", "share", "effect"]
    r_hat = arviz.rhat(sampled, var_names=names).to_array()
    sizes = [arviz.ess(sampled, var_names=names, method=method).to_array() for method in ("bulk", "tail")]
    return Diagnostics(
        max_r_hat=float(r_hat.max(skipna=False)),
        min_ess=min(float(size.min(skipna=False)) for size in sizes),
        divergences=int(sampled.sample_stats["diverging"].sum()),
    )


@contextmanager
def _quiet_pymc() -> Iterator[Any]:
    """PyMC, imported without a search for a C compiler, which the compilation that we ask for does not need."""
    os.environ.setdefault("PYTENSOR_FLAGS", "cxx=")
    log = logging.getLogger("pymc")
    level = log.level
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pymc

        log.setLevel(logging.ERROR)
        try:
            yield pymc
        finally:
            log.setLevel(level)


def _variance_between(effect: Floats, errors: Floats) -> float:
    """What the effects scatter about their weighted mean beyond what their errors explain, never below 0."""
    precision = np.linalg.inv(errors)
    weights = precision.sum(axis=0)
    residual = precision - np.outer(weights, weights) / weights.sum()
    trace = float(np.trace(residual))
    beyond = float(effect @ residual @ effect) - (effect.size - 1)
    return max(beyond / trace, 0.0) if effect.size > 1 else 0.0

r"""A portfolio of 30 experiments with one to three arms beside control, its effects pooled by PyMC, in one process.

    python benchmarks/experiment_portfolio.py [--experiments 30] [--seed 1]

Beside it, in the same run and a process of its own: PyMC with all its defaults on the model that its users write first,
binomial counts with a normal effect an arm. Both times hold the import of PyMC and compiling what is not in its cache,
so the ratio of a first run is not that of a second. Prints seconds, diagnostics, the ratio, and what pooling in closed
form takes. Ends with 1 above 60 seconds.
"""

from __future__ import annotations

import argparse
import datetime
import logging
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TypeVar

import numpy as np

from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.design import Design, Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import Readout
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.portfolio import portfolio
from echo_ml.experiments.posterior.shrinkage import Diagnostics

BOUND = 60.0
DAYS, USERS_A_DAY = 14, 1500
START = datetime.date(2024, 1, 1)
LAST = START + datetime.timedelta(days=DAYS - 1)
RATE = Metric("conversion_rate", MetricKind.PROPORTION, "", "fraction")

Made = TypeVar("Made")


def counts(number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Users and conversions, arms by days, control first; true lifts scatter with a standard deviation of 3 %."""
    arms = 2 + number % 3
    users = rng.poisson(USERS_A_DAY, (arms, DAYS))
    lift = np.concatenate([[0.0], rng.normal(0, 0.03, arms - 1)])
    return users, rng.binomial(users, 0.1 * (1 + lift)[:, None])


def readout(number: int, users: np.ndarray, conversions: np.ndarray) -> Readout:
    """What the library says of one experiment."""
    arms = ("control", "a", "b", "c")[: len(users)]
    design = Design(
        experiment_id=f"EXP-{number:02}", name=f"Experiment {number}", unit="user",
        arms={arm: 1 / len(arms) for arm in arms}, control="control", primary=RATE, secondary=(), guardrails=(),
        mde=0.005, alpha=0.05, power=0.8, looks=1, started_on=START, ends_on=LAST, min_days=7,
    )  # fmt: skip
    evidence = Evidence(
        experiment_id=design.experiment_id, as_of=LAST, arms=arms,
        days=tuple(START + datetime.timedelta(days=day) for day in range(DAYS)),
        metrics={RATE.name: Moments.of(users, conversions)},
        last_assigned_at=datetime.datetime.combine(LAST, datetime.time(20), datetime.UTC),
    )  # fmt: skip
    return readout_of(design, None, evidence)


def by_pymc_alone(drawn: list[tuple[np.ndarray, np.ndarray]], seed: int) -> tuple[float, Diagnostics]:
    """All defaults, in a new process; seconds, and the same diagnostics."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(timed, partial(_alone, drawn, seed)).result()


def _alone(drawn: list[tuple[np.ndarray, np.ndarray]], seed: int) -> Diagnostics:
    warnings.simplefilter("ignore")
    import arviz
    import pymc

    logging.getLogger("pymc").setLevel(logging.ERROR)
    users, conversions = (np.concatenate([pair[at].sum(axis=1) for pair in drawn]) for at in (0, 1))
    experiment = np.repeat(np.arange(len(drawn)), [len(pair[0]) for pair in drawn])
    treated = np.concatenate([np.arange(len(pair[0])) > 0 for pair in drawn])
    with pymc.Model():
        base = pymc.Normal("base", -2, 1, shape=len(drawn))
        scatter = pymc.HalfNormal("scatter", 0.1)
        effect = pymc.Normal("effect", 0, scatter, shape=int(treated.sum()))
        design = np.eye(len(treated))[:, treated]
        pymc.Binomial("seen", n=users, logit_p=base[experiment] + pymc.math.dot(design, effect), observed=conversions)
        sampled = pymc.sample(random_seed=seed, progressbar=False)
    return Diagnostics(
        float(arviz.rhat(sampled).to_array().max()),
        float(arviz.ess(sampled).to_array().min()),
        int(sampled.sample_stats["diverging"].sum()),
    )


def timed(work: Callable[[], Made]) -> tuple[float, Made]:
    """Wall seconds, and what came of them."""
    start = time.perf_counter()
    made = work()
    return time.perf_counter() - start, made


def main() -> None:
    """Measure once each and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    drawn = [counts(number, rng) for number in range(asked.experiments)]
    readouts = [readout(number, *pair) for number, pair in enumerate(drawn)]
    at_once, closed = timed(lambda: portfolio(readouts))
    theirs, alone = by_pymc_alone(drawn, asked.seed)  # first: importing PyMC for ours sets its compiler for good
    ours, sampled = timed(lambda: portfolio(readouts, seed=asked.seed, shrink=True))
    pooled = [entry for entry in sampled.entries if entry.shrunken_lift is not None]
    print(f"{asked.experiments} experiments, {len(pooled)} effects pooled, seed {asked.seed}")
    print(f"closed form             {at_once:7.2f} s   deviation of true lifts {closed.deviation:.4f}")
    for name, seconds, found in (
        ("PyMC, all its defaults", theirs, alone),
        ("portfolio by PyMC", ours, sampled.diagnostics),
    ):
        print(
            f"{name:22}  {seconds:7.2f} s   {seconds / theirs:4.2f}   r-hat {found.max_r_hat:.4f}   "
            f"ESS {found.min_ess:.0f} ({found.min_ess / seconds:.0f} a second)   divergences {found.divergences}"
        )
    print(f"                                    deviation of true lifts {sampled.deviation:.4f} (drawn with 0.03)")
    for problem in sampled.diagnostics.problems():
        print(f"problem: {problem}")
    sys.exit(f"over the bound of {BOUND:.0f} s" if ours > BOUND else None)


if __name__ == "__main__":
    main()

r"""Readouts of many experiments from sufficient statistics: the library alone, without a database and without PyMC.

    python benchmarks/experiment_readouts.py [--experiments 1000] [--days 30] [--rounds 3]

Each experiment has four metrics (a proportion, a mean with a covariate, a count, a ratio), two to four arms, and one of
the three methods in turn. Beside it, in the same run, what statsmodels and scipy take for the fixed-horizon tests
alone of the same comparisons (two-proportion z with Newcombe's interval, Welch). Prints the medians and their ratio;
ends with 1 above the bound of 10 seconds a thousand experiments.
"""

from __future__ import annotations

import argparse
import datetime
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.design import Design, Guardrail, Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.moments import Moments

START = datetime.date(2024, 1, 1)
BOUND = 10.0
RATE = Metric("conversion_rate", MetricKind.PROPORTION, "", "fraction")
REVENUE = Metric("revenue_per_user", MetricKind.MEAN, "", "currency")
ORDERS = Metric("orders_per_user", MetricKind.COUNT, "", "orders")
ORDER_VALUE = Metric("revenue_per_order", MetricKind.RATIO, "", "currency")
ARMS = (
    {"control": 0.5, "a": 0.5},
    {"control": 0.4, "a": 0.3, "b": 0.3},
    {"control": 0.5, "a": 0.25, "b": 0.15, "c": 0.1},
)


def design(number: int, days: int) -> Design:
    """The experiments differ in arms and method."""
    return Design(
        experiment_id=f"EXP-{number:04}", name=f"Experiment {number}", unit="user", arms=ARMS[number % 3],
        control="control", primary=RATE, secondary=(ORDERS, ORDER_VALUE), guardrails=(Guardrail(REVENUE, 0.5),),
        mde=0.01, alpha=0.05, power=0.8, looks=(1, 5, None)[number // 3 % 3], started_on=START,
        ends_on=START + datetime.timedelta(days=days - 1), min_days=7,
    )  # fmt: skip


def evidence(of: Design, days: int, rng: np.random.Generator) -> Evidence:
    """Draws by arm and day: about 200 users a day, every third experiment with an effect."""
    shares = np.array(list(of.arms.values()))[:, None]
    users = rng.poisson(200 * shares, (len(of.arms), days)).astype(float)
    lift = 1 + 0.2 * (np.arange(len(of.arms)) > 0)[:, None] * (rng.random() < 1 / 3)
    conversions = rng.binomial(users.astype(int), 0.1 * lift)
    revenue = users * 5 + rng.normal(0, 20 * np.sqrt(np.maximum(users, 1)))
    before = users * 4 + rng.normal(0, 10 * np.sqrt(np.maximum(users, 1)))
    orders = rng.poisson(0.3 * users).astype(float)
    last = START + datetime.timedelta(days=days - 1)
    return Evidence(
        experiment_id=of.experiment_id, as_of=last, arms=tuple(of.arms),
        days=tuple(START + datetime.timedelta(days=day) for day in range(days)),
        metrics={
            RATE.name: Moments.of(users, conversions),
            REVENUE.name: Moments.of(users, revenue, users * 425, before, users * 116, users * 60),
            ORDERS.name: Moments.of(users, orders, orders * 1.3),
            ORDER_VALUE.name: Moments.of(users, revenue, users * 425, orders, orders * 1.3, orders * 5.5),
        },
        last_assigned_at=datetime.datetime.combine(last, datetime.time(20), datetime.UTC),
    )  # fmt: skip


def with_public_tools(_: Design, counted: Evidence) -> None:
    """The fixed-horizon tests alone, one call a comparison."""
    from scipy.stats import ttest_ind_from_stats
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    for name, moments in counted.metrics.items():
        total = moments.sum(axis=1)
        (n, *users), (y, *sums), deviation = total.users, total.y, np.sqrt(total.variance)
        for at, (count, found) in enumerate(zip(users, sums, strict=True), 1):
            if name == RATE.name:
                proportions_ztest([found, y], [count, n])
                confint_proportions_2indep(found, count, y, n, method="newcomb")
            else:
                ttest_ind_from_stats(
                    total.mean[at], deviation[at], count, total.mean[0], deviation[0], n, equal_var=False
                )


def seconds(work: Callable[[Design, Evidence], object], drawn: list[tuple[Design, Evidence]]) -> float:
    """Wall seconds for all experiments, one after the other."""
    start = time.perf_counter()
    for of, counted in drawn:
        work(of, counted)
    return time.perf_counter() - start


def main() -> None:
    """Measure in turns, print medians and ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=1000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rng = np.random.default_rng(1)
    designs = [design(number, asked.days) for number in range(asked.experiments)]
    drawn = [(of, evidence(of, asked.days, rng)) for of in designs]
    works = {"readouts": lambda of, counted: readout_of(of, None, counted), "public tools": with_public_tools}
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(asked.rounds):
        for name, work in works.items():
            taken[name].append(seconds(work, drawn))
        print("  ".join(f"{name} {times[-1]:.2f} s" for name, times in taken.items()), flush=True)
    ours, theirs = (median(times) for times in taken.values())
    print(f"\n{asked.experiments} experiments x 4 metrics x {asked.days} days, median of {asked.rounds}")
    print(f"public tools, fixed-horizon tests alone   {theirs:6.2f} s   1.00")
    print(f"readouts                                  {ours:6.2f} s   {ours / theirs:.2f}")
    bound = BOUND * asked.experiments / 1000
    sys.exit(f"over the bound of {bound:.1f} s" if ours > bound else None)


if __name__ == "__main__":
    main()

r"""How often decisions are wrong and how soon they come: whole readouts of simulated experiments, day by day.

    python benchmarks/experiment_decisions.py [--runs 400] [--days 14]

Each run draws one experiment of two arms at a base rate of 10 %, with the users that its fixed design needs, and asks
for a readout at the end of every day, as the platform does, until one decides. The true effect is none, the minimum
detectable one, or that much harm. Prints the share of each first decision and the mean day of it; ends with 1 if
arms without an effect cross a boundary more often than alpha and three standard errors, or if the fixed design finds
the effect it was planned for less often than its power less three standard errors.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.design import Design, Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import Outcome
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sizes.sizing import ErrorRates, Share, required_users

START = datetime.date(2024, 1, 1)
BASE, MDE = 0.10, 0.015
RATE = Metric("conversion_rate", MetricKind.PROPORTION, "", "fraction")
TRUTHS = {"no effect": 0.0, "the planned effect": MDE, "as much harm": -MDE}
PLANS = {"fixed horizon": 1, "group sequential, 5 looks": 5, "always valid": None}
OPEN = "open at the end"


@dataclass(frozen=True)
class Simulation:
    """Experiments of so many days under one plan; `users` of one arm over all days."""

    design: Design
    days: int
    users: int

    def first_decision(self, effect: float, rng: np.random.Generator) -> tuple[str, int, bool]:
        """What is decided first, on which day, and whether a boundary was crossed; drawn anew with every call."""
        users = rng.multinomial(self.users, np.full(self.days, 1 / self.days), size=2).astype(float)
        conversions = rng.binomial(users.astype(int), np.array([[BASE], [BASE + effect]])).astype(float)
        for day in range(1, self.days + 1):
            readout = readout_of(self.design, None, self._evidence(users, conversions, day))
            if readout.decision.outcome is not Outcome.KEEP_RUNNING:
                return str(readout.decision.outcome), day, readout.paths[0].crossed_on is not None
        return OPEN, self.days, False

    def _evidence(self, users: np.ndarray, conversions: np.ndarray, day: int) -> Evidence:
        last = START + datetime.timedelta(days=day - 1)
        return Evidence(
            experiment_id="EXP", as_of=last, arms=("control", "treatment"),
            days=tuple(START + datetime.timedelta(days=before) for before in range(day)),
            metrics={RATE.name: Moments.of(users[:, :day], conversions[:, :day])},
            last_assigned_at=datetime.datetime.combine(last, datetime.time(20), datetime.UTC),
        )  # fmt: skip


def simulation(looks: int | None, days: int) -> Simulation:
    """A plan with the users of the fixed design, whatever its looks."""
    users = required_users(Share(BASE), MDE, ErrorRates())
    plan = Design(
        experiment_id="EXP", name="simulated", unit="user", arms={"control": 0.5, "treatment": 0.5}, control="control",
        primary=RATE, secondary=(), guardrails=(), mde=MDE, alpha=0.05, power=0.8, looks=1, started_on=START,
        ends_on=START + datetime.timedelta(days=days - 1), min_days=1,
    )  # fmt: skip
    return Simulation(replace(plan, looks=looks), days, round(users or 0))


def main() -> None:
    """Simulate every plan under every truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--days", type=int, default=14)
    asked = parser.parse_args()
    rng, wrong = np.random.default_rng(1), []
    outcomes = ("SHIP", "DO_NOT_SHIP", "NO_MEANINGFUL_EFFECT", "BLOCKED", OPEN)
    print(f"{'':46}" + "".join(f"{outcome[:15]:>17}" for outcome in outcomes) + f"{'mean day':>10}")
    for plan, looks in PLANS.items():
        simulated = simulation(looks, asked.days)
        for truth, effect in TRUTHS.items():
            found = [simulated.first_decision(effect, rng) for _ in range(asked.runs)]
            shares = {outcome: count / asked.runs for outcome, count in Counter(each for each, _, _ in found).items()}
            row = "".join(f"{shares.get(outcome, 0):>17.3f}" for outcome in outcomes)
            print(f"{plan + ', ' + truth:46}{row}{np.mean([day for _, day, _ in found]):>10.1f}", flush=True)
            crossed = sum(has_crossed for _, _, has_crossed in found) / asked.runs
            wrong += misses(plan, truth, crossed, asked.runs)
    sys.exit("; ".join(wrong) or None)


def misses(plan: str, truth: str, crossed: float, runs: int) -> list[str]:
    """What is further off than chance explains; `crossed` is the share of runs that crossed a boundary."""
    if truth == "no effect" and crossed > 0.05 + 3 * sqrt(0.05 * 0.95 / runs):
        return [f"{plan}: a boundary is crossed in {crossed:.1%} of the runs without an effect"]
    if truth == "the planned effect" and PLANS[plan] == 1 and crossed < 0.8 - 3 * sqrt(0.16 / runs):
        return [f"{plan}: the planned effect is found in {crossed:.1%} only"]
    return []


if __name__ == "__main__":
    main()

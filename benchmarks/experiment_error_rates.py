"""Error rates and power of the sequential methods and of planned sizes, by simulation; exit code 1 if one is broken.

python benchmarks/experiment_error_rates.py [--runs 10000] [--looks 20]
"""

from __future__ import annotations

import argparse

from echo_ml.experiments.sequential.simulation import (
    PLANS,
    SEQUENTIAL,
    Looks,
    error_limit,
    found_by_method,
    power_of_plan,
)

BASES = (0.10, 0.02)
EFFECT = 0.015
OFF_BY = 0.02
FEWEST_RUNS_FOR_POWER = 10_000
"""Fewer could be off by that much from noise alone."""
SEED = 20260101


def errors_hold(runs: int, looks: Looks) -> bool:
    """Print error rates, power and users by method; whether every sequential one holds its error."""
    none = [found_by_method(base, 0.0, runs, looks, SEED) for base in BASES]
    some = found_by_method(BASES[0], EFFECT, runs, looks, SEED + 1)
    limit = error_limit(looks.alpha, runs)
    print(f"{runs:,} runs, {looks.looks} looks x {looks.users_a_look} users an arm; sequential: at most {limit:.4f}")
    print(f"{'':36}{'A/A 10 %':>10}{'A/A 2 %':>10}{'10 -> 11.5 %':>14}{'users an arm at stop':>22}")
    for name, found in some.items():
        rates = "".join(f"{each[name].rate:>10.4f}" for each in none)
        print(f"{name:36}{rates}{found.rate:>14.3f}{found.mean_users:>22,.0f}")
    return all(each[name].rate <= limit for each in none for name in SEQUENTIAL)


def powers_hold(runs: int) -> bool:
    """Print the power of planned sizes; whether each is within 2 points of the planned."""
    print(f"\n{'power of planned sizes':36}{'control':>10}{'variant':>10}{'planned':>10}{'simulated':>11}   formula")
    off = []
    for name, plan in PLANS.items():
        power, size = power_of_plan(plan, runs, SEED + 2), plan.size
        print(
            f"{name:36}{size.control:>10,}{size.variant:>10,}{plan.rates.power:>10.2f}{power:>11.3f}   {size.formula}"
        )
        off.append(abs(power - plan.rates.power))
    return max(off) <= OFF_BY


def main() -> None:
    """Simulate, print, and fail if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--looks", type=int, default=20)
    chosen = parser.parse_args()
    kept = [errors_hold(chosen.runs, Looks(looks=chosen.looks)), powers_hold(max(chosen.runs, FEWEST_RUNS_FOR_POWER))]
    if not all(kept):
        raise SystemExit("a promise is broken: see above")


if __name__ == "__main__":
    main()

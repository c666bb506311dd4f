"""One late row in a large warehouse against a rebuild of all of it, in one warm process.

    python benchmarks/late_row.py [--rows 10000000] [--rounds 3]

Both times are of real runs: planning, Dagster's events, dbt, and all checks. Prints the share that the late row takes.
"""

from __future__ import annotations

import argparse
from statistics import median

from big_warehouse import DAYS, FIRST_DAY, big_warehouse


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with big_warehouse(options.rows) as warehouse:
        first = warehouse.built()
        print(f"first build  {first:7.1f} s (imports included)", flush=True)
        late = []
        for number in range(options.rounds):
            warehouse.sell_late(number, f"2024-0{1 + number % 6}-15")
            late.append(warehouse.built())
            print(f"late row     {late[-1]:7.1f} s", flush=True)
        warehouse.connection.execute("truncate ops.built_days, ops.built_assets")
        full = warehouse.built()
    print(f"\n{options.rows} transactions over {DAYS} days from {FIRST_DAY}, median of {options.rounds}")
    print(f"full rebuild {full:7.1f} s   1.00")
    print(f"late row     {median(late):7.1f} s   {median(late) / full:.3f}")


if __name__ == "__main__":
    main()

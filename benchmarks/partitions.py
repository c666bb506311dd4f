"""What partitions cost: 365 days of a fact in one run against one window of dbt alone, and 20 days against 20 runs.

    python benchmarks/partitions.py [--rows 1000000] [--rounds 3]

Prints the SQL time of the run as a share of that of the window, Dagster's own time per partition, and how much faster
one ranged run is than a run for each day. The asset is `core/fact_transactions`, without its checks.
"""

from __future__ import annotations

import argparse
import time
from datetime import date, timedelta
from statistics import median

import dagster as dg
from big_warehouse import FIRST_DAY, BigWarehouse, big_warehouse

from echo_assets.dbt import in_process
from echo_assets.dbt.command import DbtBuild
from echo_assets.dbt.project import load_project, prepare_manifest
from echo_assets.planner.days import DayRange
from echo_assets.planner.runs import days_tags

FACT, NODE = dg.AssetKey(["core", "fact_transactions"]), "model.echo.fact_transactions"
START = date.fromisoformat(FIRST_DAY)


def days(number: int) -> DayRange:
    """So many days from the first."""
    return DayRange(START, START + timedelta(days=number - 1))


def run_seconds(warehouse: BigWarehouse, asked: DayRange) -> tuple[float, float]:
    """Seconds of one run over the days, and of the SQL in it, as dbt says."""
    refresh = warehouse.refresh
    job = refresh.job.get_subset(asset_selection=frozenset({FACT}), asset_check_selection=frozenset())
    start = time.perf_counter()
    result = job.with_executor_def(dg.in_process_executor).execute_in_process(
        instance=refresh.instance,
        tags=days_tags(asked),
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    seconds = time.perf_counter() - start
    [first, *others] = result.asset_materializations_for_node("dbt_facts")
    if len(others) + 1 != len(asked):
        raise SystemExit(f"{len(others) + 1} partitions were materialised, not {len(asked)}")
    return seconds, float(first.metadata["Execution Duration"].value)


def window_seconds(warehouse: BigWarehouse, asked: DayRange) -> tuple[float, float]:
    """Seconds of one build of the window by dbt alone, and of the SQL in it."""
    place, project = warehouse.place, load_project()
    folder = project.dbt_project.project_dir
    build = DbtBuild(
        project_dir=folder,
        parsed=prepare_manifest(folder).parent,
        artifacts=place.folder / "window",
        nodes=frozenset({NODE}),
        variables={"min_date": asked.first.isoformat(), "max_date": (asked.last + timedelta(days=1)).isoformat()},
        environment=place.databases.environment(),
    )
    start = time.perf_counter()
    events = list(in_process.stream(build))
    seconds = time.perf_counter() - start
    [result] = [event for event in events if event["info"]["name"] == "LogModelResult"]
    return seconds, float(result["data"]["execution_time"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with big_warehouse(options.rows) as warehouse:
        warehouse.built()
        year, few = days(365), days(20)
        rounds = []
        for _ in range(options.rounds):
            window, in_window = window_seconds(warehouse, year)
            ran, in_run = run_seconds(warehouse, year)
            ranged, _ = run_seconds(warehouse, few)
            single = sum(
                run_seconds(warehouse, DayRange(day, day))[0]
                for day in (few.first + timedelta(days=n) for n in range(20))
            )
            rounds.append((in_run / in_window, (ran - window) / len(year), single / ranged))
            print(f"window {window:.2f} s ({in_window:.2f} s SQL)  run {ran:.2f} s ({in_run:.2f} s SQL)  "
                  f"20 days {ranged:.2f} s  20 runs {single:.2f} s", flush=True)  # fmt: skip
    sql, own, faster = (median(column) for column in zip(*rounds, strict=True))
    print(f"\n{options.rows} transactions, median of {options.rounds}")
    print(f"SQL of 365 partitions in one run / of one window   {sql:.2f}")
    print(f"Dagster's own time per partition and asset         {own * 1000:.1f} ms")
    print(f"20 runs of a day / one run of 20 days              {faster:.1f}")


if __name__ == "__main__":
    main()

"""The planner and the platform's own models together: what is dirty is built, then nothing is dirty any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions, dbt_models
from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.runs import execute
from echo_assets.planner.targets import targets_from
from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.odcs import read_contracts

pytestmark = [pytest.mark.database, pytest.mark.slow]

FACT = "core/fact_transactions"
WANTED = ("finance/revenue_summary", "core/fact_marketing")  # with all that they read: a part that is soon built
START = date(2024, 1, 1)
SALE = """
    insert into staging.revenue
        (transaction_id, transaction_date, amount, currency, customer_id, product, status, channel, _row_id)
    values (%(id)s, %(day)s, 10, 'USD', 'c1', 'pro', 'paid', 'web', %(row)s)
"""
TOUCH = """
    insert into ops.dirty_days values ('revenue', %(day)s, %(mark)s)
    on conflict (source, day) do update set mark = excluded.mark
"""


@dataclass
class Platform:
    """A warehouse with empty staging tables, and the runs that bring it up to date."""

    connection: psycopg.Connection
    databases: Databases
    job: dg.JobDefinition
    instance: dg.DagsterInstance
    partitions: DayRange

    def publish(self, mark: int, *days: str) -> None:
        """What publishing a load does: rows, and the days that they touch."""
        for number, day in enumerate(days):
            values = {"id": f"t{mark}-{number}", "day": day, "mark": mark, "row": mark * 1000 + number}
            self.connection.execute(SALE, values)
            self.connection.execute(TOUCH, values)

    def planned(self) -> tuple[RunPlan, ...]:
        known = {target.key: target for target in targets_from(load_project().manifest)}
        targets = [known[key] for key in sorted({*WANTED}.union(*(known[each].upstream for each in WANTED)))]
        return plan(read_ledger(self.databases.url(read_only=True), targets), targets, self.partitions)

    def refresh(self) -> tuple[RunPlan, ...]:
        runs = self.planned()
        for run in runs:
            report = execute(run, self.job, self.instance)
            assert report.succeeded, report.failed
        return runs

    def revenue(self) -> float:
        [(total,)] = self.connection.execute("select sum(total_revenue) from finance.revenue_summary").fetchall()
        return float(total)


@pytest.fixture
def platform(fresh_database: Databases, settings: Settings, tmp_path: Path) -> Iterator[Platform]:
    """The platform's models on a warehouse of their own."""
    own = replace(settings, home=tmp_path, start_date=START)
    job = dg.Definitions(
        assets=dbt_models(own, databases=lambda: fresh_database)
    ).resolve_implicit_global_asset_job_def()
    with (
        psycopg.connect(fresh_database.url(), autocommit=True) as connection,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        prepare_tables(connection, read_contracts(own.contracts).values())
        last = date.fromisoformat(str(daily_partitions(own).get_last_partition_key()))
        yield Platform(connection, fresh_database, job, instance, DayRange(START, last))


def test_what_landed_flows_to_the_marts_once_and_a_late_row_moves_only_its_day(platform: Platform) -> None:
    platform.publish(1, "2024-01-05", "2024-01-06", "2024-01-07")
    [first] = platform.refresh()
    assert first.days == DayRange(date(2024, 1, 5), date(2024, 1, 7))
    assert platform.revenue() == 30
    assert platform.planned() == ()

    platform.publish(2, "2024-01-06")
    [late] = platform.refresh()
    assert late.days == DayRange(date(2024, 1, 6), date(2024, 1, 6))
    assert FACT in late.selection
    assert late.key != first.key
    assert platform.revenue() == 40
    assert platform.planned() == ()


def test_days_far_apart_or_outside_of_the_partitions_are_all_built(platform: Platform) -> None:
    platform.publish(1, "1999-12-31", "2024-03-01", "2199-01-01")
    runs = platform.refresh()
    days = (START, date(2024, 3, 1), platform.partitions.last)
    assert [run.days for run in runs] == [DayRange(day, day) for day in days]
    assert "finance/revenue_summary" not in runs[0].selection
    assert "finance/revenue_summary" in runs[-1].selection
    assert platform.revenue() == 30
    assert platform.planned() == ()

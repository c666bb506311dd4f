"""Volume and distribution of a mart: the last days of `finance/revenue_daily` beside the days before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from alert_sink import SourcesOver, ledger_alone

from echo_assets.drift_checks import mart_drift_checks
from echo_assets.server import Databases
from echo_assets.settings import Settings

pytestmark = pytest.mark.database

FIRST = date(2024, 1, 1)
NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)
Ask = Callable[[], dict[str, dg.AssetCheckEvaluation]]


@pytest.fixture(scope="module")
def ledger(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    """Sixty days of about a hundred sales and a thousand in revenue; the last of them is not over."""
    with ledger_alone(databases, "test_mart_drift") as connection:
        connection.execute("create schema finance")
        connection.execute(
            "create table finance.revenue_daily (transaction_date date, revenue numeric(18, 2), transactions bigint)"
        )
        rows = [[FIRST + timedelta(days=at), 1000 + 10 * (at % 7), 100 + at % 7] for at in range(61)]
        with connection.cursor() as cursor:
            cursor.executemany("insert into finance.revenue_daily values (%s, %s, %s)", rows)
        connection.execute("update finance.revenue_daily set revenue = 0 where transaction_date = %s", [NOW.date()])
        yield connection


@pytest.fixture(scope="module")
def ask(ledger: psycopg.Connection[Any], settings: Settings) -> Ask:
    """ask(): both checks evaluated in a run."""
    steps = mart_drift_checks(SourcesOver(settings, lambda: NOW, ledger))

    def evaluated() -> dict[str, dg.AssetCheckEvaluation]:
        job = dg.Definitions(
            asset_checks=steps,
            jobs=[
                dg.define_asset_job(
                    "drift", dg.AssetSelection.checks(*(key for each in steps for key in each.check_keys))
                )
            ],
            executor=dg.in_process_executor,
        ).resolve_job_def("drift")
        with dg.DagsterInstance.ephemeral() as instance:
            found = job.execute_in_process(instance=instance).get_asset_check_evaluations()
        return {each.check_name: each for each in found}

    return evaluated


def change(ledger: psycopg.Connection[Any], day: date, revenue: int) -> None:
    ledger.execute("update finance.revenue_daily set revenue = %s where transaction_date = %s", [revenue, day])


def test_usual_days_are_green_and_the_day_that_is_not_over_is_left_out(ask: Ask) -> None:
    found = ask()
    assert {name: each.passed for name, each in found.items()} == {
        "revenue_per_day_as_usual": True, "sales_per_day_as_usual": True,
    }  # fmt: skip
    assert found["revenue_per_day_as_usual"].metadata["judged"].value == 7


def test_a_day_of_odd_revenue_is_a_warning_with_its_figures_until_it_is_a_known_incident(
    ask: Ask, ledger: psycopg.Connection[Any]
) -> None:
    odd = NOW.date() - timedelta(days=3)
    change(ledger, odd, 40_000)
    found = ask()
    revenue = found["revenue_per_day_as_usual"]
    assert (revenue.passed, revenue.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert revenue.description == f"{odd}: revenue 40000, usual is 1030"
    assert found["sales_per_day_as_usual"].passed
    ledger.execute(
        "insert into ops.incidents (source, first_day, last_day, reason) values ('revenue', %s, %s, 'x')", [odd, odd]
    )
    assert ask()["revenue_per_day_as_usual"].passed


def test_every_verdict_is_kept(ask: Ask, ledger: psycopg.Connection[Any]) -> None:
    kept = ledger.execute(
        "select distinct asset, check_name, blocking from ops.check_results order by check_name"
    ).fetchall()
    assert kept == [
        ("finance/revenue_daily", "revenue_per_day_as_usual", False),
        ("finance/revenue_daily", "sales_per_day_as_usual", False),
    ]

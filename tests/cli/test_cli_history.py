"""`echoctl backfill` and `echoctl prove` over one small business with history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import psycopg
import pytest
from echoctl import Echoctl

from echo_assets import server
from echo_assets.settings import Settings

pytestmark = [pytest.mark.usefixtures("part_of_the_graph"), pytest.mark.slow]

SALES = "transaction_id,date,amount,customer_id,status\n" + "".join(
    f"t{number},2024-0{1 + number % 4}-1{number % 9},{number + 1}.25,c{number % 3},paid\n" for number in range(24)
)
CUSTOMERS = """customer_id,updated_at,segment,created_at
c1,2024-01-01T00:00Z,small,2024-01-01T00:00Z
c1,2024-02-15T12:00Z,large,2024-01-01T00:00Z
c1,2024-03-15T12:00Z,small,2024-01-01T00:00Z
"""
FACT = "core/fact_transactions"
SNAPSHOTS = "select * from features.customer_daily order by snapshot_date, customer_id"


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    return ("finance/revenue_summary", "features/customer_daily")


@pytest.fixture(scope="module")
def business(fresh: Echoctl) -> Echoctl:
    """Taken in and built, day by day."""
    fresh = replace(fresh, environment={"ECHO_START_DATE": "2024-01-01"})
    fresh.drop("revenue/sales.csv", SALES)
    fresh.drop("customers/all.csv", CUSTOMERS)
    ran = fresh("run")
    assert ran.code == 0, ran.err + ran.out
    return fresh


def _connected(echoctl: Echoctl) -> psycopg.Connection[tuple[object, ...]]:
    settings = Settings.from_environment({"ECHO_HOME": str(echoctl.home)})
    return psycopg.connect(server.databases(settings).url(), autocommit=True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("core/fact_transaction", "2024-01-01"), "did you mean core/fact_transactions?"),
        (("core/dim_customer", "2024-01-01"), "core/dim_customer is not built by day"),
        ((FACT, "2024-03-01..2024-01-01"), "reversed"),
        ((FACT, "January"), "write 2024-01-01..2024-03-31"),
        ((FACT, "1999-01-01..2024-01-01"), "ECHO_START_DATE"),
    ],
)
def test_what_cannot_be_backfilled_is_told_in_one_line(
    business: Echoctl, arguments: tuple[str, str], reason: str
) -> None:
    told = business("backfill", *arguments)
    assert told.code == 2
    assert told.is_one_message()
    assert reason in told.err


def test_a_backfill_mends_the_days_asked_for_and_the_marts_and_leaves_the_other_days(business: Echoctl) -> None:
    spoil = "update core.fact_transactions set amount = 0 where transaction_date < '2024-03-01'"
    untouched = "select xmin, ctid from core.fact_transactions where transaction_date >= '2024-03-01' order by 2"
    months = "select * from finance.revenue_summary order by month"
    with _connected(business) as connection:
        before = [connection.execute(query.encode()).fetchall() for query in (untouched, months, SNAPSHOTS)]
        connection.execute(spoil.encode())
        connection.execute("update finance.revenue_summary set total_revenue = 0")
        connection.execute("update features.customer_daily set customer_lifetime_value = 0")
        told = business("backfill", FACT, "2024-01-01..2024-02-29")
        assert told.code == 0, told.err
        assert told.out.startswith(f"{FACT} 2024-01-01..2024-02-29: ")
        assert [connection.execute(query.encode()).fetchall() for query in (untouched, months, SNAPSHOTS)] == before


def test_snapshots_are_backfilled_by_their_days(business: Echoctl) -> None:
    with _connected(business) as connection:
        before = connection.execute(SNAPSHOTS.encode()).fetchall()
        connection.execute("update features.customer_daily set total_orders = 0 where snapshot_date = '2024-02-29'")
        connection.execute("delete from features.customer_daily where snapshot_date = '2024-01-31'")
        told = business("backfill", "features/customer_daily", "2024-01-15..2024-02-29")
        assert told.code == 0, told.err
        assert connection.execute(SNAPSHOTS.encode()).fetchall() == before


def test_what_that_changed_in_closed_months_is_told_by_the_status(business: Echoctl) -> None:
    changed = {(each["period"], each["before"]) for each in business("status", "--json").document["restated"]}
    assert ("2024-02-01", "0.00") in changed
    assert "finance/revenue_summary" in business("status").out


@pytest.mark.slow
def test_every_way_to_build_gives_the_same_tables_and_leaves_no_database_behind(business: Echoctl) -> None:
    told = business("prove", "--json")
    assert told.code == 0, told.err
    assert told.document["same"] is True
    rows = {each["table"]: each["rows"] for each in told.document["tables"]}
    assert rows["core/fact_transactions"] == 24
    assert rows["core/dim_customer"] == 6
    with _connected(business) as connection:
        assert connection.execute("select from pg_database where datname = 'echo_prove'").fetchall() == []

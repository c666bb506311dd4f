"""`echoctl trace` and `impact`: from a figure down to exactly the rows it comes from, and from a column up."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import psycopg
import pytest
from echoctl import Echoctl

from echo_assets import server
from echo_assets.settings import Settings

pytestmark = [pytest.mark.usefixtures("part_of_the_graph"), pytest.mark.slow]

TOTAL = "finance.revenue_summary.total_revenue"
FIRST = """transaction_id,date,amount,customer_id,status
t1,2024-01-05,10.00,c1,paid
t2,2024-01-06,20.00,c2,refunded
t3,2024-02-01,30.00,c1,completed
"""
SECOND = """transaction_id,order_date,amount,customer_id,status
t4,2024-02-02,5.50,c3,paid
t3,2024-02-01,30.00,c1,completed
t5,2024-02-30,7.00,c3,paid
"""


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    return ("finance/revenue_summary", "finance/metrics_catalog")


@pytest.fixture(scope="module")
def built(fresh: Echoctl) -> Echoctl:
    """Two files: one line is refunded, one is in both files, one has a day that does not exist."""
    fresh.drop("revenue/first.csv", FIRST)
    fresh.drop("revenue/second.csv", SECOND)
    ran = fresh("run", "--max-rejected-share", "0.5")
    assert ran.code == 0, ran.out + ran.err
    return fresh


@pytest.fixture(scope="module")
def owner(built: Echoctl) -> Iterator[psycopg.Connection]:
    databases = server.databases(Settings.from_environment({"ECHO_HOME": str(built.home)}))
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        yield connection


def test_a_figure_is_traced_to_its_files_and_rows(built: Echoctl) -> None:
    [revenue] = built("trace", TOTAL, "--json").document["sources"]
    assert (revenue["source"], revenue["rows"], revenue["computes_the_same"]) == ("revenue", 3, True)
    assert {file["file"]: file["rows"] for file in revenue["files"]} == {"first.csv": 2, "second.csv": 1}
    found = {(row["file"], row["row"], row["amount"]) for row in revenue["sample"]}
    assert found == {("first.csv", 1, "10.00"), ("first.csv", 3, "30.00"), ("second.csv", 1, "5.50")}


def test_one_row_of_a_table_is_asked_for_by_its_columns(built: Echoctl) -> None:
    traced = built("trace", TOTAL, "--where", "month=2024-01", "--json").document
    assert traced["figure"] == {"rows": 1, "value": "10.00"}
    assert [row["row"] for row in traced["sources"][0]["sample"]] == [1]
    exact = built("trace", TOTAL, "--where", "month=2024-02-01", "--where", "transactions=2", "--json").document
    assert (exact["figure"]["value"], exact["sources"][0]["rows"]) == ("35.50", 2)


def test_the_way_down_is_shown_for_people(built: Echoctl) -> None:
    shown = built("trace", TOTAL)
    assert shown.code == 0
    lines = [line.strip() for line in shown.out.splitlines()]
    assert lines[0] == TOTAL
    assert {"core.fact_transactions.amount", "staging.revenue.amount", "raw.revenue.amount"} <= set(lines)
    assert "revenue: 3 rows of 2 files; computed anew from them: the same" in lines
    [deciding] = [line for line in lines if line.startswith("Which rows are read, joined and counted also depends on")]
    assert "raw.revenue.transaction_date" in deciding


def test_a_count_of_customers_comes_from_the_rows_that_were_counted(built: Echoctl) -> None:
    [revenue] = built("trace", "finance.revenue_summary.customers", "--json").document["sources"]
    assert (revenue["rows"], revenue["computes_the_same"]) == (3, True)


def test_a_figure_without_rows_says_so(built: Echoctl) -> None:
    assert "No row of a file has a part in it." in built("trace", "finance.metrics_catalog.definition").out
    nothing = built("trace", TOTAL, "--where", "month=1999-01", "--json").document
    assert (nothing["figure"]["rows"], nothing["sources"]) == (0, [])


def test_rows_that_are_no_longer_what_is_stored_are_told(built: Echoctl, owner: psycopg.Connection) -> None:
    owner.execute("update finance.revenue_summary set total_revenue = 11 where month = '2024-01-01'")
    told = built("trace", TOTAL, "--where", "month=2024-01").out
    owner.execute("update finance.revenue_summary set total_revenue = 10 where month = '2024-01-01'")
    assert "computed anew from them: NOT the same" in told


def test_the_way_up_lists_columns_by_layer(built: Echoctl) -> None:
    above = built("impact", "raw.revenue.amount", "--json").document
    assert above["layers"]["finance"][TOTAL] == "value"
    assert above["columns"] == sum(len(columns) for columns in above["layers"].values())
    shown = built("impact", "raw.revenue.transaction_date").out
    assert f"  {TOTAL}  (by which rows are read, joined or counted)" in shown.splitlines()


def test_the_way_up_needs_no_server(cold: Echoctl) -> None:
    assert TOTAL in cold("impact", "raw.revenue.status").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("trace", "finance.revenue_summary.total"), TOTAL),
        (("trace", TOTAL, "--where", "mont=2024-01"), "finance.revenue_summary.month"),
        (("trace", TOTAL, "--where", "month"), "month=2024-01"),
        (("impact", "raw.revenue.amout"), "raw.revenue.amount"),
        (("impact", "finance"), "finance.revenue_summary"),
    ],
)
def test_a_name_that_is_not_there_is_told_in_one_line(built: Echoctl, arguments: tuple[str, ...], told: str) -> None:
    answer = built(*arguments)
    assert answer.code == 2
    assert answer.is_one_message(), answer.err
    assert told in answer.err


def test_a_table_that_was_not_built_is_told(built: Echoctl, owner: psycopg.Connection) -> None:
    owner.execute("alter table finance.revenue_summary rename to away")
    answer = built("trace", TOTAL)
    owner.execute("alter table finance.away rename to revenue_summary")
    assert (answer.code, answer.is_one_message()) == (2, True)
    assert "echoctl run" in answer.err

"""Drift over real loads: the figures of each accepted load, judged by those before it, and days by days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from loading.warehouse import Warehouse

from echo_quality.contract import Contract
from echo_quality.drift.checks import drift_checks
from echo_quality.drift.incidents import IncidentError, close, declare, incidents_of
from echo_quality.findings import Finding, View
from echo_quality.rejected_share import rejected_share

pytestmark = pytest.mark.slow

HEADER = "transaction_id,date,amount,customer_id,status,channel\n"
NOW = datetime(2024, 3, 1, 6, tzinfo=UTC)
FIRST = date(2024, 1, 1)
USUAL = {"rows": 100, "amount": 20, "paid": 75, "channel": "web"}


def file_of(number: int, **odd: Any) -> str:
    """A day's file: by default 100 rows of about 20.00, three in four of them paid, each with a channel."""
    how = {**USUAL, **odd}
    day = FIRST + timedelta(days=number)
    return HEADER + "".join(
        f"t{number}-{row},{day},{how['amount'] + (row + number) % 5},c{row},"
        f"{'paid' if row < how['paid'] else 'failed'},{how['channel']}\n"
        for row in range(how["rows"])
    )


@pytest.fixture(scope="module")
def before(loading_url: str, contracts: dict[str, Contract], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Ten usual files, taken in and judged; each test puts one more on top, and takes it away."""
    with psycopg.connect(loading_url, autocommit=True) as connection:
        warehouse = Warehouse(loading_url, tmp_path_factory.mktemp("drift"), contracts, connection)
        for number in range(10):
            warehouse.load("revenue", f"{number:02}.csv", file_of(number))
        findings(warehouse)
        yield warehouse
        warehouse.empty()


@pytest.fixture
def usual(before: Warehouse) -> Iterator[Warehouse]:
    [(newest,)] = before.rows("select max(load_id) from ops.loads")
    yield before
    tables = before.rows("select schemaname || '.' || tablename from pg_tables where schemaname <> 'ops'")
    for (table,) in tables:
        if table.split(".")[0] in ("raw", "staging", "quarantine"):
            before.connection.execute(f"delete from {table} where _row_id >> 32 > {newest}".encode())
    for ledger in ("loads", "load_profiles"):
        before.connection.execute(f"delete from ops.{ledger} where load_id > {newest}".encode())
    before.connection.execute("delete from ops.incidents")


def findings(warehouse: Warehouse, source: str = "revenue", now: datetime = NOW) -> dict[str, Finding]:
    contract = warehouse.contracts[source]
    view = View(warehouse.connection, contract, warehouse.folder / "lake", "UTC", now)
    return {check.name: check.find(view) for check in drift_checks(contract)}


def red(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if not finding.passed}


ODD = {
    "a file cut off": ({"rows": 5, "paid": 4}, {"rows_per_file_as_usual", "rows_per_day_as_usual"}, "rows"),
    "a file ten times": ({"rows": 1000, "paid": 750}, {"rows_per_file_as_usual", "rows_per_day_as_usual"}, "rows"),
    "no channel": ({"channel": ""}, {"empty_shares_as_usual"}, "channel is empty"),
    "nothing paid": ({"paid": 0}, {"category_shares_as_usual"}, "status is paid"),
    "cents for dollars": ({"amount": 2000}, {"numbers_as_usual"}, "median of amount"),
    "as usual": ({}, set(), None),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_file_turns_the_check_of_its_figure_red_and_no_other(usual: Warehouse, case: str) -> None:
    odd, expected, figure = ODD[case]
    assert usual.load("revenue", "odd.csv", file_of(10, **odd)).status == "loaded"
    found = findings(usual)
    assert red(found) == expected
    for name in expected:
        offender = found[name].sample[0]
        assert offender["figure"] == figure
        assert offender.get("file", "odd.csv") == "odd.csv"
        assert {"value", "median", "mad", "score", "history"} <= offender.keys()
        assert found[name].is_error is False, "a warning, unless the contract says otherwise"


def test_the_next_usual_file_is_judged_in_its_stead(usual: Warehouse) -> None:
    usual.load("revenue", "odd.csv", file_of(10, rows=5, paid=4))
    assert red(findings(usual)) == {"rows_per_file_as_usual", "rows_per_day_as_usual"}
    assert red(findings(usual)) == {"rows_per_file_as_usual", "rows_per_day_as_usual"}, "asked again, still so"
    usual.load("revenue", "next.csv", file_of(11))
    assert red(findings(usual)) == set()


def test_a_file_that_is_mended_under_its_name_leaves_no_trace_in_the_history(usual: Warehouse) -> None:
    usual.load("revenue", "odd.csv", file_of(10, rows=1000, paid=750))
    findings(usual)
    usual.load("revenue", "odd.csv", file_of(10))
    found = findings(usual)
    assert red(found) == set()
    assert [row["history"] for row in found["rows_per_file_as_usual"].judged] == [10]


def test_a_known_incident_is_neither_judged_nor_a_measure(usual: Warehouse) -> None:
    declare(usual.connection, "revenue", FIRST + timedelta(days=10), None, "the till was broken")
    usual.load("revenue", "odd.csv", file_of(10, rows=5, paid=4))
    found = findings(usual)
    assert red(found) == set()
    assert found["rows_per_file_as_usual"].said == "Not judged: it belongs to a known incident."
    [incident] = incidents_of(usual.connection, "revenue")
    close(usual.connection, incident.incident_id, FIRST + timedelta(days=10))
    usual.load("revenue", "next.csv", file_of(11, rows=5, paid=4))
    found = findings(usual)
    assert red(found) == {"rows_per_file_as_usual", "rows_per_day_as_usual"}
    assert found["rows_per_file_as_usual"].sample[0]["history"] == 10


def test_an_incident_that_ends_before_it_begins_is_refused(usual: Warehouse) -> None:
    with pytest.raises(IncidentError, match="ends before it begins"):
        declare(usual.connection, "revenue", FIRST, FIRST - timedelta(days=1), "time travel")
    with pytest.raises(IncidentError, match="no incident 999999"):
        close(usual.connection, 999999, FIRST)


def test_the_day_that_is_not_over_is_not_judged(usual: Warehouse) -> None:
    usual.load("revenue", "odd.csv", file_of(10, rows=5, paid=4))
    noon = datetime(2024, 1, 11, 12, tzinfo=UTC)
    found = findings(usual, now=noon)
    assert found["rows_per_day_as_usual"].said == "Not judged yet: there is no day to judge."


def test_with_too_little_history_nothing_is_judged(usual: Warehouse) -> None:
    usual.load("marketing", "a.csv", "date,channel,leads,conversions,spend\n2024-01-01,Email,10,1,5\n")
    found = findings(usual, "marketing")
    assert {finding.said for finding in found.values()} == {
        "Not judged yet: 0 of the 8 files that it takes have come before.",
        "Not judged yet: 0 of the 8 days that it takes have come before.",
    }


def test_figures_of_a_load_hold_no_value_of_a_personal_column(usual: Warehouse) -> None:
    rows = "".join(f"c{row},2024-01-01,2024-01-01,person{row}@example.com\n" for row in range(20))
    assert usual.load("customers", "a.csv", "customer_id,updated_at,created_at,email\n" + rows).reason is None
    findings(usual, "customers")
    kept = usual.value("select profile::text from ops.load_profiles where source = 'customers'")
    assert "email" in kept
    assert "@" not in kept


def test_a_refused_file_shows_its_share_its_bound_and_who_answers(usual: Warehouse) -> None:
    usual.load("revenue", "bad.csv", HEADER + "t,2024-13-01,ten,c,paid,web\n")
    contract = usual.contracts["revenue"]
    finding = rejected_share(View(usual.connection, contract, usual.folder / "lake", "UTC", NOW))
    assert not finding.passed
    [offender] = finding.sample
    assert (offender["file"], offender["share"], offender["bound"]) == ("bad.csv", 1.0, 0.05)
    assert offender["owner"] == finding.facts["owner"] == "analytics_team"
    assert finding.said == "bad.csv: 100.0% of the rows are rejected, 5.0% are allowed."

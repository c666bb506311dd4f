"""`echoctl quality` and the pages of `docs/quality`: what a person learns of one small business and its bad rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from echoctl import Echoctl, Outcome
from small_graph import AND_PAGES, small_graph

from echo_assets import server
from echo_assets.settings import PROJECT, Settings

pytestmark = pytest.mark.slow

SALES = "transaction_id,date,amount,customer_id,status\n"
MANY = SALES + "".join(f"t{number},2024-01-{number:02},10.00,c{number},paid\n" for number in range(1, 29))
LEADS = "date,channel,leads,conversions,spend\n2024-01-30,Email,40,10,20\n2024-01-30,Stadium,10,5,90\n"
CUSTOMERS = "customer_id,updated_at,email,name,created_at\n" + "".join(
    f"c{number},2024-01-01,{'zebulon at quixotic' if number == 7 else f'c{number}@example.org'},N{number},2024-01-01\n"
    for number in range(1, 29)
)

PERSONAL = ("zebulon", "quixotic", "example.org")


def databases(fresh: Echoctl) -> server.Databases:
    return server.databases(Settings.from_environment({"ECHO_HOME": str(fresh.home)}))


@pytest.fixture(scope="module")
def first(fresh: Echoctl) -> Outcome:
    """The first run: good rows, one channel that nobody knows, one mail address that is none."""
    fresh.drop("revenue/sales.csv", MANY)
    fresh.drop("marketing/leads.csv", LEADS)
    fresh.drop("customers/customers.csv", CUSTOMERS)
    ran = fresh("run", "--json")
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture(scope="module")
def report(fresh: Echoctl, first: Outcome) -> dict[str, Any]:
    assert first.code == 0
    told = fresh("quality", "report", "--json")
    assert told.code == 0, told.err
    return told.document


@pytest.fixture(scope="module")
def pages(fresh: Echoctl, first: Outcome) -> dict[str, str]:
    """Every file of the site by its name."""
    assert first.code == 0
    folder = fresh.home / "docs" / "quality"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


@pytest.fixture
def the_headline() -> Iterator[None]:
    """Once everything was built, what is about a change need not build everything again."""
    with small_graph(stages=AND_PAGES):
        yield


def test_more_than_eighty_expectations_over_more_than_eighteen_assets_were_evaluated(
    fresh: Echoctl, report: dict[str, Any]
) -> None:
    counted = report["expectations"]
    assert counted["evaluated"] > 80
    assert counted["assets"] > 18
    with psycopg.connect(databases(fresh).url(read_only=True)) as connection:
        stored = connection.execute(
            "select count(distinct (asset, check_name)), count(distinct asset) from ops.check_results"
            " where metadata ->> 'expectation' like 'expect%'"
        ).fetchone()
    assert stored == (counted["evaluated"], counted["assets"])


def test_every_check_is_counted_once_by_asset(report: dict[str, Any]) -> None:
    assert report["ok"] is True
    counts = report["counts"]
    for state in ("green", "warnings", "red", "not_evaluated"):
        assert counts[state] == sum(asset[state] for asset in report["assets"])
    by_name = {asset["asset"]: asset for asset in report["assets"]}
    assert by_name["staging/marketing"]["warnings"] == 2, "of the load, and of the table"
    assert by_name["staging/products"]["green"] == 0, "no file came"
    assert by_name["staging/products"]["not_evaluated"] > 10
    assert by_name["finance/headline_metrics"]["not_evaluated"] == 0
    assert {asset["owner"] for asset in report["assets"]} == {"analytics_team"}


def test_what_is_not_green_says_since_when_whose_it_is_and_what_to_do(report: dict[str, Any]) -> None:
    told = {(each["asset"], each["check"]): each for each in report["red"]}
    channel = told["staging/marketing", "channel_known"]
    assert (channel["severity"], channel["failing_rows"], channel["owner"]) == ("WARN", 1, "analytics_team")
    assert channel["since"].startswith("20")
    assert channel["file"].startswith("leads.csv--")
    assert channel["sample"] == [{"row": 2, "channel": "Stadium"}]
    assert channel["runbook"] == "docs/runbook.md#known"
    assert channel["what_to_do"].startswith("## Known")


def test_personal_data_is_in_no_report(fresh: Echoctl, report: dict[str, Any]) -> None:
    [mail] = [each for each in report["red"] if each["check"] == "email_matches_pattern"]
    assert mail["sample"] == [{"row": 7, "email": "z***"}]
    shown = fresh("quality", "report").out
    assert not [word for word in PERSONAL if word in shown or word in json.dumps(report)]


def test_the_plans_suites_are_there_with_what_dbt_holds_for_them(report: dict[str, Any]) -> None:
    suites = {suite["suite"]: suite for suite in report["suites"]}
    assert {
        "raw_revenue_data", "raw_marketing_data", "raw_experiment_data", "staging_customers", "mart_metrics",
    } <= suites.keys()  # fmt: skip
    held = {(each["asset"], each["check"]): each["state"] for each in suites["mart_metrics"]["held_by"]}
    assert set(held.values()) == {"green"}
    assert ("finance/mrr_monthly", "assert_mrr_positive") in held


def test_the_report_for_a_person_ends_with_the_counts(fresh: Echoctl, report: dict[str, Any]) -> None:
    lines = fresh("quality", "report").out.splitlines()
    assert "WARN  staging/marketing: channel_known" in lines
    assert any("owner analytics_team; docs/runbook.md#known" in line for line in lines)
    assert lines[-1] == "{evaluated} expectations of suites were evaluated, over {assets} assets".format(
        **report["expectations"]
    )


def test_the_site_has_a_page_for_each_suite_that_ran(pages: dict[str, str], report: dict[str, Any]) -> None:
    index = pages["index.html"]
    assert "{evaluated} expectations over {assets} assets".format(**report["expectations"]) in index
    for name in ("raw_revenue_data", "staging_customers", "mart_metrics", "mart_channel_performance"):
        assert f'href="{name}.html"' in index
        assert f"{name}_checkpoint" in pages[f"{name}.html"]
    assert "raw_products_data.html" not in pages, "it has not run"
    assert ">not yet<" in index


def test_a_page_says_what_must_hold_and_shows_the_rows_that_break_it(pages: dict[str, str]) -> None:
    page = pages["raw_marketing_data.html"]
    assert "channel_known: channel is a label that the seed channel_map.label lists" in page
    assert "row 2, channel Stadium" in page
    assert "leads.csv" in page
    assert "assert_mrr_positive" in pages["mart_metrics.html"]


def test_the_site_holds_no_secret_no_personal_data_and_asks_the_network_for_nothing(
    fresh: Echoctl, pages: dict[str, str]
) -> None:
    passfile = (fresh.home / "postgres" / "passfile").read_text().splitlines()
    secrets = [line.split(":")[-1] for line in passfile]
    for name, text in pages.items():
        assert not [word for word in (*PERSONAL, *secrets) if word in text], name
        assert not re.search(r"postgres(ql)?(\+\w+)?://|127\.0\.0\.1|passfile", text), name
        assert not re.search(r"(src|href)=\"?(https?:)?//|<script|@import|url\(", text), name


def test_the_documentation_of_dbt_is_one_page_that_loads_nothing(fresh: Echoctl, first: Outcome) -> None:
    page = (fresh.home / "docs" / "dbt" / "index.html").read_text(encoding="utf-8")
    assert "revenue_summary" in page
    assert "<script src=" not in page
    assert sorted(path.name for path in (fresh.home / "docs" / "dbt").iterdir()) == ["index.html", "made_from"]


def test_the_lineage_is_a_table_whose_check_is_green(fresh: Echoctl, first: Outcome) -> None:
    query = "select from_asset || '.' || from_column from ops.column_lineage where asset = 'finance/revenue_summary'"
    verdict = "select passed from ops.check_results where check_name like 'every_edge%' order by check_result_id"
    with psycopg.connect(databases(fresh).url(read_only=True)) as connection:
        below = {origin for (origin,) in connection.execute(f"{query} and \"column\" = 'total_revenue'").fetchall()}
        assert "finance/revenue_daily.revenue" in below
        assert connection.execute(verdict).fetchall() == [(True,)]


def test_the_leaves_are_not_written_again_without_a_reason(fresh: Echoctl, pages: dict[str, str]) -> None:
    leaves = [fresh.home / "docs" / "dbt" / "index.html", *(fresh.home / "docs" / "quality").glob("*.html")]
    before = [page.stat().st_mtime_ns for page in leaves]
    again = fresh("run", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    assert "building" not in again.err
    assert [page.stat().st_mtime_ns for page in leaves] == before


def test_the_pages_are_written_again_only_where_results_are_new(
    fresh: Echoctl, pages: dict[str, str], the_headline: None
) -> None:
    folder = fresh.home / "docs" / "quality"
    before = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.html")}
    fresh.drop("marketing/more.csv", LEADS.replace("2024-01-30", "2024-01-31").replace("Stadium", "Email"))
    assert fresh("run", "--json").code == 0
    after = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.html")}
    changed = {name for name in after if after[name] != before.get(name)}
    assert {"index.html", "raw_marketing_data.html", "mart_channel_performance.html"} <= changed
    assert "raw_customers_data.html" not in changed
    assert "more.csv" in (folder / "raw_marketing_data.html").read_text(encoding="utf-8")


def test_a_red_check_that_blocks_ends_with_one(fresh: Echoctl, report: dict[str, Any], the_headline: None) -> None:
    assert report["ok"]
    with psycopg.connect(databases(fresh).url(), autocommit=True) as connection:
        connection.execute("update staging.revenue set amount = -5 where transaction_id = 't3'")
        fresh.drop("revenue/more.csv", SALES + "".join(f"u{n},2024-02-{n:02},1.00,c1,paid\n" for n in range(1, 29)))
        assert fresh("run").code == 1
        told = fresh("quality", "report", "--json")
        connection.execute("update staging.revenue set amount = 10 where transaction_id = 't3'")
    assert told.code == 1
    assert told.document["ok"] is False
    red = {each["check"]: each for each in told.document["red"] if each["severity"] == "ERROR"}
    assert red["money_is_conserved"]["blocking"] is True
    published = red["published_amount_positive"]
    assert (published["failing_rows"], published["blocking"]) == (1, False)
    assert published["sample"] == [{"transaction_id": "t3", "amount": "-5.00", "quantity": None}]


@pytest.mark.slow
def test_every_expectation_is_able_to_fail(fresh: Echoctl) -> None:
    told = fresh("quality", "mutate")
    assert told.code == 0, told.out
    found = re.fullmatch(r"(\d+) of (\d+) expectations able to fail\n", told.out)
    assert found
    assert found[1] == found[2]


def test_a_contract_with_a_rule_that_no_row_can_break_is_refused(cold: Echoctl, tmp_path: Path) -> None:
    contracts = PROJECT / "echo_quality" / "contracts"
    for path in contracts.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(text.replace("conversions <= leads", "conversions <= leads or leads >= 0"))
    told = cold("contract", "check", ECHO_CONTRACTS=str(tmp_path))
    assert told.code == 1
    assert (
        "contract 'marketing': conversions_at_most_leads: no row can break it, so it would always be green: "
        "tighten it or take it away\n"
    ) in told.err

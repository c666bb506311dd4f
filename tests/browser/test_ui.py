"""What a newcomer does in the UI, end to end: a real browser, Dagster's webserver and daemon, and no click too many."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from running_ui import RunningUi

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOOD = [f"2024-01-{day:02},100.50,C{day},Widget,paid" for day in range(1, 31)]
SALES = "\n".join(["date,amount,customer_id,product,status", *GOOD, "2024-01-31,many,C31,Widget,paid", ""])
REVENUE = "select month::text, total_revenue from finance.revenue_summary"
OF_STREAM = ("transactions", "revenue_by_minute", "funnel_by_minute", "experiment_exposures", "dead_letters", "drain")
"""What they add up to is asked of the events."""
WITHOUT_CHECKS = {"docs/dbt", "docs/quality", *(f"streaming/{name}" for name in OF_STREAM)}
CARRIED_WITHIN, BUILT_WITHIN = 300, 120

RUNS = "{runsOrError(limit: 5) {... on Runs {results {runId status assetSelection {path}}}}}"
NODES = """{assetNodes {assetKey {path} description owners {__typename} kinds assetChecksOrError {
    ... on AssetChecks {checks {name description}}}}}"""


def test_a_dropped_file_reaches_the_marts_and_everything_about_it_can_be_read(ui: RunningUi, page: Page) -> None:
    ui.drop("revenue/january.csv", SALES)
    every_asset_presents_itself(ui)
    the_asset_page_explains_the_asset(ui, page)
    ui.until(
        lambda: ui.rows(REVENUE) == [("2024-01-01", Decimal("3015.00"))], CARRIED_WITHIN, "the sensors to do their work"
    )
    the_check_shows_the_failing_row_and_what_to_do(ui, page)
    a_click_materialises_a_mart(ui, page)


def every_asset_presents_itself(ui: RunningUi) -> None:
    nodes = {"/".join(node["assetKey"]["path"]): node for node in ui.graphql(NODES)["assetNodes"]}
    assert {"raw/revenue", "staging/revenue", "core/fact_transactions", "finance/revenue_summary"} <= nodes.keys()
    for name, node in nodes.items():
        checks = node["assetChecksOrError"]["checks"]
        assert node["description"], f"{name} has no description"
        assert node["owners"], f"{name} has no owner"
        assert node["kinds"], f"{name} has no kinds"
        assert checks or name in WITHOUT_CHECKS, f"{name} has no checks"
        assert all(check["description"] for check in checks), f"{name} has checks without a description"


def the_asset_page_explains_the_asset(ui: RunningUi, page: Page) -> None:
    page.goto(f"{ui.url}/assets/raw/revenue")
    expect(page.get_by_text("One row is one line of a sale.")).to_be_visible()
    expect(page.get_by_text("analytics_team")).to_be_visible()
    expect(page.get_by_text("The business day of the sale.")).to_be_visible()
    expect(page.get_by_role("link", name="new_file_sensor")).to_be_visible()
    page.goto(f"{ui.url}/assets/finance/revenue_summary?view=lineage")
    expect(page.get_by_text("int_customer_transactions").first).to_be_visible()


def the_check_shows_the_failing_row_and_what_to_do(ui: RunningUi, page: Page) -> None:
    page.goto(f"{ui.url}/assets/staging/revenue?view=checks&checkDetail=amount_valid")
    expect(page.get_by_text("Not so in 1 of 31 rows of january.csv.")).to_be_visible()
    failing = page.locator("tr").filter(has_text="january.csv").last
    expect(failing).to_contain_text("31")
    expect(failing).to_contain_text("many")
    page.get_by_text("[Show Markdown]").click()
    expect(page.get_by_text("Put it right:")).to_be_visible()


def a_click_materialises_a_mart(ui: RunningUi, page: Page) -> None:
    before = {run["runId"] for run in runs(ui)}
    page.goto(f"{ui.url}/assets/finance/revenue_summary")
    expect(page.get_by_text("One row per calendar month")).to_be_visible()
    page.get_by_role("button", name="Materialize").first.click()
    expect(page.get_by_text("Launched run")).to_be_visible()

    def outcome() -> list[str]:
        clicked = [["finance", "revenue_summary"]]
        mine = [run for run in runs(ui) if run["runId"] not in before]
        return [run["status"] for run in mine if [key["path"] for key in run["assetSelection"] or []] == clicked]

    ui.until(lambda: bool(set(outcome()) & {"SUCCESS", "FAILURE", "CANCELED"}), BUILT_WITHIN, "the run of the click")
    assert outcome() == ["SUCCESS"], ui.said()


def runs(ui: RunningUi) -> list[dict[str, object]]:
    return list(ui.graphql(RUNS)["runsOrError"]["results"])

"""Red checks: an error is red, a broken invariant holds back what reads the table, and what is mended turns green."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from platform_under_test import LEADS, SALES, Platform, sale

from echo_assets.dbt.project import load_project
from echo_assets.planned import blocked_sources, planned_builds
from echo_assets.planner.targets import targets_from
from echo_quality.migrate import migrate

pytestmark = [pytest.mark.database, pytest.mark.slow]

# PostgreSQL, which the suite runs on, repeats at most 255 times; DuckDB, which types, knows no such limit.
PARCELS = """
apiVersion: v3.0.2
kind: DataContract
id: echo-parcels
name: parcels
version: 1.0.0
status: active
description: {purpose: What was sent.}
team: [{username: analytics_team, role: owner}]
customProperties:
  - {property: eventColumn, value: sent_on}
schema:
  - name: parcels
    dataGranularityDescription: One row is one parcel.
    properties:
      - {name: parcel_id, logicalType: string, required: true, primaryKey: true, description: Names the parcel.}
      - {name: sent_on, logicalType: date, required: true, description: The day it left.}
      - name: label
        logicalType: string
        description: What is written on it.
        logicalTypeOptions: {pattern: "^[a-z]{1,300}$"}
"""

DROP_PARCELS = "drop table raw.parcels, staging.parcels, staging.parcels_shadow, quarantine.parcels"


def readers_of(source: str) -> set[str]:
    return {target.key for target in targets_from(load_project().manifest) if source in target.sources}


def planned(platform: Platform) -> set[str]:
    return {asset for step in planned_builds(platform.sources) for asset in step.selection}


@contextmanager
def invariants_cannot_be_recorded(platform: Platform, source: str) -> Iterator[None]:
    """Every invariant of a source's staging table raises an error when it is asked."""
    platform.execute(
        f"""create function ops.fail() returns trigger language plpgsql as $$
                begin raise exception 'the disk is full'; end $$;
            create trigger fail before insert on ops.check_results for each row
                when (new.asset = 'staging/{source}' and new.load_id is null) execute function ops.fail()"""
    )
    try:
        yield
    finally:
        platform.execute("drop trigger fail on ops.check_results; drop function ops.fail()")


@pytest.fixture(scope="module", autouse=True)
def loaded(platform: Platform) -> None:
    """One good file of each of two sources, taken in and not built."""
    platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01") + sale("b", "2024-01-02"))
    platform.drop("marketing", "a.csv", LEADS + "2024-01-01,Email,10,1,5\n")
    assert all(report.succeeded for report in platform.take_in())


@pytest.mark.law(3)
def test_a_staging_table_that_was_tampered_with_fails_the_next_run_and_holds_back_what_reads_it(
    platform: Platform,
) -> None:
    platform.execute("update staging.revenue set amount = amount + 1 where transaction_id = 'a'")
    platform.drop("revenue", "b.csv", SALES + sale("c", "2024-01-03"))
    [report] = platform.take_in()
    assert not report.succeeded
    assert report.materialized == ("quarantine/revenue", "raw/revenue", "staging/revenue"), "the file itself is loaded"
    assert {check.name for check in report.checks if not check.passed} == {"money_is_conserved"}
    assert platform.verdict("staging/revenue", "money_is_conserved").blocking
    assert blocked_sources(platform.sources) == {"revenue"}
    assert planned(platform) & readers_of("revenue") == set()


def test_what_reads_only_other_sources_is_built_all_the_same(platform: Platform) -> None:
    platform.execute("drop view if exists stg.stg_customers cascade")
    reports = platform.bring_up_to_date()
    assert all(report.succeeded for report in reports), [report.failed for report in reports]
    built = {asset for report in reports for asset in report.materialized}
    assert "stg/stg_customers" in built
    assert built & readers_of("revenue") == set()
    assert any("revenue: a blocking check is red" in said for said in platform.announced)


def test_a_table_that_was_mended_is_asked_again_and_built_on(platform: Platform) -> None:
    platform.execute("update staging.revenue set amount = amount - 1 where transaction_id = 'a'")
    reports = platform.bring_up_to_date()
    assert all(report.succeeded for report in reports), [report.failed for report in reports]
    assert platform.red() == set()
    assert blocked_sources(platform.sources) == set()
    assert platform.value("select sum(total_revenue) from finance.revenue_summary") == 30
    assert platform.bring_up_to_date() == []


@pytest.mark.law(10)
def test_a_blocking_check_that_fails_to_run_blocks_as_one_that_is_red(platform: Platform) -> None:
    platform.drop("marketing", "b.csv", LEADS + "2024-01-02,Email,20,2,5\n")
    with invariants_cannot_be_recorded(platform, "marketing"):
        [report] = platform.take_in()
    assert not report.succeeded
    assert "the disk is full" in report.failed[0].message
    assert platform.value("select count(*) from staging.marketing") == 2
    assert "rows_are_conserved" in platform.red()
    assert blocked_sources(platform.sources) == {"marketing"}
    assert planned(platform) & readers_of("marketing") == set()
    assert all(report.succeeded for report in platform.take_in()), "asked again"
    assert platform.red() == set()
    assert "core/fact_marketing" in planned(platform)


def test_a_step_that_dies_leaves_the_earlier_rows_and_red_checks(platform: Platform) -> None:
    platform.execute("alter table staging.revenue rename column amount to worth")
    platform.drop("revenue", "c.csv", SALES + sale("d", "2024-01-04"))
    try:
        [report] = platform.take_in()
    finally:
        platform.execute("alter table staging.revenue rename column worth to amount")
    assert not report.succeeded
    assert 'column "amount"' in report.failed[0].message
    assert platform.verdict("staging/revenue", "amount_not_null").is_failure
    assert platform.value("select count(*) from staging.revenue") == 3
    assert all(report.succeeded for report in platform.take_in())
    assert platform.red() == set()
    assert platform.value("select count(*) from staging.revenue") == 4


@pytest.mark.law(10)
def test_an_expectation_that_cannot_be_evaluated_is_red_and_refuses_its_file(
    platform: Platform, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "parcels.yaml").write_text(PARCELS)
    parcels = replace(platform, settings=replace(platform.settings, contracts=tmp_path))
    migrate(platform.connection, parcels.sources.contracts.values())
    request.addfinalizer(lambda: platform.execute(DROP_PARCELS))
    parcels.drop("parcels", "a.csv", "parcel_id,sent_on,label\np1,2024-01-01,fragile\n")
    [report] = parcels.take_in()
    [check] = [check for check in report.checks if check.name == "label_matches_pattern"]
    assert (check.passed, check.severity) == (False, "ERROR")
    [(status, reason)] = platform.rows("select status, reason from ops.loads where source = 'parcels'")
    assert status == "refused"
    assert "checks could not be evaluated: label_matches_pattern: " in reason
    assert platform.value("select count(*) from staging.parcels") == 0

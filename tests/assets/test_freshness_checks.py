"""Freshness: how old the last load and the newest event are, by a clock that the test holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from platform_under_test import SALES, Platform, sale

from echo_assets.freshness_checks import freshness_job, freshness_schedule
from echo_assets.open_checks import open_file_checks
from echo_assets.planned import blocked_sources
from echo_assets.source_checks import checks_over_time, source_checks
from echo_assets.sources import Sources
from echo_assets.streaming.checks import CHECKS
from echo_quality.contract import Contract
from echo_quality.findings import Finding, View
from echo_quality.freshness import BY_EVENT_TIME, BY_LOAD_TIME, by_event_time, by_load_time, freshness_checks
from echo_quality.over_time import Drift, DriftSeverity, OverTime

pytestmark = pytest.mark.database

ASSET = dg.AssetKey(["staging", "revenue"])


@pytest.fixture(scope="module", autouse=True)
def loaded(platform: Platform) -> None:
    """Sales up to the second of January 2024, one of them with a wrong year, taken in now."""
    rows = sale("a", "2024-01-01") + sale("b", "2024-01-02") + sale("typo", "2094-01-01")
    platform.drop("revenue", "a.csv", SALES + rows)
    assert all(report.succeeded for report in platform.take_in())
    assert platform.rows("select status, reason from ops.loads") == [("loaded", None)]


def test_after_a_load_every_check_over_time_has_a_verdict_with_its_figures(platform: Platform) -> None:
    assert platform.verdict("staging/revenue", "rows_per_file_as_usual").message == (
        "Not judged yet: 0 of the 8 files that it takes have come before."
    )
    facts = platform.value(
        """select metadata -> 'facts' from ops.check_results
           where asset = 'staging/revenue' and check_name = 'rejected_share_within_bound'"""
    )
    assert facts == {"share": 0.0, "bound": 0.05, "highest_share": 0.0, "owner": "analytics_team"}
    names = {check.name for check in checks_over_time(platform.sources.contracts["revenue"])}
    assert names == {
        name for (name,) in platform.rows("select check_name from ops.check_results where metadata ? 'facts'")
    }


@pytest.fixture
def ask(platform: Platform) -> Callable[..., Finding]:
    """ask(check, now, hours, timezone): what a check of revenue finds at that time."""

    def found(check: Any, now: datetime, hours: float = 24, timezone: str = "UTC") -> Finding:
        contract = agreed(platform.sources.contracts["revenue"], hours)
        finding: Finding = check(View(platform.connection, contract, platform.settings.lake, timezone, now))
        return finding

    return found


def agreed(contract: Contract, hours: float) -> Contract:
    return replace(contract, freshness_hours=hours, over_time=OverTime(event_hours=hours))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "hours", "age", "passed"),
    [
        ("2024-01-02 12:00", 1, 0, True),
        ("2024-01-03 00:00", 1, 0, True),
        ("2024-01-03 23:59", 24, 23.98, True),
        ("2024-01-04 00:01", 24, 24.02, False),
        ("2024-02-01 00:00", 24, 24 * 29, False),
    ],
)
def test_a_day_begins_to_age_when_it_is_over(
    ask: Callable[..., Finding], now: str, hours: float, age: float, passed: bool
) -> None:
    found = ask(by_event_time, at(now), hours)
    assert (found.passed, found.facts["last_seen"], found.facts["age_hours"]) == (passed, "2024-01-02", age)
    assert (found.facts["bound_hours"], found.facts["owner"]) == (hours, "analytics_team")


def test_the_day_is_over_where_the_business_is(ask: Callable[..., Finding]) -> None:
    assert ask(by_event_time, at("2024-01-03 12:00"), timezone="America/Los_Angeles").facts["age_hours"] == 4
    assert ask(by_event_time, at("2024-01-03 12:00"), timezone="Asia/Tokyo").facts["age_hours"] == 21


def test_an_event_with_a_wrong_year_keeps_no_source_fresh_and_is_counted(ask: Callable[..., Finding]) -> None:
    found = ask(by_event_time, at("2024-02-01 00:00"))
    assert not found.passed
    assert found.facts["later_than_now"] == 1


def test_by_load_time_the_last_accepted_file_counts(platform: Platform, ask: Callable[..., Finding]) -> None:
    loaded = platform.value("select max(loaded_at) from ops.loads where source = 'revenue'")
    assert ask(by_load_time, loaded + timedelta(hours=23)).passed
    late = ask(by_load_time, loaded + timedelta(hours=25))
    assert (late.passed, late.is_error, late.facts["age_hours"]) == (False, True, 25.0)
    assert "25 h old, 24 h are agreed" in late.said


def test_a_late_source_stays_the_same_offender_so_that_it_is_told_once(ask: Callable[..., Finding]) -> None:
    one, other = (ask(by_event_time, at(now)) for now in ("2024-02-01 00:00", "2024-02-02 00:00"))
    assert one.said != other.said
    assert one.sample == other.sample


def test_a_source_that_nobody_sends_is_not_late(platform: Platform) -> None:
    contract = agreed(platform.sources.contracts["products"], 1)
    for check in freshness_checks(contract):
        found = check.find(View(platform.connection, contract, platform.settings.lake, "UTC", at("2030-01-01 00:00")))
        assert (found.passed, found.said) == (True, "Nothing was taken in yet, so nothing is late.")


def test_only_what_a_contract_bounds_is_asked(platform: Platform) -> None:
    contract = platform.sources.contracts["revenue"]
    names = {check.name for check in freshness_checks(contract)}
    assert names == {BY_LOAD_TIME}
    assert {check.name for check in freshness_checks(agreed(contract, 1))} == {BY_LOAD_TIME, BY_EVENT_TIME}
    assert freshness_checks(replace(contract, freshness_hours=None)) == []


def test_the_hourly_job_asks_what_turns_red_by_waiting_and_nothing_else(platform: Platform) -> None:
    job = freshness_job(source_checks(platform.sources))
    assert freshness_schedule(job).default_status is dg.DefaultScheduleStatus.RUNNING
    asked = platform.definitions.resolve_job_def("freshness_job").asset_layer.asset_graph.asset_check_keys
    assert {key.name for key in asked} == {BY_LOAD_TIME, *(check.name for check in CHECKS if check.alive)}


def test_a_source_that_has_become_late_is_asked_again_by_the_next_run_and_is_red(platform: Platform) -> None:
    assert not open_file_checks(platform.sources, platform.instance, platform.job)
    later = Sources(platform.settings, clock=lambda: datetime.now(UTC) + timedelta(days=3))
    asked = open_file_checks(later, platform.instance, platform.job)
    assert {(key.asset_key, key.name) for key in asked.others} == {(ASSET, BY_LOAD_TIME)}
    assert not asked.steps
    result = _evaluated(later, platform, BY_LOAD_TIME)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.metadata["bound_hours"].value == 24
    assert "Fresh" in str(result.metadata["what_to_do"].value)
    stored = platform.rows(
        "select passed, severity, blocking from ops.check_results where check_name = 'fresh_by_load_time' "
        "order by check_result_id desc limit 1"
    )
    assert stored == [(False, "ERROR", False)]
    assert blocked_sources(platform.sources) == set(), "late rows are no reason to hold back what there is"
    assert {key.name for key in open_file_checks(platform.sources, platform.instance, platform.job).others} == {
        BY_LOAD_TIME
    }, "by today's clock it is not late, so it is asked again"


def test_drift_that_blocks_by_contract_holds_back_what_is_built_until_it_was_asked(platform: Platform) -> None:
    contract = platform.sources.contracts["revenue"]
    strict = replace(contract, over_time=OverTime(drift=Drift(severity=DriftSeverity.BLOCKING)))
    sources = Sources(platform.settings)
    sources.contracts["revenue"] = strict
    names = {check.name for check in checks_over_time(strict) if check.blocking}
    assert "rows_per_file_as_usual" in names
    assert blocked_sources(sources) == set()
    platform.execute(
        """insert into ops.check_results (asset, check_name, passed, severity, blocking)
           values ('staging/revenue', 'rows_per_file_as_usual', false, 'ERROR', true)"""
    )
    assert blocked_sources(sources) == {"revenue"}
    assert blocked_sources(platform.sources) == set(), "for a contract that does not say so, it is a warning"


def _evaluated(sources: Sources, platform: Platform, name: str) -> dg.AssetCheckEvaluation:
    """One check asked in a real run, with the sources' clock."""
    [step] = [step for step in source_checks(sources) if dg.AssetCheckKey(ASSET, name) in step.check_keys]
    key = dg.AssetCheckKey(ASSET, name)
    job = dg.Definitions(
        asset_checks=[step],
        jobs=[dg.define_asset_job("late", dg.AssetSelection.checks(key))],
        executor=dg.in_process_executor,
    ).resolve_job_def("late")
    result = job.execute_in_process(instance=platform.instance)
    [found] = result.get_asset_check_evaluations()
    return found

"""The jobs as the daemon runs them: on the persistent instance, each doing what its description says."""

from __future__ import annotations

import dagster as dg
import pytest
from platform_under_test import BAD_SALES, SALES, Platform, sale
from small_graph import HEADLINE, part_of

from echo_assets.dbt.project import load_project

pytestmark = [pytest.mark.database, pytest.mark.slow]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run(platform: Platform, name: str) -> dg.ExecuteInProcessResult:
    job = platform.definitions.resolve_job_def(name)
    return job.execute_in_process(instance=platform.instance, raise_on_error=False, run_config=QUIET)


def runs(platform: Platform) -> list[dg.DagsterRun]:
    return list(platform.instance.get_runs())


def test_the_ingestion_job_takes_in_what_waits_and_builds_nothing(platform: Platform) -> None:
    platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01", "12.00"))
    assert run(platform, "data_ingestion_job").success
    assert platform.value("select sum(amount) from staging.revenue") == 12
    assert platform.value("select count(*) from ops.built_days") == 0
    assert len(runs(platform)) == 2, "the job, and the run of the one source that had a file"


def test_the_daily_job_builds_what_is_dirty_down_to_the_marts(platform: Platform) -> None:
    assert run(platform, "daily_data_job").success
    assert platform.value("select total_revenue from finance.headline_metrics") == 12


def test_the_daily_job_finds_nothing_to_do_when_all_is_up_to_date(platform: Platform) -> None:
    before = len(runs(platform))
    assert run(platform, "daily_data_job").success
    assert len(runs(platform)) == before + 1


def asked_outside_of_builds(platform: Platform) -> set[dg.AssetCheckKey]:
    """Every check but those that only the step which makes their asset evaluates."""
    return platform.job.asset_layer.asset_graph.asset_check_keys - {
        key
        for step in platform.definitions.resolve_asset_graph().assets_defs
        if {"raw", "staging", "quarantine", "ops", "readouts", "models"} & {asset.path[0] for asset in step.keys}
        for key in step.check_keys
        if step.keys
    }


def test_the_quality_job_asks_every_check_that_needs_no_build_and_materialises_nothing(platform: Platform) -> None:
    job = platform.definitions.resolve_job_def("data_quality_job")
    assert job.asset_layer.asset_graph.asset_check_keys >= asked_outside_of_builds(platform)
    known = {target.key for target in part_of(load_project().manifest, HEADLINE)}
    wanted = {key for key in asked_outside_of_builds(platform) if key.asset_key.to_user_string() in known}
    subset = job.get_subset(asset_selection=frozenset(), asset_check_selection=frozenset(wanted))
    result = subset.execute_in_process(instance=platform.instance, raise_on_error=False, run_config=QUIET)
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert {evaluation.asset_check_key for evaluation in result.get_asset_check_evaluations()} == wanted


def test_a_job_fails_with_the_reason_of_the_run_that_failed(platform: Platform) -> None:
    platform.execute("update staging.revenue set amount = amount + 1")
    platform.drop("revenue", "b.csv", SALES + sale("b", "2024-01-02"))
    result = run(platform, "data_ingestion_job")
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    reason = failure.step_failure_data.user_failure_data
    assert reason
    assert "money_is_conserved" in str(reason.description)


def test_a_refused_file_is_not_a_failed_job(platform: Platform) -> None:
    platform.execute("update staging.revenue set amount = amount - 1 where transaction_id = 'a'")
    platform.execute("update staging.revenue set amount = 10 where transaction_id = 'b'")
    platform.drop("revenue", "bad.csv", BAD_SALES)
    assert run(platform, "data_ingestion_job").success
    assert "no_refused_load_open" in platform.red()

"""Alerts: what turns red and what fails is written to `ops.alerts`, once."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest
from platform_under_test import BAD_SALES, SALES, Platform, sale

pytestmark = [pytest.mark.database, pytest.mark.slow]

CHECKS = "check_failure_sensor"


def alerts(platform: Platform) -> list[tuple[Any, ...]]:
    return platform.rows("select kind, subject from ops.alerts order by alert_id")


def test_each_check_that_turns_red_is_one_alert_and_a_repeated_tick_adds_none(platform: Platform) -> None:
    assert platform.look(CHECKS).skip_reason.skip_message == "0 new alerts"
    bad = platform.drop("revenue", "bad.csv", BAD_SALES)
    platform.take_in()
    tick = platform.look(CHECKS)
    raised = alerts(platform)
    assert ("check_failure", "staging/revenue: no_refused_load_open") in raised
    assert ("check_failure", f"staging/revenue [{bad.partition_key}]: amount_valid") in raised
    platform.look(CHECKS)
    platform.look(CHECKS, tick.cursor)
    assert alerts(platform) == raised


def test_an_alert_names_the_run_and_the_result_that_raised_it(platform: Platform) -> None:
    [(run_id, message, cause)] = platform.rows(
        "select run_id, message, metadata from ops.alerts where subject = 'staging/revenue: no_refused_load_open'"
    )
    assert platform.instance.get_run_by_id(run_id)
    assert message.startswith("ERROR: No file stands refused")
    result = platform.value(
        f"select check_name from ops.check_results where check_result_id = {cause['check_result_id']}"
    )
    assert result == "no_refused_load_open"


def test_a_refused_file_is_an_alert_of_its_own_and_says_whose_it_is_and_what_to_do(platform: Platform) -> None:
    [(message, told)] = platform.rows("select message, metadata from ops.alerts where kind = 'load_refused'")
    assert message.startswith("1 of 1 rows are rejected")
    assert (told["owner"], told["runbook"]) == ("analytics_team", "docs/runbook.md#a-refused-load")
    [check] = platform.rows("select metadata from ops.alerts where subject = 'staging/revenue: no_refused_load_open'")
    assert check[0]["owner"] == "analytics_team"
    assert check[0]["runbook"] == "docs/runbook.md#no-refused-load-open"
    assert [row["file"] for row in check[0]["sample"]] == ["bad.csv"]


def test_a_check_that_stays_red_for_the_same_reason_is_not_told_again(platform: Platform) -> None:
    before = alerts(platform)
    platform.drop("revenue", "good.csv", SALES + sale("a", "2024-01-01"))
    platform.take_in()
    assert "no_refused_load_open" in platform.red()
    assert platform.look(CHECKS).skip_reason.skip_message == "0 new alerts"
    assert alerts(platform) == before


def test_a_check_that_is_red_for_another_file_as_well_is_told(platform: Platform) -> None:
    before = alerts(platform)
    platform.drop("revenue", "worse.csv", BAD_SALES)
    platform.take_in()
    platform.look(CHECKS)
    assert ("check_failure", "staging/revenue: no_refused_load_open") in alerts(platform)[len(before) :]


def test_broken_rules_of_a_file_that_was_accepted_raise_no_alert(platform: Platform) -> None:
    before = alerts(platform)
    rows = "".join(sale(f"n{number}", "2024-01-02") for number in range(40))
    platform.drop("revenue", "mostly.csv", SALES + rows + ",2024-13-01,ten,,paid\n")
    platform.take_in()
    assert platform.value("select status from ops.loads where file = 'mostly.csv'") == "loaded"
    platform.look(CHECKS)
    assert alerts(platform) == before


def test_a_run_that_fails_is_one_alert(platform: Platform) -> None:
    platform.add_partitions("revenue", "ghost--1")
    report = platform.run_files("revenue", "ghost--1", "ghost--1", ("raw",))
    run = platform.instance.get_run_by_id(report.run_id)
    [failure] = platform.instance.get_records_for_run(report.run_id, of_type=dg.DagsterEventType.RUN_FAILURE).records
    event = failure.event_log_entry.dagster_event
    assert run
    assert event
    repository = platform.definitions.get_repository_def()
    for _ in range(2):
        context = dg.build_run_status_sensor_context(
            "run_failure_sensor", event, platform.instance, run, repository_def=repository
        ).for_run_failure()
        platform.sensor("run_failure_sensor")(context)
    [(subject, message)] = platform.rows(
        f"select subject, message from ops.alerts where kind = 'run_failure' and run_id = '{report.run_id}'"
    )
    assert subject == run.job_name
    assert "raw__revenue" in message

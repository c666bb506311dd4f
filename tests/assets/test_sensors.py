"""The sensors, tick by tick: what they request, what they leave alone, and how they heal."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pytest
from platform_under_test import LEADS, SALES, Platform, sale

from echo_assets.file_runs import FINGERPRINT_TAG, RANGE_END, waiting_files
from echo_assets.planner.locks import planning_lock
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import execute_assets
from echo_assets.unfinished_runs import UNDER_LOCK

pytestmark = [pytest.mark.database, pytest.mark.slow]

NEW_FILES, REFRESH = "new_file_sensor", "refresh_sensor"


def look_twice(platform: Platform) -> dg.SensorResult:
    """Two ticks of the new-file sensor, as when nothing is written between them; the second one's result."""
    first = platform.look(NEW_FILES)
    result = platform.look(NEW_FILES, first.cursor)
    assert isinstance(result, dg.SensorResult)
    return result


def why(result: dg.SensorResult) -> str:
    """The reason that a tick gives for requesting nothing."""
    assert result.skip_reason
    return str(result.skip_reason.skip_message)


def carry_out(platform: Platform, request: dg.RunRequest) -> RunReport:
    """What the daemon does with a request."""
    return execute_assets(request.asset_selection or (), request.tags, platform.job, platform.instance)


def created(platform: Platform, tags: Mapping[str, str]) -> dg.DagsterRun:
    """A run that was made and not executed."""
    job = platform.job.get_subset(asset_selection={dg.AssetKey(["raw", "revenue"])})
    return platform.instance.create_run_for_job(job, tags=tags)


def started(platform: Platform, tags: Mapping[str, str]) -> dg.DagsterRun:
    """A run that has begun and not ended."""
    run = created(platform, tags)
    began = dg.DagsterEvent("PIPELINE_START", run.job_name, message="began", pid=os.getpid())
    platform.instance.report_dagster_event(began, run.run_id)
    found = platform.instance.get_run_by_id(run.run_id)
    assert found
    assert found.status is dg.DagsterRunStatus.STARTED
    return found


def named(request: dg.RunRequest) -> set[str]:
    return {key.to_user_string() for key in request.asset_selection or ()}


def test_a_new_file_is_left_alone_at_the_first_look_because_it_may_be_growing(platform: Platform) -> None:
    assert why(platform.look(NEW_FILES)) == "no new files"
    platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01"))
    first = platform.look(NEW_FILES)
    assert not first.run_requests
    assert "may still be growing" in why(first)


def test_a_file_that_grew_since_the_last_look_is_left_alone(platform: Platform) -> None:
    cursor = platform.look(NEW_FILES).cursor
    platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01") + sale("b", "2024-01-02"))
    assert not platform.look(NEW_FILES, cursor).run_requests


def test_all_new_files_of_a_source_are_one_request_with_their_partitions(platform: Platform) -> None:
    a = platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01"))
    b = platform.drop("revenue", "b.csv", SALES + sale("b", "2024-01-02"))
    result = look_twice(platform)
    [request] = result.run_requests or []
    [added] = result.dynamic_partitions_requests or []
    assert list(added.partition_keys) == [a.partition_key, b.partition_key]
    assert named(request) == {"raw/revenue", "staging/revenue", "quarantine/revenue"}
    platform.add_partitions("revenue", *added.partition_keys)
    assert carry_out(platform, request).succeeded
    assert platform.value("select count(*) from staging.revenue") == 2
    assert why(look_twice(platform)) == "no new files"


def test_files_of_two_sources_with_one_name_are_both_requested(platform: Platform) -> None:
    platform.drop("revenue", "same.csv", SALES + sale("c", "2024-01-03"))
    platform.drop("marketing", "same.csv", LEADS + "2024-01-01,Email,10,1,5\n")
    requests = look_twice(platform).run_requests or []
    assert {asset for request in requests for asset in named(request) if asset.startswith("raw/")} == {
        "raw/revenue", "raw/marketing",
    }  # fmt: skip
    platform.take_in()


def test_a_file_that_was_touched_is_read_once_more_and_then_waits_no_longer(platform: Platform) -> None:
    file = platform.drop("revenue", "a.csv", SALES + sale("a", "2024-01-01"))
    os.utime(file.path, ns=(1, 1))
    [request] = look_twice(platform).run_requests or []
    loads = platform.value("select count(*) from ops.loads")
    assert carry_out(platform, request).succeeded
    assert platform.value("select count(*) from ops.loads") == loads, "the same bytes are no new load"
    assert waiting_files(platform.sources) == {}


def test_nothing_is_requested_while_someone_holds_the_planning_lock(platform: Platform) -> None:
    file = platform.drop("revenue", "d.csv", SALES + sale("d", "2024-01-04"))
    with planning_lock(platform.sources.url(), wait=False) as held:
        assert held
        for name in (NEW_FILES, REFRESH):
            skipped = platform.look(name)
            assert isinstance(skipped, dg.SkipReason)
            assert "someone else is planning or running" in str(skipped.skip_message)
    file.path.unlink()


def test_no_second_run_is_requested_for_a_source_whose_files_are_being_taken_in(platform: Platform) -> None:
    file = platform.drop("revenue", "d.csv", SALES + sale("d", "2024-01-04"))
    run = started(platform, {"echo/source": "revenue"})
    assert not look_twice(platform).run_requests
    assert "under way" in str(platform.look(REFRESH).skip_message)
    platform.instance.report_run_canceled(run)
    assert look_twice(platform).run_requests
    file.path.unlink()


def test_the_run_of_a_killed_process_holds_up_nothing(platform: Platform) -> None:
    file = platform.drop("revenue", "d.csv", SALES + sale("d", "2024-01-04"))
    run = started(platform, {"echo/source": "revenue", **UNDER_LOCK})
    assert look_twice(platform).run_requests, "nobody holds the planning lock, so nobody works on it"
    found = platform.instance.get_run_by_id(run.run_id)
    assert found
    assert found.status is dg.DagsterRunStatus.FAILURE
    file.path.unlink()


def test_a_batch_that_failed_three_times_is_not_asked_for_again_until_it_changes(platform: Platform) -> None:
    platform.drop("revenue", "e.csv", SALES + sale("e", "2024-01-05"))
    keys = []
    for _ in range(3):
        [request] = look_twice(platform).run_requests or []
        platform.add_partitions("revenue", request.tags[RANGE_END])
        keys.append(request.run_key)
        platform.instance.report_run_failed(created(platform, request.tags))
    assert len(set(keys)) == 3, "a key that was used would be passed over"
    given_up = look_twice(platform)
    assert not given_up.run_requests
    assert "given up after 3 failed attempts: revenue/e.csv" in why(given_up)
    platform.drop("revenue", "e.csv", SALES + sale("e", "2024-01-05") + sale("f", "2024-01-05"))
    [request] = look_twice(platform).run_requests or []
    assert request.tags[FINGERPRINT_TAG] not in str(keys[0])
    platform.take_in()


def test_the_plan_is_requested_run_by_run_and_a_lost_tick_changes_nothing(platform: Platform) -> None:
    first = platform.look(REFRESH)
    again: Any = platform.look(REFRESH)
    assert isinstance(first, dg.RunRequest)
    assert (again.run_key, again.tags) == (first.run_key, first.tags), "the first one may have been lost"
    while isinstance(request := platform.look(REFRESH), dg.RunRequest):
        report = carry_out(platform, request)
        assert report.succeeded, report.failed
    assert request.skip_message == "nothing is dirty"
    assert platform.value("select sum(total_revenue) from finance.revenue_summary") == platform.value(
        "select sum(amount) from staging.revenue where status = 'paid'"
    )


def test_a_refused_file_that_was_taken_away_leaves_no_partition_that_could_only_fail(platform: Platform) -> None:
    good = platform.drop("revenue", "good.csv", SALES + sale("t1", "2024-01-05"))
    bad = platform.drop("revenue", "bad.csv", SALES + "t2,,,,\n")
    platform.take_in()
    bad.path.unlink()
    platform.look(NEW_FILES)
    partitions = platform.instance.get_dynamic_partitions("revenue_files")
    assert good.partition_key in partitions
    assert bad.partition_key not in partitions
    assert platform.value("select status from ops.loads where file = 'bad.csv'") == "withdrawn"

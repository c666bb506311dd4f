"""`kill -9` of `echoctl run` at three chosen places, one after the other: the next run finishes what was begun."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from halting import halted_at, stop_when_halted
from platform_under_test import LEADS, SALES, Platform, sale

from echo_assets.planned import blocked_sources
from echo_assets.planner.locks import planning_lock
from echo_assets.server import Databases
from echo_assets.unfinished_runs import UNDER_LOCK, UNFINISHED, close_cut_off_runs

pytestmark = pytest.mark.database
SERIES = pytest.mark.slow
"""What a kill leaves of one load is in `tests/loading/test_kill.py`."""
ECHOCTL = [str(Path(sys.executable).with_name("echoctl")), "run", "--json"]
COUNTED = "select count(*), sum(amount) from staging.revenue"


def environment(platform: Platform) -> dict[str, str]:
    settings = platform.settings
    return {**os.environ, "ECHO_HOME": str(settings.home), "ECHO_LANDING": str(settings.landing)}


def kill_at(platform: Platform, url: str, table: str, event: str = "insert", when: str = "true") -> None:
    with halted_at(url, table, event, when) as connection:
        stop_when_halted(connection, ECHOCTL, environment(platform), signal.SIGKILL)
    with planning_lock(platform.sources.url(), wait=True) as held:
        assert held, "the server has noticed that the process is gone"


def left_open(platform: Platform) -> list[dg.DagsterRun]:
    return list(platform.instance.get_runs(dg.RunsFilter(tags=UNDER_LOCK, statuses=UNFINISHED)))


@pytest.fixture(scope="module")
def part_of_the_graph() -> None:
    """A process of its own builds the whole graph, so this one does, too."""


@pytest.fixture(scope="module")
def built(platform: Platform) -> None:
    """One sale, taken in and built."""
    platform.drop("revenue", "first.csv", SALES + sale("a", "2024-01-01"))
    assert all(report.succeeded for report in platform.bring_up_to_date())


@SERIES
@pytest.mark.usefixtures("built")
def test_killed_while_publishing_it_leaves_the_rows_as_they_were(platform: Platform) -> None:
    platform.drop("revenue", "second.csv", SALES + sale("b", "2024-01-02") + sale("c", "2024-01-03"))
    kill_at(platform, platform.sources.url(), "ops.dirty_days")
    assert platform.rows(COUNTED) == [(1, 10)]
    assert platform.value("select status from ops.loads where file = 'second.csv'") == "landed"
    assert len(left_open(platform)) == 1


@SERIES
@pytest.mark.usefixtures("built")
def test_killed_before_the_verdicts_it_leaves_published_rows_that_nothing_is_built_on(
    platform: Platform, databases: Databases
) -> None:
    dagster, suite = databases.url("dagster"), "new.execution_status <> 'PLANNED' and new.asset_key like '%staging%'"
    kill_at(platform, dagster, "asset_check_executions", "update", suite)
    assert platform.rows(COUNTED) == [(3, 30)]
    assert platform.value("select count(*) from ops.check_results where load_id = (select max(load_id) from ops.loads)")
    assert blocked_sources(platform.sources) == {"revenue"}
    assert len(left_open(platform)) == 1, "the first one was closed by the second"


@SERIES
@pytest.mark.usefixtures("built")
def test_killed_while_building_it_leaves_the_marts_as_they_were(platform: Platform) -> None:
    kill_at(platform, platform.sources.url(), "ops.built_days")
    assert blocked_sources(platform.sources) == set(), "the checks were asked again"
    assert platform.value("select total_revenue from finance.headline_metrics") == 10


@SERIES
@pytest.mark.usefixtures("built")
def test_the_next_run_gives_the_full_result(platform: Platform) -> None:
    assert all(report.succeeded for report in platform.bring_up_to_date())
    assert platform.value("select total_revenue from finance.headline_metrics") == 30
    assert platform.red() == set()
    assert left_open(platform) == []
    assert platform.value("select count(*) from staging.revenue_shadow") == 0
    assert platform.bring_up_to_date() == [], "and the one after that has nothing to do"


@SERIES
@pytest.mark.usefixtures("built")
def test_ctrl_c_ends_the_run_and_begins_no_other(platform: Platform) -> None:
    platform.drop("marketing", "leads.csv", LEADS + "2024-01-01,Email,10,1,5\n")
    platform.drop("revenue", "third.csv", SALES + sale("d", "2024-01-04"))
    with halted_at(platform.sources.url(), "staging.revenue") as connection:  # the larger file begins
        code, said = stop_when_halted(connection, ECHOCTL, environment(platform), signal.SIGINT)
    assert code == 130
    assert said.splitlines()[-1].startswith("Interrupted; what was published stays")
    assert "marketing: taking in" not in said
    assert left_open(platform) == []
    assert platform.value("select count(*) from staging.marketing") == 0
    assert all(report.succeeded for report in platform.take_in())
    assert platform.value("select count(*) from staging.marketing") == 1


def test_a_run_that_was_cut_off_gives_back_its_place_in_the_pool(platform: Platform) -> None:
    job = platform.job.get_subset(asset_selection={dg.AssetKey(["raw", "revenue"])})
    run = platform.instance.create_run_for_job(job, tags=UNDER_LOCK)
    storage = platform.instance.event_log_storage
    storage.initialize_concurrency_limit_to_default("load_revenue")
    assert storage.claim_concurrency_slot("load_revenue", run.run_id, "raw__revenue").is_claimed
    assert close_cut_off_runs(platform.instance) == [run.run_id]
    assert storage.get_concurrency_info("load_revenue").active_run_ids == set()


def test_a_limit_of_a_pool_that_was_changed_is_followed(platform: Platform, databases: Databases) -> None:
    storage = platform.instance.event_log_storage
    storage.initialize_concurrency_limit_to_default("load_products")
    limit = platform.instance.global_op_concurrency_default_limit
    with psycopg.connect(databases.url("dagster")) as connection:
        connection.execute("update concurrency_limits set \"limit\" = 9 where concurrency_key = 'load_products'")
    storage.initialize_concurrency_limit_to_default("load_products")
    assert storage.get_concurrency_info("load_products").slot_count == limit


def test_one_process_at_a_time_lands_or_publishes_files_of_a_source(platform: Platform) -> None:
    order: list[str] = []

    def second() -> None:
        with platform.sources.alone("revenue"):
            order.append("second")

    other = threading.Thread(target=second)
    with platform.sources.alone("revenue"), platform.sources.alone("marketing"):
        other.start()
        while not platform.value("select count(*) from pg_locks where locktype = 'advisory' and not granted"):
            assert other.is_alive()
        order.append("first")
    other.join()
    assert order == ["first", "second"]

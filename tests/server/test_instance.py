"""The pooled storage: runs and checks go through it, its connections are few, and it outlives a server restart."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dagster as dg
import pytest
from server_processes import query, wait_for

from echo_assets import server
from echo_assets.instance import AT_MOST, KEPT, PooledEventLogStorage, PooledRunStorage
from echo_assets.server.dagster_home import render
from echo_assets.server.postmaster import superuser_connection
from echo_assets.settings import Settings

pytestmark = pytest.mark.database

CHECKS = [dg.AssetCheckSpec(f"rule_{number}", asset="checked") for number in range(20)]


@dg.asset(check_specs=CHECKS)
def checked() -> dg.MaterializeResult:  # type: ignore[type-arg]
    results = [dg.AssetCheckResult(passed=True, check_name=spec.name) for spec in CHECKS]
    return dg.MaterializeResult(check_results=results)


@pytest.fixture
def instance(kept: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance that every process gets from DAGSTER_HOME."""
    render(kept, server.databases(kept))
    with dg.DagsterInstance.from_config(str(kept.dagster_home)) as found:
        yield found


def connections(settings: Settings) -> int:
    asked = "select count(*) from pg_stat_activity where datname = 'dagster' and pid <> pg_backend_pid()"
    with superuser_connection(server.databases(settings).port, settings.postgres_home / "superuser_passfile") as opened:
        row = opened.execute(asked).fetchone()
    assert row is not None
    return int(row[0])


def materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    job = dg.Definitions([checked]).resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance)


def test_a_run_and_its_checks_are_stored_over_a_handful_of_connections(
    instance: dg.DagsterInstance, kept: Settings
) -> None:
    result = materialize(instance)
    assert result.success
    assert instance.get_run_by_id(result.run_id) is not None
    passed = f"select count(*) from asset_check_executions where run_id = '{result.run_id}'"
    assert query(server.databases(kept).url("dagster"), passed) == [(len(CHECKS),)]
    assert 1 <= connections(kept) <= KEPT


def test_a_password_that_is_meant_for_another_server_does_not_get_in_the_way(
    kept: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    render(kept, server.databases(kept))
    monkeypatch.setenv("PGPASSWORD", "another's")
    with dg.DagsterInstance.from_config(str(kept.dagster_home)) as found:
        assert found.get_run_records(limit=1) is not None


def test_many_threads_share_a_bounded_number_of_connections(instance: dg.DagsterInstance, kept: Settings) -> None:
    """Counted where they are opened and closed: the server takes a moment to forget one that is gone."""
    run_id = materialize(instance).run_id
    highest = 0
    pool = instance.run_storage._pool.engine.pool  # type: ignore[attr-defined]

    def read(_: int) -> int:
        return len(instance.all_logs(run_id)) + len(instance.get_run_records())

    with ThreadPoolExecutor(40) as threads:
        reading = [threads.submit(read, number) for number in range(200)]
        while not all(task.done() for task in reading):
            highest = max(highest, pool.size() + pool.overflow())
        assert all(task.result() > 0 for task in reading)
    assert 1 < highest <= AT_MOST
    assert pool.checkedin() <= KEPT and pool.checkedout() == 0


def test_the_webserver_keeps_the_bounds_and_gets_its_statement_timeout(
    instance: dg.DagsterInstance, kept: Settings
) -> None:
    runs, events = instance.run_storage, instance.event_log_storage
    assert isinstance(runs, PooledRunStorage)
    assert isinstance(events, PooledEventLogStorage)
    instance.optimize_for_webserver(statement_timeout=4321, pool_recycle=1, max_overflow=50)
    with runs.connect() as one, events.index_connection() as other:
        for connection in (one, other):
            assert connection.exec_driver_sql("show statement_timeout").scalar() == "4321ms"
        assert connections(kept) == 2


def test_the_storage_goes_on_after_a_server_restart(instance: dg.DagsterInstance, kept: Settings) -> None:
    before = materialize(instance).run_id
    assert connections(kept) >= 1
    server.down(kept)
    server.up(kept)
    assert instance.get_run_by_id(before) is not None
    assert materialize(instance).success


def test_a_disposed_instance_holds_no_connection(kept: Settings, instance: dg.DagsterInstance) -> None:
    instance.get_run_records()
    instance.dispose()
    wait_for(lambda: connections(kept) == 0)


DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-02-01")
OF_DAYS = {"dagster/asset_partition_range_start": "2026-01-03", "dagster/asset_partition_range_end": "2026-01-05"}


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("daily_rule", asset="daily")],
)
def daily() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="daily_rule")])


def test_what_a_run_plans_is_stored_as_dagster_stores_it(instance: dg.DagsterInstance, kept: Settings) -> None:
    job = dg.Definitions([daily]).resolve_implicit_global_asset_job_def()
    run = instance.create_run_for_job(job, tags=OF_DAYS, asset_selection={daily.key})
    kinds = [dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED, dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED]
    tables, checks = (
        [record.event_log_entry for record in instance.get_records_for_run(run.run_id, of_type=kind).records]
        for kind in kinds
    )
    days = [event.get_dagster_event().partition for event in tables]
    assert days == ["2026-01-03", "2026-01-04", "2026-01-05"]
    assert [event.get_dagster_event().asset_check_planned_data.check_name for event in checks] == ["daily_rule"]
    record = instance.get_asset_records([daily.key])[0]
    assert record.asset_entry.last_run_id == run.run_id


def test_no_plan_of_a_check_is_left_unanswered(instance: dg.DagsterInstance, kept: Settings) -> None:
    """Dagster plans a check of a range of days once a day, though it is answered once."""
    job = dg.Definitions([daily]).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(instance=instance, tags=OF_DAYS)
    assert result.success
    states = f"select execution_status from asset_check_executions where run_id = '{result.run_id}'"
    assert query(server.databases(kept).url("dagster"), states) == [("SUCCEEDED",)]

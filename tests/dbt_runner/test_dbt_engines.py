"""The two ways of running dbt: the same events, one command at a time, and a cancelled one ends with its queries."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import dagster as dg
import psycopg
import pytest
from searches import first
from small_runs import SmallRuns

from echo_assets.dbt import in_process, in_subprocess
from echo_assets.dbt.command import DbtBuild, DbtError, RawEvent
from echo_assets.dbt.project import prepare_manifest, read_manifest
from echo_assets.dbt_models import dbt_models
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import execute_assets
from echo_assets.server import Databases
from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]

ENGINES = pytest.mark.parametrize("engine", [in_process, pytest.param(in_subprocess, marks=pytest.mark.slow)])
SLOW_MODEL = "select distinct customer_id, (select public.wait()) as waited from {{ ref('stg_transactions') }}"
OURS = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'echo_dbt%'"


@pytest.fixture(scope="module")
def whole_project(
    shared_project: Path, small_database: Databases, tmp_path_factory: pytest.TempPathFactory
) -> DbtBuild:
    """Everything in the small project, parsed once."""
    return build_of(shared_project, small_database, tmp_path_factory.mktemp("quick"))


@pytest.fixture
def build(whole_project: DbtBuild, warehouse: psycopg.Connection) -> DbtBuild:
    """Everything in the small project, on a fresh warehouse."""
    return whole_project


@pytest.fixture
def slow_build(project: Path, small_database: Databases, warehouse: psycopg.Connection, tmp_path: Path) -> DbtBuild:
    """The same with a dimension that takes a minute."""
    make_slow(project, warehouse)
    return build_of(project, small_database, tmp_path / "slow")


def build_of(project: Path, databases: Databases, folder: Path) -> DbtBuild:
    manifest = prepare_manifest(project, folder / "parsed", databases.warehouse)
    nodes = frozenset(read_manifest(manifest)["nodes"])
    return DbtBuild(project, manifest.parent, folder / "artifacts", nodes, {}, databases.environment())


def make_slow(project: Path, warehouse: psycopg.Connection) -> None:
    warehouse.execute(
        "create or replace function public.wait() returns int language sql as 'select 1 from pg_sleep(60)'"
    )
    (project / "models" / "core" / "dim_customer.sql").write_text(SLOW_MODEL)


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        time.sleep(0.02)


def waits_in_the_slow_model(warehouse: psycopg.Connection) -> bool:
    query = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    return warehouse.execute(query).fetchone() == (1,)


def told(events: Iterator[RawEvent]) -> set[tuple[str, str]]:
    return {(event["info"]["name"], event["data"]["node_info"]["unique_id"]) for event in events}


def test_each_node_tells_its_end_once(build: DbtBuild) -> None:
    events = list(in_process.stream(build))
    assert len(events) == len(build.nodes)
    assert {unique_id for _, unique_id in told(iter(events))} == build.nodes
    assert {event["data"]["node_info"]["node_status"] for event in events} == {"success", "pass"}


def test_exactly_the_given_nodes_run_not_even_a_test_of_a_neighbour(build: DbtBuild) -> None:
    chosen = frozenset({"model.small.stg_transactions", "seed.small.channel_map"})
    assert {unique_id for _, unique_id in told(in_process.stream(replace(build, nodes=chosen)))} == chosen


def test_a_failure_is_an_error_after_the_events_that_explain_it(build: DbtBuild, warehouse: psycopg.Connection) -> None:
    warehouse.execute("alter table staging.revenue rename amount to price")
    seen: list[RawEvent] = []
    with pytest.raises(DbtError):
        seen.extend(in_process.stream(build))
    [problem] = [event for event in seen if event["info"]["name"] == "RunResultError"]
    assert 'column "amount" does not exist' in problem["data"]["msg"]


@ENGINES
def test_a_cancelled_command_ends_its_queries_and_the_next_one_runs(
    engine: ModuleType, slow_build: DbtBuild, build: DbtBuild, warehouse: psycopg.Connection
) -> None:
    with closing(engine.stream(slow_build)) as events:
        for _ in range(4):  # the seed, the view and its two tests are ahead of the slow model
            next(events)
        until(lambda: waits_in_the_slow_model(warehouse))
    until(lambda: warehouse.execute(OURS).fetchone() == (0,))
    assert len(list(engine.stream(build))) == len(build.nodes)


def test_a_command_leaves_the_environment_and_the_folder_as_they_were(build: DbtBuild) -> None:
    before, folder = dict(os.environ), Path.cwd()
    list(in_process.stream(build))
    with closing(in_process.stream(build)) as events:
        next(events)
        assert os.environ["ECHO_DBT_DBNAME"] == build.environment["ECHO_DBT_DBNAME"]
    assert dict(os.environ) == before
    assert Path.cwd() == folder


def test_a_second_command_in_this_process_waits_for_the_first(build: DbtBuild) -> None:
    order: list[str] = []
    started = threading.Event()

    def second() -> None:
        started.set()
        events = in_process.stream(build)
        next(events)
        order.append("second began")
        events.close()

    other = threading.Thread(target=second)
    with closing(in_process.stream(build)) as events:
        next(events)
        other.start()
        started.wait()
        order += [f"first {len(list(events)) + 1}"]
    other.join()
    assert order == [f"first {len(build.nodes)}", "second began"]


def test_a_project_that_changed_after_it_was_loaded_says_what_to_do(build: DbtBuild) -> None:
    gone = replace(build, nodes=frozenset({"model.small.renamed"}))
    with pytest.raises(DbtError, match=r"model\.small\.renamed.*Reload the code location"):
        list(in_process.stream(gone))


def test_dbt_says_nothing_on_the_streams_of_this_process(build: DbtBuild, capfd: pytest.CaptureFixture[str]) -> None:
    list(in_process.stream(build))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("number", first([signal.SIGINT, signal.SIGTERM]))
def test_a_run_that_is_interrupted_is_cancelled_at_once_and_not_tried_again(
    number: signal.Signals, project: Path, small_database: Databases, warehouse: psycopg.Connection, settings: Settings
) -> None:
    make_slow(project, warehouse)
    models = dbt_models(settings, project, lambda: small_database)
    SmallRuns.of(models)("stg/stg_transactions")
    report = interrupted(models, number, small_database)
    assert (report.succeeded, report.cancelled) == (False, True)
    assert [(step.step, step.assets, step.message) for step in report.failed] == [
        ("dbt_dimensions", ("core/dim_customer",), "cancelled")
    ]
    until(lambda: warehouse.execute(OURS).fetchone() == (0,))


def interrupted(models: list[dg.AssetsDefinition], number: signal.Signals, databases: Databases) -> RunReport:
    """Start a run that takes a minute, and send this process a signal when its query has begun."""

    def interrupt() -> None:
        with psycopg.connect(databases.url(), autocommit=True) as watching:
            until(lambda: waits_in_the_slow_model(watching))
        os.kill(os.getpid(), number)

    job = dg.Definitions(assets=models).resolve_implicit_global_asset_job_def()
    watcher = threading.Thread(target=interrupt)
    with dg.DagsterInstance.ephemeral() as instance:
        watcher.start()
        report = execute_assets([dg.AssetKey(["core", "dim_customer"])], {}, job, instance)
    watcher.join()
    return report

"""Several processes for the runs of one refresh: the work is shared, and none of them outlives the one that began."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from halting import halted_at, waiting
from platform_under_test import LEADS, SALES, Platform, sale

from echo_assets.cli import INTERRUPTED, MISTAKE
from echo_assets.planned import planned_file_runs
from echo_assets.planner.locks import planning_lock
from echo_assets.run_processes import WORTH_STARTING, RunProcesses
from echo_assets.server import Databases

pytestmark = [pytest.mark.database, pytest.mark.slow]
FILES = {
    "revenue": SALES + "".join(sale(f"s{number}", "2024-01-01") for number in range(50)),
    "marketing": LEADS + "2024-01-01,Email,10,1,5.00\n",
    "products": "product_id,updated_at,name,category,price,is_active,created_at\n"
    "p1,2024-01-01T00:00:00Z,One,a,1.00,true,2024-01-01T00:00:00Z\n",
    "customers": "customer_id,updated_at,email,name,segment,plan_type,acquisition_channel,created_at\n"
    "c1,2024-01-01T00:00:00Z,a@b.example,A,smb,basic,Email,2024-01-01T00:00:00Z\n",
}
"""As many sources as make it worth while, of which the first has the most bytes: it is not executed here."""
ECHOCTL = str(Path(sys.executable).with_name("echoctl"))


@pytest.fixture(autouse=True)
def dropped(platform: Platform) -> None:
    """Files that nobody has seen."""
    for source, text in FILES.items():
        platform.drop(source, f"{time.monotonic_ns()}.csv", text)


def test_the_runs_of_a_refresh_are_shared_among_processes(platform: Platform) -> None:
    settings = replace(platform.settings, parallel_runs=2)
    with RunProcesses(settings) as processes:
        reports = list(replace(platform.refresh, processes=processes).files())
    assert len(reports) >= WORTH_STARTING
    assert all(report.succeeded for report in reports), [report.failed for report in reports]
    assert {asset for report in reports for asset in report.materialized} >= {f"raw/{source}" for source in FILES}
    by_process = {report.materialized: process_of(platform.instance, report.run_id) for report in reports}
    assert len(set(by_process.values())) == 2
    assert os.getpid() in by_process.values()
    assert not planned_file_runs(platform.sources, platform.instance), "all that waited is taken in"


def test_a_killed_process_takes_those_that_it_started_with_it(platform: Platform, databases: Databases) -> None:
    with halted_at(databases.url(), "staging.revenue") as connection, running(platform) as process:
        others = started_by(process, connection)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        wait_until_gone(others)
    with planning_lock(platform.sources.url(), wait=True) as held:
        assert held
    assert all(report.succeeded for report in platform.take_in())


def test_who_started_a_process_that_is_killed_says_so_in_one_line(platform: Platform, databases: Databases) -> None:
    with halted_at(databases.url(), "staging.revenue") as connection, running(platform) as process:
        for other in started_by(process, connection):
            os.kill(other, signal.SIGKILL)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == MISTAKE
    [told] = [line for line in said.splitlines() if line.startswith("echoctl: ")]
    assert "ECHO_PARALLEL_RUNS=1" in told
    assert "Traceback" not in said
    assert all(report.succeeded for report in platform.take_in())


def test_ctrl_c_ends_all_of_them_also_while_one_is_starting(platform: Platform, databases: Databases) -> None:
    with halted_at(databases.url(), "staging.customers"), running(platform) as process:
        while not any(map(is_for_runs, children(process.pid))):
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == INTERRUPTED
    assert said.splitlines()[-1].startswith("Interrupted; what was published stays")
    assert "Traceback" not in said
    assert all(report.succeeded for report in platform.take_in())


def process_of(instance: dg.DagsterInstance, run_id: str) -> int:
    """In which process a run was executed, as Dagster recorded it."""
    events = [log.get_dagster_event() for log in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)]
    [pid] = {event.engine_event_data.metadata["pid"].value for event in events} - {None}
    return int(str(pid))


@contextmanager
def running(platform: Platform) -> Iterator[subprocess.Popen[str]]:
    """`echoctl run` with one further process, killed at the end if it has not ended."""
    folders = {"ECHO_HOME": str(platform.settings.home), "ECHO_LANDING": str(platform.settings.landing)}
    environment = {**os.environ, **folders, "ECHO_PARALLEL_RUNS": "2"}
    with subprocess.Popen(
        [ECHOCTL, "run"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def started_by(process: subprocess.Popen[str], connection: psycopg.Connection) -> list[int]:
    """The processes that it has started, once one of them waits where it was halted."""
    while not waiting(connection):
        assert process.poll() is None, f"it ended before it came to that place: {process.communicate()[0]}"
        time.sleep(0.01)
    found = [pid for pid in children(process.pid) if is_for_runs(pid)]
    assert found
    return found


def children(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, child.read_text().split())


def is_for_runs(pid: int) -> bool:
    """Whether there is such a process, and it is one of those; multiprocessing has one more for itself."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def wait_until_gone(pids: list[int]) -> None:
    end = time.monotonic() + 60
    while any(map(is_for_runs, pids)):
        assert time.monotonic() < end, "it works on without the lock"
        time.sleep(0.01)

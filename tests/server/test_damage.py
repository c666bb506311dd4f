"""What an embedded server is found in after kills, reboots, upgrades and lost files, and what up makes of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from server_processes import call, environment, query, wait_for

from echo_assets import server
from echo_assets.server.account import server_account
from echo_assets.server.postmaster import port_is_taken
from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]


def data_of(settings: Settings) -> Path:
    found = server.status(settings).data_dir
    assert found is not None
    return found


def kill_server(settings: Settings) -> None:
    pid = server.status(settings).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not Path(f"/proc/{pid}").exists() or server.status(settings).pid is None)


@contextmanager
def listener(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


def test_a_killed_server_comes_back_with_what_was_committed(kept: Settings) -> None:
    found = server.databases(kept)
    query(found.url(), "create table if not exists written as select generate_series(1, 1000) as n")
    unfinished = psycopg.connect(found.url())
    unfinished.execute("insert into written select generate_series(1, 1000)")
    kill_server(kept)
    assert not server.status(kept).running
    assert server.up(kept) == found
    assert query(found.url(), "select count(*) from written") == [(1000,)]
    unfinished.close()


def test_up_waits_for_a_busy_orphan_of_a_killed_server(kept: Settings) -> None:
    busy = psycopg.connect(server.databases(kept).url())
    busy.pgconn.send_query(b"select sum(i) from generate_series(1, 10000000) as s (i)")
    kill_server(kept)
    assert query(server.up(kept).url(), "select answer from kept") == [(42,)]
    assert "pre-existing shared memory block" in (data_of(kept) / "server.log").read_text(encoding="utf-8")
    busy.close()


def test_a_stale_pid_file_whose_pid_now_belongs_to_another_program_is_no_obstacle(kept: Settings) -> None:
    data = data_of(kept)
    server.down(kept)
    account = server_account(kept.postgres_home, data)
    user = account.uid if account.drop else None
    unrelated = subprocess.Popen(["sleep", "60"], cwd="/", user=user)
    try:
        lines = [str(unrelated.pid), str(data), "1700000000", "54321", "", "127.0.0.1", "  1  1", "ready   "]
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n", encoding="ascii")
        account.give(data / "postmaster.pid")
        assert not server.status(kept).running
        assert not server.down(kept)
        assert unrelated.poll() is None
        assert query(server.up(kept).url(), "select answer from kept") == [(42,)]
        assert unrelated.poll() is None
    finally:
        unrelated.kill()
        unrelated.wait()


def test_a_process_killed_while_it_creates_the_cluster_leaves_nothing_in_the_way(own: Settings) -> None:
    holder = subprocess.Popen(call("up", own.home), env=environment(), start_new_session=True)
    wait_for(lambda: any(own.postgres_home.glob("data.new-*/data/PG_VERSION")))
    holder.kill()
    holder.wait()
    assert not (own.postgres_home / "data").exists()
    assert query(server.up(own).url(), "select 1") == [(1,)]


def test_a_killed_holder_of_the_lock_does_not_keep_it(kept: Settings) -> None:
    code = (
        "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(kept.postgres_home / "lock")]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    waiting = subprocess.Popen(call("up", kept.home), env=environment(), stdout=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    holder.kill()
    holder.communicate()
    output, _ = waiting.communicate(timeout=30)
    assert output == f"{server.databases(kept).url()}\n"


def test_a_taken_port_is_exchanged_once_and_the_new_one_is_kept(kept: Settings) -> None:
    before = server.databases(kept).port
    server.down(kept)
    with listener(before):
        found = server.up(kept)
        assert found.port != before
        assert query(found.url(), "select answer from kept") == [(42,)]
    server.down(kept)
    assert server.up(kept) == found


def test_a_taken_port_that_the_user_fixed_is_an_error_that_names_the_variable(kept: Settings) -> None:
    server.down(kept)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    fixed = Settings(kept.home, kept.landing, kept.contracts, postgres_port=port)
    with listener(port):
        assert port_is_taken(port)
        with pytest.raises(server.ServerError, match=f"ECHO_POSTGRES_PORT={port}"):
            server.up(fixed)
    assert server.up(fixed).port == port
    with pytest.raises(server.ServerError, match=f"already runs on port {port}"):
        server.up(Settings(kept.home, kept.landing, kept.contracts, postgres_port=port + 1))


def test_a_cluster_of_another_major_version_is_refused_and_left_alone(kept: Settings) -> None:
    version = data_of(kept) / "PG_VERSION"
    server.down(kept)
    real = version.read_text(encoding="ascii")
    version.write_text("17\n", encoding="ascii")
    try:
        with pytest.raises(server.ServerError, match=r"PostgreSQL 17, but PostgreSQL 18 is installed.*pg_dumpall"):
            server.up(kept)
    finally:
        version.write_text(real, encoding="ascii")
    assert query(server.up(kept).url(), "select answer from kept") == [(42,)]


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_lost_password_files_are_made_again(kept: Settings, running: bool) -> None:
    if not running:
        server.down(kept)
    for name in ("passfile", "superuser_passfile"):
        (kept.postgres_home / name).unlink()
    assert query(server.up(kept).url(), "select answer from kept") == [(42,)]


def test_a_password_file_that_others_may_read_is_closed_again(kept: Settings) -> None:
    passfile = kept.postgres_home / "passfile"
    passfile.chmod(0o644)
    found = server.up(kept)
    assert passfile.stat().st_mode & 0o777 == 0o600
    assert query(found.url(), "select answer from kept") == [(42,)]


def test_a_copy_of_a_home_gets_a_server_of_its_own_and_never_uses_the_first_ones(
    kept: Settings, reachable: Path
) -> None:
    server.down(kept)
    copied = Settings(reachable / "copy", kept.landing, kept.contracts)
    subprocess.run(["cp", "-a", str(kept.home), str(copied.home)], check=True)
    first = server.up(kept)
    shutil.copy(data_of(kept) / "postmaster.pid", copied.postgres_home / "data" / "postmaster.pid")
    try:
        second = server.up(copied)
        assert second.port != first.port
        query(second.url(), "update kept set answer = 43")
        assert query(first.url(), "select answer from kept") == [(42,)]
    finally:
        assert server.down(copied)
    assert server.status(kept).running


def test_a_home_that_is_a_file_or_cannot_be_quoted_is_refused_with_the_fix(reachable: Path, own: Settings) -> None:
    (reachable / "file").write_text("", encoding="ascii")
    for name, said in (("file", "ECHO_HOME"), ('a"b', "must not hold '\"'"), ("a$b", "must not hold")):
        with pytest.raises(server.ServerError, match=said):
            server.up(Settings(reachable / name, own.landing, own.contracts))


def test_a_home_with_spaces_and_umlauts_works_and_a_long_one_too(reachable: Path, own: Settings) -> None:
    home = reachable / "Größe & Maß 'x'" / ("long" * 30)
    settings = Settings(home, own.landing, own.contracts)
    try:
        assert query(server.up(settings).url(), "select 1") == [(1,)]
    finally:
        assert server.down(settings)

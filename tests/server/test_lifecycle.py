"""Up and down of an embedded server: what stays, what is shared, and what nobody else can do with it."""

from __future__ import annotations

import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import psycopg2
import pytest
import sqlalchemy
from server_processes import MEANT_FOR_ANOTHER_SERVER, call, environment, query

from echo_assets import server
from echo_assets.server.postmaster import superuser_connection
from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_up_makes_the_three_databases_and_they_speak_utc(databases: server.Databases) -> None:
    for name in ("echo", "dagster", "mlflow"):
        found = query(databases.url(name), "select current_database(), current_setting('TimeZone'), current_user")
        assert found == [(name, "UTC", "echo")]


def test_the_owner_is_no_superuser(databases: server.Databases) -> None:
    assert query(databases.url(), "select rolsuper from pg_roles where rolname = current_user") == [(False,)]


def test_the_reader_sees_new_tables_but_cannot_write_even_if_it_asks_to(fresh_database: server.Databases) -> None:
    query(fresh_database.url(), "create schema core; create table core.fact as select 1 as amount")
    url = fresh_database.url(read_only=True)
    assert query(url, "select amount, current_user from core.fact") == [(1, "echo_reader")]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        query(url, "delete from core.fact")
    for statement in ("delete from core.fact", "create table public.mine (x int)", "create schema mine"):
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set transaction read write")
            connection.execute(statement)


def test_psycopg_psycopg2_and_sqlalchemy_take_the_same_url(databases: server.Databases) -> None:
    url = databases.url()
    with psycopg.connect(url) as modern:
        assert modern.info.dbname == "echo"
    older = psycopg2.connect(url)
    assert older.info.dbname == "echo"
    older.close()
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select current_user")).scalar() == "echo"
    engine.dispose()


def test_no_password_is_in_a_url_and_the_environment_for_dbt_holds_the_right_one(databases: server.Databases) -> None:
    given = databases.environment()
    password = given["DBT_ENV_SECRET_ECHO_PASSWORD"]
    assert len(password) >= 20
    assert password not in databases.url() + databases.url(read_only=True) + given["MLFLOW_TRACKING_URI"]
    with psycopg.connect(
        host=given["ECHO_DBT_HOST"],
        port=given["ECHO_DBT_PORT"],
        user=given["ECHO_DBT_USER"],
        dbname=given["ECHO_DBT_DBNAME"],
        password=password,
        passfile="/dev/null",
    ) as connection:
        assert connection.info.user == "echo"


def test_the_server_asks_for_a_password_and_listens_only_here(databases: server.Databases, settings: Settings) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(replace(databases, passfile=Path("/dev/null")).url())
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(databases, passfile=Path("/dev/null")).url(), password="guess")
    with pytest.raises(psycopg.OperationalError, match="Connection refused"):
        psycopg.connect(replace(databases, host="127.0.0.2").url())
    with superuser_connection(databases.port, settings.postgres_home / "superuser_passfile") as connection:
        rules = connection.execute("select address, auth_method from pg_hba_file_rules").fetchall()
        assert rules == [("127.0.0.1", "scram-sha-256")]
        assert connection.execute("show unix_socket_directories").fetchone() == ("",)


def test_secrets_are_files_that_only_their_owner_reads(databases: server.Databases, settings: Settings) -> None:
    files = [settings.postgres_home / name for name in ("passfile", "superuser_passfile", "port", "lock")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 4
    data = server.status(settings).data_dir
    assert data is not None
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_a_second_up_finds_the_same_server_and_a_restart_keeps_port_and_data(kept: Settings) -> None:
    before, again = server.status(kept), server.up(kept)
    assert server.status(kept) == before
    assert server.down(kept)
    stopped = server.status(kept)
    assert (stopped.running, stopped.pid, stopped.port) == (False, None, again.port)
    with pytest.raises(server.ServerError, match="echoctl up"):
        server.databases(kept)
    assert not server.down(kept)
    restarted = server.up(kept)
    assert restarted == again == server.databases(kept)
    assert query(restarted.url(), "select answer from kept") == [(42,)]


def test_down_and_status_of_a_home_that_never_was_leave_it_so(own: Settings) -> None:
    assert not server.down(own)
    assert not server.status(own).running
    assert not own.home.exists()


def test_four_processes_that_call_up_at_once_share_one_new_server(own: Settings) -> None:
    started = [
        subprocess.Popen(
            call("up", own.home), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    said = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    assert {output for output, _ in said} == {f"{server.databases(own).url()}\n"}


def test_variables_that_are_meant_for_another_server_do_not_get_in_the_way(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in MEANT_FOR_ANOTHER_SERVER.items():
        monkeypatch.setenv(name, value)
    query(server.up(own).url(), "create table made (x int)")
    assert query(server.databases(own).url(), "show timezone") == [("UTC",)]


def test_a_dropped_database_and_a_changed_password_are_made_good_by_up(kept: Settings) -> None:
    found = server.databases(kept)
    with superuser_connection(found.port, kept.postgres_home / "superuser_passfile") as connection:
        connection.execute("drop database mlflow")
        connection.execute("alter role echo password 'forgotten'")
    assert not server.status(kept).running
    assert query(server.up(kept).url("mlflow"), "select 1") == [(1,)]


def test_up_works_when_every_ordinary_connection_is_taken(kept: Settings) -> None:
    found = server.databases(kept)
    held = [psycopg.connect(found.url()) for _ in range(97)]
    with pytest.raises(psycopg.OperationalError, match="remaining connection slots"):
        psycopg.connect(found.url())
    assert server.up(kept) == found
    for connection in held:
        connection.close()

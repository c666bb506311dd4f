"""Connections: only for reading, bounded in number and time, and made anew when the server has dropped them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from echo_assets import server
from echo_ml.serving import database as database_module
from echo_ml.serving.database import CONNECTIONS, Database
from echo_ml.serving.problems import Unavailable

PIDS = "select pid from pg_stat_activity where application_name = 'echo-serving' and datname = 'echo'"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def database(databases: server.Databases) -> Iterator[Database]:
    """Over the shared warehouse, as its owner: the bounds must not depend on the role."""
    made = Database(databases.url())
    yield made
    made.close()


def test_even_the_owner_can_only_read_and_not_for_long(database: Database) -> None:
    with database.connection() as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("2s",)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table public.written (n int)")


def test_a_mistake_of_ours_is_not_taken_for_a_server_that_is_away(database: Database) -> None:
    with pytest.raises(psycopg.errors.SyntaxError):
        database.rows("selec 1")
    with pytest.raises(Unavailable, match="echoctl run"):
        database.rows("select * from nothing.nowhere")
    assert database.rows("select 1 as one") == [{"one": 1}]


def test_connections_that_the_server_has_dropped_are_made_anew(
    database: Database, connection: psycopg.Connection[Any]
) -> None:
    database.rows("select 1 as one")
    [(before,)] = connection.execute(PIDS).fetchall()
    connection.execute("select pg_terminate_backend(%s)", [before])
    assert database.rows("select 1 as one") == [{"one": 1}]
    connection.rollback()
    assert before not in {pid for (pid,) in connection.execute(PIDS)}


def test_a_server_that_goes_away_under_a_statement_is_told_as_away(
    database: Database, connection: psycopg.Connection[Any]
) -> None:
    with pytest.raises(Unavailable, match="away"), database.connection() as held:
        pid = held.info.backend_pid
        connection.execute("select pg_terminate_backend(%s)", [pid])
        held.execute("select 1")
    assert database.answers()


def test_there_are_never_more_than_so_many_and_who_gets_none_is_told_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch, connection: psycopg.Connection[Any]
) -> None:
    monkeypatch.setattr(database_module, "WAIT_SECONDS", 0.05)
    held, go_on = threading.Barrier(CONNECTIONS + 1), threading.Event()

    def hold() -> None:
        with database.connection():
            held.wait(30)
            go_on.wait(30)

    threads = [threading.Thread(target=hold) for _ in range(CONNECTIONS)]
    for each in threads:
        each.start()
    held.wait(30)
    try:
        with pytest.raises(Unavailable, match="busy"):
            database.rows("select 1 as one")
        assert len(connection.execute(PIDS).fetchall()) == CONNECTIONS
    finally:
        go_on.set()
        for each in threads:
            each.join()
    assert database.rows("select 1 as one") == [{"one": 1}]


def test_while_the_server_is_away_not_every_caller_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, connect = [], psycopg.connect

    def counted(*arguments: Any, **options: Any) -> Any:
        tried.append(1)
        return connect(*arguments, **options)

    monkeypatch.setattr(psycopg, "connect", counted)
    monkeypatch.setattr(database_module, "PAUSE_SECONDS", 60)
    database = Database(NOWHERE)
    for _ in range(5):
        with pytest.raises(Unavailable, match="the database is away"):
            database.rows("select 1 as one")
    assert len(tried) == 1
    monkeypatch.setattr(database, "_away_until", 0.0)
    assert not database.answers()
    assert len(tried) == 2

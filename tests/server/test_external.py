"""A server of the user's own: here, a second embedded one that is reached by ECHO_DATABASE_URL alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from server_processes import query

from echo_assets import server
from echo_assets.server.external import check_version
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]

Administer = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def administer(kept: Settings) -> Iterator[Administer]:
    """Run one statement as the superuser of a server that has none of our databases and roles but ``echo``."""
    password = read_passfile(kept.postgres_home / "superuser_passfile")["postgres"]
    port = server.databases(kept).port
    with psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres", autocommit=True) as connection:

        def run(statement: str) -> list[tuple[object, ...]]:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

        for name in ("dagster", "mlflow", "shop"):
            run(f"drop database if exists {name} with (force)")
        run("drop role if exists echo_reader")
        run("drop role if exists visitor")
        run("create role visitor login createdb password 'p@ss:w/rd'")
        run("create database shop owner visitor")
        yield run


@pytest.fixture
def visitor(administer: Administer, kept: Settings, own: Settings) -> Settings:
    """Settings of a user who may create databases, but no roles."""
    port = server.databases(kept).port
    return replace(
        own, database_url=f"postgresql://visitor:p%40ss%3Aw%2Frd@127.0.0.1:{port}/shop?application_name=echo"
    )


@pytest.fixture
def superuser(administer: Administer, kept: Settings, own: Settings) -> Settings:
    """Settings of a user who may do everything."""
    password = read_passfile(kept.postgres_home / "superuser_passfile")["postgres"]
    port = server.databases(kept).port
    return replace(own, database_url=f"postgresql://postgres:{password}@127.0.0.1:{port}/shop")


def test_up_makes_what_is_missing_and_no_url_holds_the_password(visitor: Settings) -> None:
    found = server.up(visitor)
    for name, called in (("echo", "shop"), ("dagster", "dagster"), ("mlflow", "mlflow")):
        assert "rd" not in found.url(name).split("@")[0]
        asked = "select current_database(), current_user, current_setting('application_name')"
        assert query(found.url(name), asked) == [(called, "visitor", "echo")]
    assert found.passfile.stat().st_mode & 0o777 == 0o600
    assert found.environment()["DBT_ENV_SECRET_ECHO_PASSWORD"] == "p@ss:w/rd"
    assert server.up(visitor) == server.databases(visitor) == found


def test_without_the_right_to_make_a_role_read_only_sessions_refuse_to_write(visitor: Settings) -> None:
    found = server.up(visitor)
    assert found.reader is None
    assert query(found.url(read_only=True), "select current_user") == [("visitor",)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        query(found.url(read_only=True), "create table x (y int)")


def test_with_that_right_a_role_is_made_that_reads_everything_and_writes_nothing(superuser: Settings) -> None:
    found = server.up(superuser)
    query(found.url(), "create table sales as select 7 as amount")
    assert query(found.url(read_only=True), "select amount, current_user from sales") == [(7, "echo_reader")]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        query(found.url(read_only=True), "delete from sales")
    assert server.databases(superuser).reader == "echo_reader"


def test_a_reader_whose_password_another_machine_knows_is_left_alone(superuser: Settings, own: Settings) -> None:
    first = server.up(superuser)
    second = server.up(replace(superuser, home=own.home.with_name("another")))
    assert second.reader is None
    assert query(first.url(read_only=True), "select current_user") == [("echo_reader",)]


def test_sessions_speak_utc_whatever_the_server_does(visitor: Settings, administer: Administer) -> None:
    administer("alter database shop set timezone to 'Asia/Tokyo'")
    administer("alter role visitor set timezone to 'America/Lima'")
    assert query(server.up(visitor).url(), "show timezone") == [("UTC",)]
    assert query(server.up(visitor).url("dagster"), "show timezone") == [("UTC",)]


def test_a_user_who_may_not_create_databases_is_told_the_statement(visitor: Settings, administer: Administer) -> None:
    administer("alter role visitor nocreatedb")
    with pytest.raises(server.ServerError, match='create database dagster owner "visitor"'):
        server.up(visitor)


def test_a_database_that_somebody_else_owns_is_refused_with_the_statement(
    visitor: Settings, administer: Administer
) -> None:
    administer("create database mlflow")
    with pytest.raises(server.ServerError, match='alter database "mlflow" owner to "visitor"'):
        server.up(visitor)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("127.0.0.1:", "127.0.0.1:1"), "ECHO_DATABASE_URL"),
        (("rd@", "wrong@"), "visitor on 127.0.0.1"),
        (("/shop", "/nothing"), 'database "nothing" does not exist'),
        (("@127.0.0.1", "@[127.0.0.1"), "cannot be read"),
        (("127.0.0.1", "127.0.0.1,127.0.0.2"), "several hosts"),
        (("127.0.0.1:", "127.0.0.1:x"), "not a number"),
    ],
)
def test_a_url_that_does_not_work_is_refused_without_its_password(
    visitor: Settings, change: tuple[str, str], said: str
) -> None:
    assert visitor.database_url is not None
    broken = replace(visitor, database_url=visitor.database_url.replace(*change))
    with pytest.raises(server.ServerError) as refused:
        server.up(broken)
    assert said in str(refused.value)
    assert "p%40ss" not in str(refused.value)
    assert "p@ss" not in str(refused.value)


def test_status_says_where_the_server_is_and_whether_it_answers(visitor: Settings) -> None:
    found = server.status(visitor)
    assert (found.running, found.external, found.host, found.pid, found.data_dir) == (
        True,
        True,
        "127.0.0.1",
        None,
        None,
    )
    assert found.version is not None
    away = server.status(replace(visitor, database_url="postgresql://visitor@127.0.0.1:1/shop"))
    assert (away.running, away.external, away.port) == (False, True, 1)


def test_down_leaves_a_server_of_the_users_own_running(visitor: Settings) -> None:
    assert not server.down(visitor)
    assert server.status(visitor).running


def test_an_older_server_is_refused_by_version() -> None:
    check_version(160000, "db")
    with pytest.raises(server.ServerError, match="on db is PostgreSQL 15, but 16 or newer is needed"):
        check_version(150013, "db")


def test_a_socket_folder_and_an_ipv6_address_make_urls_that_libpq_reads(tmp_path: Path) -> None:
    socket = server.Databases("/var/run/x y", 5433, tmp_path / "passfile", owner="me@home", warehouse="a/b")
    read = psycopg.conninfo.conninfo_to_dict(socket.url())
    assert read == {
        "host": "/var/run/x y",
        "port": "5433",
        "user": "me@home",
        "dbname": "a/b",
        "passfile": str(tmp_path / "passfile"),
    }
    assert psycopg.conninfo.conninfo_to_dict(replace(socket, host="::1").url())["host"] == "::1"

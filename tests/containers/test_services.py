"""Every service's command line and health check, exercised as plain processes in the order of the Compose file."""

from __future__ import annotations

import json
from urllib.request import Request, urlopen

import psycopg
import pytest
from stack import Stack

pytestmark = [pytest.mark.database, pytest.mark.slow]

LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename ... on PythonError { message } ... on RepositoryLocation {
    repositories { assetNodes { id } sensors { name } } } } } } } }"""


@pytest.fixture(scope="module")
def services(stack: Stack) -> Stack:
    """All of them up: each is started when those that it waits for are well."""
    stack.run("prepare")
    stack.start("code")
    stack.wait_until_healthy("code")
    stack.start("webserver")
    stack.start("daemon")
    stack.wait_until_healthy("webserver")
    stack.wait_until_healthy("daemon")
    return stack


def _asked(stack: Stack, query: str) -> dict[str, object]:
    url = f"http://127.0.0.1:{stack.stand_ins['3000']}/graphql"
    body = json.dumps({"query": query}).encode()
    with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=30) as answer:
        data: dict[str, object] = json.load(answer)["data"]
    return data


def test_the_tables_are_there_before_anything_else_starts(services: Stack) -> None:
    with psycopg.connect(services.environment["ECHO_DATABASE_URL"]) as connection:
        assert connection.execute("select count(*) from staging.revenue, ops.loads").fetchall() == [(0,)]


def test_preparing_writes_nothing_beside_the_code(services: Stack) -> None:
    line = f"DAGSTER_HOME={services.environment['DAGSTER_HOME']}\n"
    assert (services.folder / ".env").read_text(encoding="utf-8") == line


def test_no_rendered_file_holds_the_password(services: Stack) -> None:
    password = services.environment["ECHO_DATABASE_URL"].split(":")[2].split("@")[0]
    rendered = services.folder / "var" / "home" / "dagster" / "dagster.yaml"
    assert password not in rendered.read_text(encoding="utf-8")
    assert "passfile=" in rendered.read_text(encoding="utf-8")


def test_the_webserver_shows_the_assets_of_the_code_server(services: Stack) -> None:
    [entry] = _asked(services, LOCATION)["workspaceOrError"]["locationEntries"]  # type: ignore[index]
    assert entry["name"] == "echo"
    assert entry["locationOrLoadError"]["__typename"] == "RepositoryLocation", entry
    [repository] = entry["locationOrLoadError"]["repositories"]
    assert repository["assetNodes"]
    assert "new_file_sensor" in {sensor["name"] for sensor in repository["sensors"]}


def test_every_daemon_beats(services: Stack) -> None:
    asked = _asked(services, "{ instance { daemonHealth { allDaemonStatuses { daemonType healthy required } } } }")
    statuses = asked["instance"]["daemonHealth"]["allDaemonStatuses"]  # type: ignore[index]
    required = {status["daemonType"]: status["healthy"] for status in statuses if status["required"]}
    assert "SENSOR" in required
    assert all(required.values()), required


@pytest.mark.parametrize("name", ["daemon", "webserver", "code"])
def test_a_service_ends_when_it_is_asked_to(services: Stack, name: str) -> None:
    assert services.stop(name) in (0, -15), services.log(name)

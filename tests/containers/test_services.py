"""Every service's command line and health check, exercised as plain processes in the order of the Compose file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg
import pytest
from stack import Stack

pytestmark = [pytest.mark.database, pytest.mark.slow]

LOCATION = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename ... on PythonError { message } ... on RepositoryLocation {
    repositories { assetNodes { id } sensors { name } } } } } } } }"""


NEXT = ("webserver", "daemon", "mlflow")


@pytest.fixture(scope="module")
def services(stack: Stack) -> Stack:
    """All of them up: each is started when those that it waits for are well."""
    stack.run("prepare")
    stack.start("code")
    stack.wait_until_healthy("code")
    for name in NEXT:
        stack.start(name)
    for name in NEXT:
        stack.wait_until_healthy(name)
    stack.start("serving")
    stack.wait_until_healthy("serving")
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


def _fetched(url: str, **headers: str) -> tuple[int, object]:
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def test_mlflow_keeps_its_runs_in_the_database_and_its_files_in_the_home(services: Stack) -> None:
    url = f"http://127.0.0.1:{services.stand_ins['5000']}"
    _, found = _fetched(f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default")
    place = found["experiment"]["artifact_location"]  # type: ignore[index]
    assert place.removeprefix("file://").startswith(services.own_environment["mlflow"]["MLFLOW_DEFAULT_ARTIFACT_ROOT"])
    database = services.own_environment["mlflow"]["MLFLOW_BACKEND_STORE_URI"]
    with psycopg.connect(database) as connection:
        assert connection.execute("select name from experiments").fetchall() == [("Default",)]


def test_the_api_asks_for_its_key_and_says_that_nothing_was_built_yet(services: Stack) -> None:
    url = f"http://127.0.0.1:{services.stand_ins['8000']}"
    assert _fetched(f"{url}/metrics")[0] == 401
    key = services.own_environment["serving"]["ECHO_API_KEYS"]
    status, said = _fetched(f"{url}/metrics", Authorization=f"Bearer {key}")
    assert (status, said) == (
        503, {"detail": "what is asked for was not built yet, or by an earlier release: run `echoctl run`"},
    )  # fmt: skip
    status, health = _fetched(f"{url}/health")
    assert (status, health["database"], health["model"]["champion"]) == (200, "up", None)  # type: ignore[index]


def test_redis_answers_who_knows_the_password(stack: Stack) -> None:
    if shutil.which("redis-server") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server is not installed; .ci/run installs it")
    stack.start("redis")
    stack.wait_until_healthy("redis")
    command = ["redis-cli", "-p", stack.stand_ins["6379"], "ping"]
    nobody = {name: value for name, value in os.environ.items() if name != "REDISCLI_AUTH"}
    asked = subprocess.run(command, env=nobody, capture_output=True, text=True, check=False)
    assert "NOAUTH" in asked.stdout + asked.stderr
    known = subprocess.run(command, env=stack.environment_of("redis"), capture_output=True, text=True, check=True)
    assert known.stdout == "PONG\n"
    assert stack.stop("redis") == 0


@pytest.mark.parametrize("name", ["serving", "mlflow", "daemon", "webserver", "code"])
def test_a_service_ends_when_it_is_asked_to(services: Stack, name: str) -> None:
    assert services.stop(name) in (0, -15), services.log(name)

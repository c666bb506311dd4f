"""The services of docker-compose.yml as plain processes, on an embedded server that stands in for the database's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import yaml
from compose_file import compose, image_environment, services
from stack import Stack
from unsynced import leave_unsynced

from echo_assets import server
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings

SECRET = "a-secret-of-the-tests"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Settings, addresses and a database as the containers have them; services are started by whoever needs them."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)  # when root runs the tests, the server's account must get in
    standing_in = Settings.from_environment({"ECHO_HOME": f"{folder}/postgres"})
    made = Stack(folder, {}, {})
    try:
        found = server.up(standing_in)
        leave_unsynced(standing_in, found)
        made.environment |= _environment(folder, found)
        made.stand_ins |= _stand_ins(folder)
        made.own_environment |= _own_environments(folder, made.environment["ECHO_DATABASE_URL"])
        yield made
    finally:
        for name in list(made.running):
            with suppress(subprocess.TimeoutExpired):  # it was killed, and the others must end as well
                made.stop(name)
        server.down(standing_in)
        shutil.rmtree(folder)


def _environment(folder: Path, databases: server.Databases) -> dict[str, str]:
    written = services()["code"]["environment"]
    own = {name: "" if "${" in value else value for name, value in written.items()}
    password = read_passfile(databases.passfile)[databases.owner]
    own["ECHO_DATABASE_URL"] = f"postgresql://echo:{password}@127.0.0.1:{databases.port}/echo"
    places = {name: value.replace("/var/lib/echo", str(folder / "var")) for name, value in image_environment().items()}
    (folder / "var" / "landing").mkdir(parents=True)
    (folder / ".env").write_text(f"DAGSTER_HOME={places['DAGSTER_HOME']}\n", encoding="utf-8")  # as the image has it
    return {**os.environ, **own, **places, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _own_environments(folder: Path, database_url: str) -> dict[str, dict[str, str]]:
    """What single services set for themselves, with our addresses and secrets."""
    chosen = {
        "MLFLOW_BACKEND_STORE_URI": database_url.removesuffix("/echo") + "/mlflow",
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": str(folder / "var" / "home" / "mlflow"),
        "ECHO_SERVE_HOST": "127.0.0.1",
        "ECHO_API_KEYS": SECRET,
        "REDISCLI_AUTH": SECRET,
    }
    shared = services()["code"]["environment"]
    return {
        name: {
            variable: chosen.get(variable, "" if "${" in value else value)
            for variable, value in services()[name]["environment"].items()
            if variable not in shared
        }
        for name in ("mlflow", "serving", "redis")
    }


def _stand_ins(folder: Path) -> dict[str, str]:
    ports = {}
    with ExitStack() as free:
        for port in ("4000", "3000", "5000", "8000", "6379"):
            found = free.enter_context(socket.socket())
            found.bind(("127.0.0.1", 0))
            ports[port] = str(found.getsockname()[1])
    workspace = yaml.safe_load(compose()["configs"]["workspace"]["content"])
    workspace["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": int(ports["4000"])}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(workspace), encoding="utf-8")
    return {"0.0.0.0": "127.0.0.1", "${ECHO_REDIS_PASSWORD:-}": SECRET, **ports}

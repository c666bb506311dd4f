"""The services of docker-compose.yml as plain processes, on an embedded server that stands in for the database's."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from compose_file import compose, image_environment, services
from stack import Stack
from unsynced import leave_unsynced

from echo_assets import server
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings


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
        yield made
    finally:
        for name in list(made.running):
            made.stop(name)
        server.down(standing_in)
        shutil.rmtree(folder)


def _environment(folder: Path, databases: server.Databases) -> dict[str, str]:
    own = dict.fromkeys(services()["code"]["environment"], "")
    password = read_passfile(databases.passfile)[databases.owner]
    own["ECHO_DATABASE_URL"] = f"postgresql://echo:{password}@127.0.0.1:{databases.port}/echo"
    places = {name: value.replace("/var/lib/echo", str(folder / "var")) for name, value in image_environment().items()}
    (folder / "var" / "landing").mkdir(parents=True)
    (folder / ".env").write_text(f"DAGSTER_HOME={places['DAGSTER_HOME']}\n", encoding="utf-8")  # as the image has it
    return {**os.environ, **own, **places, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _stand_ins(folder: Path) -> dict[str, str]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        code, webserver = str(one.getsockname()[1]), str(other.getsockname()[1])
    workspace = yaml.safe_load(compose()["configs"]["workspace"]["content"])
    workspace["load_from"][0]["grpc_server"] |= {"host": "127.0.0.1", "port": int(code)}
    (folder / "workspace.yaml").write_text(yaml.safe_dump(workspace), encoding="utf-8")
    return {"0.0.0.0": "127.0.0.1", "4000": code, "3000": webserver}

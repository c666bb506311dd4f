"""The services of docker-compose.yml as plain processes, on an embedded server that stands in for the database's."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from compose_file import as_process, compose, image_environment, services

from echo_assets import server
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings

PATIENCE_SECONDS = 60


@dataclass
class Stack:
    """What has been started, and how to ask whether it is well."""

    folder: Path
    environment: dict[str, str]
    stand_ins: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, name: str) -> None:
        """Run a service that ends by itself."""
        command = as_process(services()[name]["command"], self.stand_ins)
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start(self, name: str) -> None:
        """Start a service that keeps running, in a group of processes of its own."""
        command = as_process(services()[name]["command"], self.stand_ins)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait_until_healthy(self, name: str) -> None:
        """Ask the service's own health check until it says yes."""
        check = as_process(services()[name]["healthcheck"]["test"], self.stand_ins)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while subprocess.run(check, cwd=self.folder, env=self.environment, capture_output=True, check=False).returncode:
            assert self.running[name].poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < deadline, f"{name} is not healthy:\n{self.log(name)}"

    def log(self, name: str) -> str:
        """The end of what the service printed."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def stop(self, name: str) -> int:
        """End a service as a container is ended, and return its exit code."""
        process = self.running.pop(name)
        process.terminate()
        try:
            return process.wait(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Settings, addresses and a database as the containers have them; services are started by whoever needs them."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)  # when root runs the tests, the server's account must get in
    standing_in = Settings.from_environment({"ECHO_HOME": f"{folder}/postgres"})
    made = Stack(folder, {}, {})
    try:
        made.environment |= _environment(folder, server.up(standing_in))
        made.stand_ins |= _stand_ins(folder)
        yield made
    finally:
        for name in list(made.running):
            made.stop(name)
        server.down(standing_in)
        shutil.rmtree(folder)


def _environment(folder: Path, databases: server.Databases) -> dict[str, str]:
    own = {name: "" for name in services()["code"]["environment"]}
    password = read_passfile(databases.passfile)[databases.owner]
    own["ECHO_DATABASE_URL"] = f"postgresql://echo:{password}@127.0.0.1:{databases.port}/echo"
    places = {
        name: value.replace("/var/lib/echo", str(folder / "var")) for name, value in image_environment().items()
    }
    (folder / "var" / "landing").mkdir(parents=True)
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

"""The UI as a process of its own, on a platform of its own: start it, ask it, end it. No tests, no browser."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from echo_assets import server
from echo_assets.settings import Settings

STARTS_WITHIN, STOPS_WITHIN = 120, 120


@dataclass(frozen=True)
class RunningUi:
    """`echoctl ui`, and the platform that it shows."""

    url: str
    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path

    def drop(self, name: str, text: str) -> None:
        """Put a file into the landing folder."""
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse; nothing, where a table is not there yet."""
        with psycopg.connect(server.databases(self.settings).url(read_only=True)) as connection:
            try:
                return connection.execute(query.encode()).fetchall()
            except psycopg.errors.UndefinedTable:
                return []

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Ask the webserver as its pages do."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
        assert "errors" not in found, found["errors"]
        return dict(found["data"])

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Return once the condition holds; what the process said is told if it does not in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, f"the UI ended while waiting for {what}\n{self.said()}"
            assert time.monotonic() < deadline, f"waited {seconds} s for {what}\n{self.said()}"
            time.sleep(0.5)

    def said(self) -> str:
        """The end of the process's output."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:])

    def answers(self) -> bool:
        """Whether the webserver serves pages."""
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=5):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


@contextmanager
def running_ui() -> Iterator[RunningUi]:
    """Start the UI on an empty platform in a temporary place; afterwards end what was started, and nothing else."""
    folder = Path(tempfile.mkdtemp(prefix="echo-ui-"))
    folder.chmod(0o755)  # when root runs the tests, the server's account must get in
    places = {"ECHO_HOME": str(folder / "home"), "ECHO_LANDING": str(folder / "landing")}
    settings, port, log = Settings.from_environment(places), _free_port(), folder / "ui.log"
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("ECHO_", "DAGSTER_"))}
    command = [str(Path(sys.executable).with_name("echoctl")), "ui", "--port", str(port)]
    with log.open("wb") as output, subprocess.Popen(
        command, cwd=folder, env={**ours, **places}, stdout=output, stderr=output, stdin=subprocess.DEVNULL
    ) as process:  # fmt: skip
        ui = RunningUi(f"http://127.0.0.1:{port}", settings, process, log)
        try:
            ui.until(ui.answers, STARTS_WITHIN, "the first page")
            yield ui
        finally:
            _end(process)
            server.down(settings)
    shutil.rmtree(folder)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

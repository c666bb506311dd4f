"""Services of the Compose file as plain processes: run, start, ask, stop. No tests and no fixtures."""

from __future__ import annotations

import contextlib
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from compose_file import as_process, services

PATIENCE_SECONDS = 60
ASKED_AGAIN_AFTER_SECONDS = 15


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
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
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
        """End a service as a container is ended, and return its exit code.

        It is asked again for as long as it goes on: a signal that arrives while Dagster's code server is busy in a
        callback is lost now and then, and a container's engine would end it by force in the end.
        """
        process = self.running.pop(name)
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while time.monotonic() < deadline:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(timeout=ASKED_AGAIN_AFTER_SECONDS)
            raise AssertionError(f"{name} did not end:\n{self.log(name)}")
        finally:
            process.kill()

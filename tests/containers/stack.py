"""Services of the Compose file as plain processes: run, start, ask, stop. No tests and no fixtures."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from compose_file import as_process, services

PATIENCE_SECONDS = 120


@dataclass
class Stack:
    """What has been started, and how to ask whether it is well."""

    folder: Path
    environment: dict[str, str]
    stand_ins: dict[str, str]
    own_environment: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment_of(self, name: str) -> dict[str, str]:
        """The environment of a service: that of all, and what it sets for itself alone."""
        return {**self.environment, **self.own_environment.get(name, {})}

    def run(self, name: str) -> None:
        """Run a service that ends by itself."""
        command = as_process(services()[name]["command"], self.stand_ins)
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment_of(name), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def start(self, name: str) -> None:
        """Start a service that keeps running, in a group of processes of its own.

        It hears of SIGINT whatever started the tests: a shell that puts them into the background has it ignored, and
        Dagster's code server does with SIGTERM as with SIGINT.
        """
        command = as_process(services()[name]["command"], self.stand_ins)
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=self.folder, env=self.environment_of(name), stdout=log, stderr=log, start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

    def wait_until_healthy(self, name: str) -> None:
        """Ask the service's own health check until it says yes."""
        check = as_process(services()[name]["healthcheck"]["test"], self.stand_ins)
        deadline = time.monotonic() + PATIENCE_SECONDS
        environment = self.environment_of(name)
        while subprocess.run(check, cwd=self.folder, env=environment, capture_output=True, check=False).returncode:
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

"""`echoctl` in this process: arguments and environment in, exit code and what was printed out."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from echo_assets import server
from echo_assets.cli import main
from echo_assets.settings import Settings
from echo_assets.streaming.brokers import embedded_broker


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output as the JSON object that it must be."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    def is_one_message(self) -> bool:
        """Whether it told a mistake as a person expects it: one line, no traceback, nothing on standard output."""
        return self.out == "" and self.err.startswith("echoctl: ") and len(self.err.splitlines()) == 1


ONE_PARTITION = {"ECHO_START_DATE": "2025-06-30", "ECHO_PARALLEL_RUNS": "1"}
"""The first partition also holds every earlier day: with one day to build, there are fewer runs and events. And no
further processes: tests run side by side already."""


@dataclass(frozen=True)
class Echoctl:
    """The command line over one home and one landing folder, started from a folder that is neither."""

    home: Path
    landing: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: ONE_PARTITION)

    def __call__(self, *arguments: str, **environment: str) -> Outcome:
        out, err = io.StringIO(), io.StringIO()
        with (
            self._surroundings(environment),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = _exit_code(arguments)
        return Outcome(code, out.getvalue(), err.getvalue())

    @contextlib.contextmanager
    def _surroundings(self, environment: Mapping[str, str]) -> Iterator[None]:
        ours = {"ECHO_HOME": str(self.home), "ECHO_LANDING": str(self.landing), **self.environment}
        with pytest.MonkeyPatch.context() as patched:
            for variable, value in {**ours, **environment}.items():
                patched.setenv(variable, value)
            patched.chdir(self.folder)
            yield

    def drop(self, name: str, content: str) -> Path:
        """Put a file into the landing folder."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path


def _exit_code(arguments: tuple[str, ...]) -> int:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["echoctl", *arguments])
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(bool(end.code))
    return 0


def emptied(home: Echoctl, landing: Path) -> Echoctl:
    """The same server with new empty databases, another landing folder, and no files or events kept of before."""
    settings = Settings.from_environment({"ECHO_HOME": str(home.home)})
    for made in (settings.lake, settings.home / "docs"):
        shutil.rmtree(made, ignore_errors=True)
    embedded_broker(settings).down()
    databases = server.databases(settings)
    with psycopg.connect(databases.url("mlflow"), autocommit=True) as connection:
        connection.execute("drop database echo with (force)")
        connection.execute("drop database dagster with (force)")
    echoctl = replace(home, landing=landing)
    assert echoctl("up").code == 0
    return echoctl

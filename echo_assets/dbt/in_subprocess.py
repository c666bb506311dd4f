"""dbt in a process of its own: slower by seconds per command, but nothing it does can touch this process.

The setting ``dbt_subprocess`` chooses it. It yields the same events as ``in_process``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

from echo_assets.dbt.command import PARSED_PROJECT, PROBLEMS, RESULTS, DbtBuild, DbtError, RawEvent
from echo_assets.dbt.project import read_manifest
from echo_assets.dbt.sessions import end_sessions, named_sessions

_SECONDS_TO_STOP = 10


def stream(build: DbtBuild) -> Generator[RawEvent]:
    """Run `build` and yield its ``RESULTS`` and ``PROBLEMS`` as they happen; DbtError at the end of a bad run."""
    environment = named_sessions(build.environment)
    process = _start(build, environment)
    last_line = ""
    try:
        for line in process.stdout or ():
            event = _event(line)
            if event is None:
                last_line = line.strip() or last_line
            elif event["info"]["name"] in RESULTS or event["info"]["name"] in PROBLEMS:
                yield event
        if process.wait() != 0:
            raise DbtError(last_line or f"dbt ended with exit code {process.returncode}")
    finally:
        _stop(process, environment)


def _start(build: DbtBuild, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    build.artifacts.mkdir(parents=True, exist_ok=True)
    parsed = ["--partial-parse-file-path", str(build.parsed / PARSED_PROJECT)]
    return subprocess.Popen(
        [str(_program()), *build.arguments(_selection(build)), "--log-format", "json", *parsed],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
    )


def _program() -> Path:
    return Path(sys.executable).with_name("dbt")


def _selection(build: DbtBuild) -> str:
    nodes = read_manifest(build.parsed / "manifest.json")["nodes"]
    return " ".join(sorted("fqn:" + ".".join(nodes[unique_id]["fqn"]) for unique_id in build.nodes))


def _event(line: str) -> RawEvent | None:
    try:
        event = json.loads(line)
    except ValueError:  # what is not an event is dbt's own complaint before its logger exists
        return None
    return event if isinstance(event, dict) and "info" in event else None


def _stop(process: subprocess.Popen[str], environment: Mapping[str, str]) -> None:
    """End a command that is still running as Ctrl-C would, then by force; its queries end with it."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end_sessions(environment)
    if process.stdout:
        process.stdout.close()

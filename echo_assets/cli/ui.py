"""`echoctl ui`: Dagster's webserver and daemon over this platform, until Ctrl-C.

They run as one child process, started so that a signal to us reaches it once, and only through us. Its own children
(code server, runs) outlive it; they share its process group, by which they are ended.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from echo_assets.cli.ready import ready, tell
from echo_assets.settings import PROJECT, Settings, SettingsError

_HOST = "127.0.0.1"
_LOOK_EVERY = 0.5
_AT_ONCE, _GRACE = 8, 15
"""Seconds in which idle processes end; in which a run may end by itself, and then when it is told to."""
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOISE = "ignore:Function `dev_command` is superseded"


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(ui)


def ui(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Where the webserver listens.")] = 3000,
) -> None:
    """Show the asset graph in a browser, and keep it up to date: Dagster's webserver and daemon, until Ctrl-C.

    The database is started if it is not up, and stays up.
    """
    settings = Settings.from_environment()
    if _answers(port):
        raise SettingsError("--port", str(port), "a port that nothing listens on, such as 3001")
    with ready(settings, dotenv=Path.cwd()):
        raise typer.Exit(serve(settings, port))


def serve(settings: Settings, port: int) -> int:
    """Run the child until it ends or we are told to stop; its exit code."""
    told = threading.Event()
    before = {number: signal.signal(number, lambda *_: told.set()) for number in _STOPS}
    try:
        # A signal that we handle is at its default in the child; in a process group of its own, Ctrl-C passes it by.
        with subprocess.Popen(
            _command(port), cwd=settings.dagster_home, env=_environment(settings), stdin=subprocess.DEVNULL,
            process_group=0,
        ) as child:  # fmt: skip
            _watch(child, told, port)
            if child.poll() is None:
                tell("Stopping; the database stays up (`echoctl down` stops it).")
                child.send_signal(signal.SIGINT)
            code = child.wait()
        _end_rest(child.pid)
        return code
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _watch(child: subprocess.Popen[bytes], told: threading.Event, port: int) -> None:
    """Return when the child has ended or we are told to stop; say when the page is there."""
    tell("Starting Dagster; this takes some seconds.")
    announced = False
    while child.poll() is None and not told.wait(_LOOK_EVERY):
        if not announced and _answers(port):
            tell(f"Dagster is at http://{_HOST}:{port}. Ctrl-C ends it.")
            announced = True


def _end_rest(group: int) -> None:
    """Wait for what is left of the child's process group; cancel runs that take longer, and end what does not react."""
    if _is_gone(group, _AT_ONCE):
        return
    tell(f"Runs are under way: in {_GRACE} seconds they are cancelled. What is left undone, the next start does.")
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _is_gone(group, _GRACE):
            return
        with suppress(ProcessLookupError):
            os.killpg(group, number)


def _is_gone(group: int, patience: float) -> bool:
    """Whether no process of the group is left, after waiting for it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(_LOOK_EVERY)
    return False


def _command(port: int) -> list[str]:
    workspace = str(PROJECT / "workspace.yaml")
    dagster = [sys.executable, "-W", _NOISE, "-m", "dagster", "dev", "--workspace", workspace]
    return [*dagster, "--host", _HOST, "--port", str(port), "--log-level", "warning"]


def _environment(settings: Settings) -> dict[str, str]:
    """Ours, with every path absolute: the child runs in DAGSTER_HOME, away from any .env that would override it."""
    paths = {
        "ECHO_HOME": settings.home, "ECHO_LANDING": settings.landing, "ECHO_CONTRACTS": settings.contracts,
        "DAGSTER_HOME": settings.dagster_home,
    }  # fmt: skip
    return {**os.environ, **{name: str(path) for name, path in paths.items()}}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0

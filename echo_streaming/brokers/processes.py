"""Broker processes on this machine: a free port, whose process an id is, waiting, ending it. No broker itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
_PAUSE = 0.02


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """Whether somebody answers there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def is_ours(pid: int, mark: str) -> bool:
    """Whether the process lives and has the mark in its command line: the id alone may be somebody else's by now."""
    return mark in _command_line(pid)


def end(pid: int, mark: str, gently: signal.Signals, patience: float) -> None:
    """End a process of ours: gently first, and for good if it stays."""
    for kind, seconds in ((gently, patience), (signal.SIGKILL, 10.0)):
        if not is_ours(pid, mark):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, kind)
        if wait_until(lambda: _reaped(pid) or not is_ours(pid, mark), seconds):
            return


def _reaped(pid: int) -> bool:
    """Take note of the end of a child of this process; another's child is not ours to wait for."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _command_line(pid: int) -> str:
    """The arguments of a process, nothing if there is none (any more)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout

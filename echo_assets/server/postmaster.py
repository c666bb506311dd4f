"""The running server: whose process it is, starting it, stopping it, and whether it really answers.

A pid file is never believed alone: the process must be a server on our data, and health is a connection.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets.server.account import Account
from echo_assets.server.binaries import Binaries
from echo_assets.server.cluster import HOST, SUPERUSER
from echo_assets.server.errors import ServerError
from echo_assets.server.private_files import read_private

if TYPE_CHECKING:
    import psycopg

START_SECONDS = 60
PAUSE_SECONDS = 0.05
LOG_BYTES = 10_000_000


@dataclass(frozen=True)
class Postmaster:
    """A live server process on our data directory and the port that it was started with."""

    pid: int
    port: int


class PortTaken(Exception):
    """Something else listens on the port that the server was to have."""


def find_postmaster(data: Path) -> Postmaster | None:
    """The server on this data directory, if its process is alive and really is one."""
    lines = (read_private(data / "postmaster.pid") or "").splitlines()
    if len(lines) < 4 or not lines[0].isdigit() or f"-D {data} " not in f"{_command_line(int(lines[0]))} ":
        return None
    return Postmaster(int(lines[0]), int(lines[3]))


def start(data: Path, port: int, binaries: Binaries, account: Account) -> None:
    """Start a server that outlives us; a pid file whose process is not ours is removed first."""
    if port_is_taken(port):
        raise PortTaken
    (data / "postmaster.pid").unlink(missing_ok=True)
    log = data / "server.log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(data / "server.old.log")
    deadline = time.monotonic() + START_SECONDS
    while True:
        begin = log.stat().st_size if log.exists() else 0
        if account.run(_control(binaries, data, "-l", log, "start")).returncode == 0:
            return
        said = log.read_bytes()[begin:].decode(errors="replace") if log.exists() else ""
        if port_is_taken(port):
            raise PortTaken
        # Processes of a killed server may still be ending; they hold its shared memory until then.
        if "shared memory block" not in said or time.monotonic() > deadline:
            raise ServerError(f"The database server did not start; its log, {log}, ends with:\n{said[-2000:]}")
        time.sleep(PAUSE_SECONDS)


def stop(data: Path, binaries: Binaries, account: Account) -> None:
    """Stop the server in an orderly way: its clients are disconnected, what was committed is kept."""
    done = account.run(_control(binaries, data, "-m", "fast", "stop"))
    if done.returncode != 0 and find_postmaster(data) is not None:
        raise ServerError(f"The database server on {data} did not stop: {done.stderr.strip()}")


def wait_until_ready(data: Path, port: int, passfile: Path) -> None:
    """Return once a connection succeeds; a server that is recovering after a crash is given time."""
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with superuser_connection(port, passfile):
                return
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ServerError(
                    f"The password in {passfile} is not that of the server on {data}. Delete {passfile} "
                    "and run `echoctl up`: a new one is set."
                ) from None
            if time.monotonic() > deadline or find_postmaster(data) is None:
                raise ServerError(f"The database server on {data} does not answer: {error}") from None
        time.sleep(PAUSE_SECONDS)


@contextmanager
def superuser_connection(port: int, passfile: Path) -> Iterator[psycopg.Connection]:
    """Connect as the superuser, who has reserved places even when all others are taken."""
    import psycopg

    with psycopg.connect(
        host=HOST,
        port=port,
        user=SUPERUSER,
        dbname="postgres",
        passfile=str(passfile),
        require_auth="scram-sha-256",  # whoever else listens there is not asked for anything, nor believed
        connect_timeout=10,
        autocommit=True,
    ) as connection:
        yield connection


def port_is_taken(port: int) -> bool:
    """Whether a server could not listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _control(binaries: Binaries, data: Path, *arguments: str | Path) -> list[str | Path]:
    return [binaries.program("pg_ctl"), "-D", data, "-s", "-w", "-t", str(START_SECONDS), *arguments]


def _command_line(pid: int) -> str:
    """The arguments of a process, nothing if there is none (any more)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip()

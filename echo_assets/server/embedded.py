"""The embedded server from outside: up, down and what is known of it, one process at a time (a file lock).

What a step does is in its own module: ``location``, ``binaries``, ``cluster``, ``postmaster``, ``provision``.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from echo_assets.server.account import Account, server_account
from echo_assets.server.binaries import Binaries, find_binaries
from echo_assets.server.cluster import HOST, SUPERUSER, check_version, configure, create_cluster, reset_superuser
from echo_assets.server.databases import OWNER, READER, WAREHOUSE, Databases, ServerStatus
from echo_assets.server.errors import ServerError
from echo_assets.server.location import data_home, prepare_home, recorded_home
from echo_assets.server.passwords import generate_password, read_passfile, write_passfile
from echo_assets.server.postmaster import (
    PortTaken,
    find_postmaster,
    port_is_taken,
    start,
    stop,
    superuser_connection,
    wait_until_ready,
)
from echo_assets.server.private_files import keep_owner, read_private, write_private
from echo_assets.server.provision import provision

PASSFILE = "passfile"
PORTS = range(20_000, 30_000)
"""Below the range that systems take the ports of outgoing connections from, so that ours stays free."""


@dataclass(frozen=True)
class Place:
    """Everything that a step needs to know about this server."""

    home: Path
    data: Path
    account: Account
    binaries: Binaries

    @property
    def passfile(self) -> Path:
        """The password file of the owner and the reader."""
        return self.home / PASSFILE

    @property
    def superuser_passfile(self) -> Path:
        """The password file of the superuser, who only provisions."""
        return self.home / "superuser_passfile"


def up(home: Path, fixed_port: int | None) -> Databases:
    """Have the server running with its roles and databases, whatever state it was left in."""
    prepare_home(home)
    with _exclusive(home):
        place = _place(home)
        _ensure_cluster(place)
        running = find_postmaster(place.data)
        port = running.port if running else _start(place, fixed_port)
        if fixed_port not in {None, port}:
            raise ServerError(
                f"ECHO_POSTGRES_PORT={fixed_port}, but the server already runs on port {port}. "
                "Run `echoctl down` first, or unset the variable."
            )
        _open(place, port)
    return _databases(home, port)


def down(home: Path) -> bool:
    """Stop our own server, if it runs; say whether it did."""
    if not home.exists() or find_postmaster(recorded_home(home) / "data") is None:
        return False
    with _exclusive(home):
        place = _place(home)
        if find_postmaster(place.data) is None:
            return False
        stop(place.data, place.binaries, place.account)
    return True


def status(home: Path, fixed_port: int | None) -> ServerStatus:
    """What is known; running means that the server let us in just now."""
    data = recorded_home(home) / "data"
    known_data = data if data.exists() else None
    postmaster = find_postmaster(data)
    read_passfile(home / PASSFILE)  # a file that is not ours to read must not look like a server that is down
    if postmaster is None:
        return ServerStatus(False, HOST, fixed_port or _recorded_port(home), data_dir=known_data)
    version = _answering_version(_databases(home, postmaster.port))
    return ServerStatus(version is not None, HOST, postmaster.port, postmaster.pid, version, known_data)


def databases(home: Path) -> Databases:
    """The running server's databases; an error if it does not run."""
    found = status(home, None)
    if not found.running or found.port is None:
        raise ServerError(f"The database server of {home} is not running. Run `echoctl up`.")
    return _databases(home, found.port)


def _databases(home: Path, port: int) -> Databases:
    return Databases(HOST, port, home / PASSFILE, parameters={"sslmode": "disable"})


def _answering_version(databases: Databases) -> str | None:
    import psycopg

    try:
        with psycopg.connect(databases.url(WAREHOUSE), connect_timeout=5) as connection:
            return connection.info.parameter_status("server_version")
    except psycopg.OperationalError:
        return None


def _place(home: Path) -> Place:
    account = server_account(home, recorded_home(home) / "data")
    place = data_home(home, account)
    return Place(home, place / "data", account, find_binaries(account, place))


def _ensure_cluster(place: Place) -> None:
    """Create the cluster, or check that it is one of ours; afterwards the superuser's password is known."""
    password = read_passfile(place.superuser_passfile).get(SUPERUSER)
    if place.data.exists():
        check_version(place.data, place.binaries)
    if place.data.exists() and password:
        return
    password = generate_password()
    if not place.data.exists():
        create_cluster(place.data, place.binaries, place.account, password)
    else:
        if find_postmaster(place.data):
            stop(place.data, place.binaries, place.account)
        reset_superuser(place.data, place.binaries, place.account, password)
    write_passfile(place.superuser_passfile, HOST, "*", {SUPERUSER: password})


def _start(place: Place, fixed_port: int | None) -> int:
    port = fixed_port or _recorded_port(place.home) or _free_port()
    try:
        return _start_on(place, port)
    except PortTaken:
        if fixed_port:
            raise ServerError(
                f"ECHO_POSTGRES_PORT={fixed_port}: something else listens on {HOST}:{fixed_port} already. "
                "Stop that, or choose another port, or unset the variable."
            ) from None
    try:
        return _start_on(place, _free_port())
    except PortTaken:
        raise ServerError(f"Two ports of {HOST} in turn were taken by others. Run `echoctl up` again.") from None


def _start_on(place: Place, port: int) -> int:
    configure(place.data, port, place.account)
    start(place.data, port, place.binaries, place.account)
    write_private(place.home / "port", f"{port}\n")
    return port


def _open(place: Place, port: int) -> None:
    """Write the password file for this port and make what is missing inside."""
    known = read_passfile(place.passfile)
    passwords = {role: known.get(role) or generate_password() for role in (OWNER, READER)}
    write_passfile(place.passfile, HOST, port, passwords)
    wait_until_ready(place.data, port, place.superuser_passfile)
    with superuser_connection(port, place.superuser_passfile) as connection:
        provision(connection, port, place.passfile, passwords)


def _recorded_port(home: Path) -> int | None:
    text = read_private(home / "port") or ""
    return int(text) if text.strip().isdigit() else None


def _free_port() -> int:
    tried = (secrets.choice(PORTS) for _ in range(200))
    port = next((port for port in tried if not port_is_taken(port)), None)
    if port is None:
        raise ServerError(f"No free port on {HOST} between {PORTS.start} and {PORTS.stop}. Set ECHO_POSTGRES_PORT.")
    return port


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    """Hold the home's lock; the system releases it when the process ends, however it ends."""
    lock = os.open(home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    keep_owner(home / "lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)

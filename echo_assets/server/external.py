"""A PostgreSQL server of the user's own, named by ECHO_DATABASE_URL: checked, and given what the platform needs.

The password of the URL goes into a password file of ours, so that no other URL, command line or log holds it.
Nothing that the server already has is changed, except the time zone of our own role's sessions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_assets.server.databases import BESIDE, READER, WAREHOUSE, Databases, ServerStatus
from echo_assets.server.errors import ServerError
from echo_assets.server.location import prepare_home
from echo_assets.server.passwords import generate_password, read_passfile, write_passfile

if TYPE_CHECKING:
    import psycopg

OLDEST = 16
SAID_ELSEWHERE = {"host", "port", "user", "dbname", "password", "passfile", "connect_timeout"}
MAY = {
    "create": "select has_database_privilege(current_database(), 'create')",
    "create in public": "select has_schema_privilege('public', 'create')",
}
UTC_NAMES = {"UTC", "Etc/UTC"}


def up(url: str, home: Path) -> Databases:
    """Have the databases and, where permitted, the read-only role on the server; check the rest."""
    with _connect(url) as connection:
        found = _describe(connection, url, home)
        _create_databases(connection, found)
        if found.reader is None:
            _create_reader(connection, found)
    for name in (WAREHOUSE, *BESIDE):
        with _connect(found.url(name)) as connection:
            _check_database(connection, needed="create" if name == WAREHOUSE else "create in public")
    return databases(url, home)


def databases(url: str, home: Path) -> Databases:
    """How to connect; the server is asked who and where it is, but not changed."""
    with _connect(url) as connection:
        return _describe(connection, url, home)


def status(url: str) -> ServerStatus:
    """Whether the server answers now, and its version."""
    said = _parse(url)
    host, port = str(said.get("host", "localhost")), int(said.get("port", 5432))
    try:
        with _connect(url) as connection:
            version = connection.info.parameter_status("server_version")
            return ServerStatus(True, connection.info.host, connection.info.port, version=version, external=True)
    except ServerError:
        return ServerStatus(False, host, port, external=True)


def check_version(number: int, host: str) -> None:
    """Refuse a server that is too old; the number is libpq's, 160004 for 16.4."""
    if number // 10_000 < OLDEST:
        raise ServerError(
            f"ECHO_DATABASE_URL: the server on {host} is PostgreSQL {number // 10_000}, but {OLDEST} or newer is "
            "needed. Upgrade it, name another server, or unset the variable to use the embedded one."
        )


def _describe(connection: psycopg.Connection, url: str, home: Path) -> Databases:
    info = connection.info
    check_version(info.server_version, info.host)
    prepare_home(home)
    passfile = home / f"external-{re.sub(r'[^A-Za-z0-9.-]', '_', info.host)}-{info.port}.passfile"
    known = read_passfile(passfile)
    if info.password:
        known[info.user] = info.password
    write_passfile(passfile, "*" if info.host.startswith("/") else info.host, info.port, known)
    parameters = {key: str(value) for key, value in _parse(url).items() if key not in SAID_ELSEWHERE}
    reader = READER if READER in known else None
    return Databases(info.host, info.port, passfile, info.user, reader, info.dbname, parameters)


def _create_databases(connection: psycopg.Connection, found: Databases) -> None:
    from psycopg import errors, sql

    there = {str(name) for (name,) in connection.execute("select datname from pg_database")}
    for name in (name for name in BESIDE if name not in there):
        try:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        except errors.InsufficientPrivilege:
            raise ServerError(
                f"ECHO_DATABASE_URL: {found.owner} may not create the database {name} on {found.host}. "
                f'Have an administrator run: create database {name} owner "{found.owner}"'
            ) from None


def _create_reader(connection: psycopg.Connection, found: Databases) -> None:
    """Make the read-only role if it is ours to make; without it, read-only sessions are asked of the given role."""
    from psycopg import errors, sql

    password = generate_password()
    verifier = connection.pgconn.encrypt_password(password.encode(), READER.encode(), b"scram-sha-256").decode()
    try:
        with connection.transaction():
            connection.execute(sql.SQL(f"create role {READER} login password {{}}").format(sql.Literal(verifier)))
            connection.execute(f"grant pg_read_all_data to {READER}")
            connection.execute(f"alter role {READER} set default_transaction_read_only to on")
            connection.execute(f"alter role {READER} set timezone to 'UTC'")
            passwords = {**read_passfile(found.passfile), READER: password}
            write_passfile(found.passfile, "*" if found.host.startswith("/") else found.host, found.port, passwords)
    except (errors.InsufficientPrivilege, errors.DuplicateObject):
        return


def _check_database(connection: psycopg.Connection, needed: str) -> None:
    """See to it that our role may make tables here, and that its sessions speak UTC, dbt's included."""
    info = connection.info
    if connection.execute(MAY[needed]).fetchone() != (True,):
        raise ServerError(
            f"ECHO_DATABASE_URL: {info.user} may not create tables in the database {info.dbname} on {info.host}. "
            f'Have its owner run: alter database "{info.dbname}" owner to "{info.user}"'
        )
    if info.parameter_status("TimeZone") not in UTC_NAMES:
        from psycopg import sql

        statement = sql.SQL("alter role current_user in database {} set timezone to 'UTC'")
        connection.execute(statement.format(sql.Identifier(info.dbname)))


def _parse(url: str) -> dict[str, Any]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # its text may quote the password
        raise ServerError(
            "ECHO_DATABASE_URL cannot be read: expected postgresql://user:password@host:port/database, "
            "with special characters in the password written as %XX."
        ) from None
    if "," in str(said.get("host", "")):
        raise ServerError(f"ECHO_DATABASE_URL names several hosts ({said['host']}); name the one to write to.")
    if not str(said.get("port", "0")).isdigit():
        raise ServerError(f"ECHO_DATABASE_URL names the port {said['port']!r}, which is not a number.")
    return said


@contextmanager
def _connect(url: str) -> Iterator[psycopg.Connection]:
    import psycopg

    said = _parse(url)
    try:
        opened = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ServerError(
            f"The server of ECHO_DATABASE_URL ({said.get('user', 'no user')} on {said.get('host', 'localhost')}:"
            f"{said.get('port', 5432)}) does not let us in: {str(error).strip()}"
        ) from None
    with opened as connection:
        yield connection

"""Roles and databases of the embedded server: whatever is missing is made, what is there is left alone.

The owner is no superuser, so that what works here works on a server that somebody else runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets.server.cluster import HOST
from echo_assets.server.databases import BESIDE, OWNER, READER, WAREHOUSE

if TYPE_CHECKING:
    import psycopg

ROLES = {
    OWNER: ("create role echo login createdb", "grant pg_monitor, pg_checkpoint, pg_signal_backend to echo"),
    READER: (
        "create role echo_reader login",
        "grant pg_read_all_data to echo_reader",
        "alter role echo_reader set default_transaction_read_only to on",
    ),
}


def provision(connection: psycopg.Connection, port: int, passfile: Path, passwords: Mapping[str, str]) -> None:
    """Make the roles and databases that are missing, and see to it that the password file opens them."""
    names = {str(name) for (name,) in connection.execute("select rolname from pg_roles")}
    for role in ROLES.keys() - names:
        with connection.transaction():
            for statement in ROLES[role]:
                connection.execute(statement)
            _set_password(connection, role, passwords[role])
    names = {str(name) for (name,) in connection.execute("select datname from pg_database")}
    for name in (WAREHOUSE, *BESIDE):
        if name not in names:
            connection.execute(f'create database "{name}" owner {OWNER}')  # constants of this package
    for role in ROLES:
        if not _opens(role, port, passfile):
            _set_password(connection, role, passwords[role])


def _opens(role: str, port: int, passfile: Path) -> bool:
    import psycopg

    try:
        psycopg.connect(host=HOST, port=port, user=role, dbname=WAREHOUSE, passfile=str(passfile)).close()
    except psycopg.OperationalError as error:  # "too many clients" is no reason for a new password
        return "password authentication failed" not in str(error)
    return True


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Send the verifier, not the password: statements may end up in the server's log."""
    from psycopg import sql

    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))

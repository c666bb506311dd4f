"""Making the tables of the schema `streaming`; what they hold stands in `tables.sql`."""

from __future__ import annotations

from importlib import resources
from typing import Any

from psycopg import Connection


def create_tables(connection: Connection[Any]) -> None:
    """Make what is missing; two that come at once wait for each other."""
    statements = resources.files("echo_streaming").joinpath("tables.sql").read_text(encoding="utf-8")
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('echo.streaming.tables'))")
        connection.execute(statements.encode())

"""The database sessions of one dbt command: found by their application name, and ended when it is cancelled.

dbt ends its own queries when it is interrupted, but misses a session that a worker was just opening; and a dbt that was
killed leaves its sessions running, with their locks.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

APPLICATION = "ECHO_DBT_APPLICATION"
"""The variable from which dbt's profile takes the name of its sessions."""

_END = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = %s and pid <> pg_backend_pid()"


def named_sessions(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with a session name that no other command has."""
    return {**environment, APPLICATION: f"echo_dbt {uuid4().hex[:12]}"}


def end_sessions(environment: Mapping[str, str]) -> None:
    """End the sessions that a command with this environment has open now; none is no error, nor is a server gone."""
    import psycopg

    try:
        with psycopg.connect(
            host=environment["ECHO_DBT_HOST"],
            port=environment["ECHO_DBT_PORT"],
            user=environment["ECHO_DBT_USER"],
            dbname=environment["ECHO_DBT_DBNAME"],
            password=environment.get("DBT_ENV_SECRET_ECHO_PASSWORD") or None,
            connect_timeout=5,
            autocommit=True,
        ) as connection:
            connection.execute(_END, (environment[APPLICATION],))
    except psycopg.OperationalError:  # no server, no sessions
        return

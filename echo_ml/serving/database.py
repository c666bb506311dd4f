"""The read-only database: a small pool of connections that says quickly when the server is away, and comes back."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from echo_ml.serving.problems import Unavailable, database_problem

CONNECTIONS = 8
WAIT_SECONDS = 1.0
STATEMENT_MS = 2000
PAUSE_SECONDS = 0.3
"""After nobody could get a connection, so long nobody waits for one: a server that is away must not hold callers up."""
_SESSION = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 4000,
    "application_name": "echo-serving",
}


class Database:
    """Connections of the role that may only read; each statement is a transaction of its own."""

    def __init__(self, url: str) -> None:
        """Open nothing yet."""
        self._away_until = self._served_at = 0.0
        self._pool = ConnectionPool(
            url,
            kwargs={**_SESSION, "autocommit": True},
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            name="serving",
            timeout=WAIT_SECONDS,
            max_waiting=2 * CONNECTIONS,
            max_lifetime=1800,
            reconnect_timeout=WAIT_SECONDS,  # backing off further would keep us away after the server is back
            configure=_configure,
            check=ConnectionPool.check_connection,
        )

    def open(self) -> None:
        """Begin to connect; a server that is away is no error."""
        self._pool.open(wait=False)

    def close(self) -> None:
        """Give every connection up."""
        self._pool.close(timeout=WAIT_SECONDS)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection for some statements; Unavailable if the server is away or goes away."""
        asked_at = time.monotonic()
        if asked_at < self._away_until:
            raise Unavailable("the database is away")
        try:
            with self._pool.connection() as connection:
                yield connection
            self._served_at = time.monotonic()
        except (PoolTimeout, TooManyRequests) as error:
            if self._served_at < asked_at:  # nobody else has got through meanwhile
                self._away_until = time.monotonic() + PAUSE_SECONDS
            raise database_problem(error) from error
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.ProgrammingError) as error:
            raise database_problem(error) from error

    def rows(self, statement: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of one statement."""
        with self.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode(), parameters, prepare=True).fetchall()

    def answers(self) -> bool:
        """Whether the server answers now."""
        try:
            return bool(self.rows("select 1 as one"))
        except Unavailable:
            return False


def _configure(connection: psycopg.Connection[Any]) -> None:
    """Bound every statement, whatever role or options the URL brings."""
    connection.execute(f"set statement_timeout = {STATEMENT_MS}")
    connection.execute("set default_transaction_read_only = on")
    connection.execute("set timezone = 'UTC'")

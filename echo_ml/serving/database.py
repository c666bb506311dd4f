"""The read-only database: a few connections that are kept, checked before they are used, and made anew when gone.

Whoever needs a connection makes it. psycopg's own pool makes them in the background, pauses longer after each failure,
and keeps the place in its queue of everybody who has given up: after a server was away it comes back late, or never.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.rows import dict_row

from echo_ml.serving.problems import MISSING, Unavailable, database_problem

CONNECTIONS = 8
WAIT_SECONDS = 1.0
LIFE_SECONDS = 1800.0
STATEMENT_MS = 2000
PAUSE_SECONDS = 0.25
"""After a connection could not be made, so long nobody else tries: a server that is away must not hold callers up."""
_SESSION: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 4000,
    "application_name": "echo-serving",
}
_BOUNDS = f"""
set statement_timeout = {STATEMENT_MS}; set default_transaction_read_only = on; set timezone = 'UTC'
"""
"""Whatever role and options the URL brings."""


class Database:
    """Connections of the role that may only read; each statement is a transaction of its own."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet."""
        self._url = url
        self._idle: list[tuple[psycopg.Connection[Any], float]] = []
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._away_until = 0.0

    def close(self) -> None:
        """Give up every connection that nobody uses."""
        while self._idle:
            _close(self._idle.pop()[0])

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection for some statements; Unavailable if the server is away or goes away."""
        if not self._places.acquire(timeout=WAIT_SECONDS):
            raise Unavailable("the database is busy")
        try:
            connection, since = self._kept() or self._made()
            try:
                yield connection
            finally:
                if connection.closed or time.monotonic() - since > LIFE_SECONDS:
                    _close(connection)
                else:
                    self._idle.append((connection, since))
        except (*MISSING, psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise database_problem(error) from error
        finally:
            self._places.release()

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

    def _kept(self) -> tuple[psycopg.Connection[Any], float] | None:
        """The connection that was used last and still answers."""
        while self._idle:
            try:
                connection, since = self._idle.pop()
            except IndexError:  # another thread was faster
                return None
            try:
                connection.execute("")
            except psycopg.Error:
                _close(connection)
            else:
                return connection, since
        return None

    def _made(self) -> tuple[psycopg.Connection[Any], float]:
        now = time.monotonic()
        if now < self._away_until:
            raise Unavailable("the database is away")
        try:
            connection = psycopg.connect(self._url, **_SESSION)
            connection.execute(_BOUNDS)
        except psycopg.Error:
            self._away_until = time.monotonic() + PAUSE_SECONDS
            raise
        return connection, now


def _close(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error):
        connection.close()

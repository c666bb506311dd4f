"""One database session for each of dbt's threads, kept from node to node for as long as a command runs.

dbt closes its connection after every model and every test. Opening one costs PostgreSQL a process that knows no table
yet, and that is more than most tests take. Which sessions belong to a command is `sessions.py`'s business.
"""

from __future__ import annotations

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter


class KeptConnections(PostgresConnectionManager):  # type: ignore[misc] # dbt's adapters have no types
    """dbt's connections, which a node hands on to the next one of its thread; the end of the command closes them."""

    def release(self) -> None:
        """End what the node left open and keep the session; one that failed is closed as dbt does it.

        The driver is told to roll back even after dbt's own COMMIT, of which it knows nothing: it would not begin a
        transaction for the next node, which relies on that.
        """
        connection = self.get_if_exists()
        if connection is not None and connection.state == ConnectionState.OPEN:
            self._rollback_handle(connection)
            connection.transaction_open = False
        if connection is None or not _is_usable(connection):
            super().release()


def _is_usable(connection: Connection) -> bool:
    return bool(connection.state == ConnectionState.OPEN and connection.handle.closed == 0)


def keep_connections() -> None:
    """Have every command of this process keep its sessions; repeated it changes nothing."""
    PostgresAdapter.ConnectionManager = KeptConnections

"""What the tests spare a server of theirs: the syncing that only a power cut makes necessary."""

from __future__ import annotations

from echo_assets.server import Databases
from echo_assets.server.postmaster import superuser_connection
from echo_assets.settings import Settings


def leave_unsynced(settings: Settings, found: Databases) -> None:
    """Have the server that runs no longer wait for the disk: tests end processes, not power supplies."""
    with superuser_connection(found.port, settings.postgres_home / "superuser_passfile") as connection:
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")

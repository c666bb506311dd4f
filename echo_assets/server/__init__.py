"""The database server: embedded by default, a server of the user's own where ECHO_DATABASE_URL names one.

``up``, ``down``, ``status`` and ``databases`` are all that the rest of the platform uses. Tables are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from echo_assets.server.binaries import client
from echo_assets.server.databases import Databases, ServerStatus
from echo_assets.server.errors import ServerError
from echo_assets.server.libpq import forget_variables
from echo_assets.settings import Settings

__all__ = ["Databases", "ServerError", "ServerStatus", "client", "databases", "down", "status", "up"]


def up(settings: Settings) -> Databases:
    """Have a server with the roles and databases we need; safe to call from several processes, at any time."""
    from echo_assets.server import embedded, external

    with _explained(settings):
        if settings.database_url:
            return external.up(settings.database_url, settings.postgres_home)
        forget_variables()
        return embedded.up(settings.postgres_home, settings.postgres_port)


def down(settings: Settings) -> bool:
    """Stop the embedded server if it runs, and say whether it did; a server of the user's own is left alone."""
    from echo_assets.server import embedded

    with _explained(settings):
        return embedded.down(settings.postgres_home)


def status(settings: Settings) -> ServerStatus:
    """What is known of the server now; running means that it answered a connection."""
    from echo_assets.server import embedded, external

    with _explained(settings):
        if settings.database_url:
            return external.status(settings.database_url)
        forget_variables()
        return embedded.status(settings.postgres_home, settings.postgres_port)


def databases(settings: Settings) -> Databases:
    """How to connect to the server that is up; nothing is started."""
    from echo_assets.server import embedded, external

    with _explained(settings):
        if settings.database_url:
            return external.databases(settings.database_url, settings.postgres_home)
        forget_variables()
        return embedded.databases(settings.postgres_home)


@contextmanager
def _explained(settings: Settings) -> Iterator[None]:
    """Turn what the file system refuses (another user's files, a full disk) into a message for the user."""
    try:
        yield
    except OSError as error:
        raise ServerError(
            f"The database below ECHO_HOME ({settings.home}) cannot be used: {error}. "
            "Run as the user that it belongs to, or set ECHO_HOME to a folder of your own with room in it."
        ) from error

"""libpq's own variables (PGPASSWORD, PGHOSTADDR, PGOPTIONS and so on) when they are meant for another server.

libpq lets them fill in, and PGPASSWORD even override, what a URL leaves to a password file.
"""

from __future__ import annotations

import os


def forget_variables() -> None:
    """Drop all of them from this process: a connection to the embedded server needs none."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def forget_password() -> None:
    """Drop the one that would win over a password file; the rest may be needed to reach a server of the user's own."""
    os.environ.pop("PGPASSWORD", None)

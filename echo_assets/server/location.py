"""Where the cluster's files are: in ECHO_HOME/postgres, or, where the server's account cannot get there, elsewhere.

Elsewhere is a fresh folder of ours below one of ``ALTERNATIVES``, remembered in a pointer file. No directory that we
did not just make has its mode changed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from echo_assets.server.account import Account
from echo_assets.server.errors import ServerError
from echo_assets.server.private_files import keep_owner, read_private, write_private

POINTER = "data_home"
CLAIM = "belongs_to"
ALTERNATIVES = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - the folder is made by mkdtemp
"""Persistent places that every account may enter; /var/tmp only last, for some systems clear it of old files."""

UNQUOTABLE = '"$`\\\n'


def prepare_home(postgres_home: Path) -> None:
    """Make the folder that holds port, passwords and lock; others may pass through it, but not list it."""
    if bad := sorted(set(UNQUOTABLE) & set(str(postgres_home))):
        raise ServerError(
            f"ECHO_HOME, here {str(postgres_home.parent)!r}, must not hold {bad[0]!r}: "
            "PostgreSQL's programs cannot take it. Set ECHO_HOME to another folder."
        )
    if not postgres_home.exists():
        postgres_home.parent.mkdir(parents=True, exist_ok=True)
        postgres_home.mkdir(exist_ok=True)
        keep_owner(postgres_home)
        postgres_home.chmod(0o711)


def recorded_home(postgres_home: Path) -> Path:
    """Where the data is, or will be if nothing is recorded; nothing is created."""
    pointer = postgres_home / POINTER
    said = read_private(pointer)
    if said is None:
        return postgres_home
    found = Path(said.strip())
    claimed = Path((read_private(found / CLAIM) or str(postgres_home)).strip())
    if claimed != postgres_home and read_private(claimed / POINTER) == said:
        raise ServerError(
            f"{postgres_home} is a copy of {claimed}, and the database in {found} belongs to that one. "
            f"To give the copy an empty database of its own, delete {pointer}."
        )
    if not found.is_dir():
        raise ServerError(
            f"{pointer} says that the database is in {found}, which is not there. Put the folder back, "
            f"or, to begin with an empty database, delete {pointer}."
        )
    return found


def data_home(postgres_home: Path, account: Account) -> Path:
    """The folder for the data directory, made and remembered if ECHO_HOME lies where the account cannot go."""
    recorded = recorded_home(postgres_home)
    barrier = account.barrier(recorded)
    if barrier is None:
        if recorded != postgres_home:
            write_private(recorded / CLAIM, f"{postgres_home}\n")
        return recorded
    if recorded == postgres_home and not (postgres_home / "data").exists():
        elsewhere = _make_elsewhere(account)
        if elsewhere is not None:
            write_private(elsewhere / CLAIM, f"{postgres_home}\n")
            write_private(postgres_home / POINTER, f"{elsewhere}\n")
            return elsewhere
    raise ServerError(
        f"The server runs as {account.name}, who cannot enter {barrier}, and the data is below it ({recorded}). "
        f"Allow that (chmod o+x {barrier}), or set ECHO_HOME to another folder, or run as an ordinary user."
    )


def _make_elsewhere(account: Account) -> Path | None:
    for parent in ALTERNATIVES:
        try:
            made = Path(tempfile.mkdtemp(prefix="echo-postgres-", dir=parent))
        except OSError:
            continue
        made.chmod(0o711)
        if account.can_enter(made):
            return made
        made.rmdir()
    return None

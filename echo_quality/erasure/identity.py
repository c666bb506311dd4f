"""Who was erased, known by salted hashes only: enough to recognise a person who comes again, not to tell who it was.

The salt is a file of the lake and the hashes are rows of the warehouse, so that neither alone can be tried against a
list of ids. Without the salt nobody can be recognised any more, and the tokens are anonymous for good.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract

PERSON = "customer"
"""What a column identifies, in the words of a contract (`identifies: customer`)."""

_SHORTEST = 5
"""Shorter personal values (initials, a first name) would recognise strangers."""


@dataclass(frozen=True)
class Erased:
    """The erased persons: their tokens by the hash of their id, and hashes of what else was personal about them."""

    salt: bytes = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)
    known: frozenset[str] = field(repr=False)

    def token(self, identity: str | None) -> str | None:
        """What stands for this id now; None if nobody of that id was erased."""
        return self.tokens.get(hashed(self.salt, identity)) if identity else None

    def knows(self, value: str | None) -> bool:
        """Whether this was personal data of somebody who was erased."""
        return bool(value) and hashed(self.salt, str(value)) in self.known


def hashed(salt: bytes, text: str) -> str:
    """The salted hash of a text, surrounding blanks left out."""
    return hmac.new(salt, text.strip().encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def hashes_of(salt: bytes, values: set[str]) -> list[str]:
    """The hashes of personal values that are long enough to be somebody's own."""
    return sorted({hashed(salt, value) for value in values if len(value.strip()) >= _SHORTEST})


def new_token() -> str:
    """A random name for a person, of which nothing can be computed back."""
    return f"erased-{secrets.token_hex(8)}"


def salt_of(lake: Path) -> bytes:
    """The installation's salt; made when it is first needed, readable by its owner alone."""
    path = lake / ".erasure_salt"
    if not path.exists():
        lake.mkdir(parents=True, exist_ok=True)
        partial = lake / f".erasure_salt.{os.getpid()}"
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):  # another process was faster: its salt counts
            os.link(partial, path)
        partial.unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def erased_so_far(connection: Connection[Any], lake: Path) -> Erased | None:
    """Everybody who was erased; None if nobody was, which costs one small query."""
    found = connection.execute("select person, token, known from ops.erasures").fetchall()
    if not found:
        return None
    return Erased(
        salt_of(lake),
        {person: token for person, token, _ in found},
        frozenset(each for *_, known in found for each in known),
    )


def identity_columns(contract: Contract) -> tuple[str, ...]:
    """The columns that hold the id of a person."""
    return tuple(column.name for column in contract.columns if column.identifies == PERSON)


def personal_columns(contract: Contract) -> tuple[str, ...]:
    """The columns with personal data, which are blanked; an id is replaced instead, so that rows stay countable."""
    return tuple(column.name for column in contract.columns if column.personal and column.identifies is None)


def holds_persons(contract: Contract) -> bool:
    """Whether rows of this source may be about a person."""
    return bool(identity_columns(contract) or personal_columns(contract))

"""Passwords in libpq's own password files (mode 0600), so that none is ever part of a URL or a command line.

What a role may do is ``provision``'s business.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from echo_assets.server.private_files import read_private, write_private


def generate_password() -> str:
    """144 random bits in characters that need no quoting anywhere."""
    return secrets.token_urlsafe(18)


def write_passfile(path: Path, host: str, port: int | str, passwords: Mapping[str, str]) -> None:
    """Write one line per role for every database of one server, unless the file says just that already."""
    lines = [":".join([_escape(host), str(port), "*", _escape(role), _escape(passwords[role])]) for role in passwords]
    write_private(path, "".join(f"{line}\n" for line in lines))


def read_passfile(path: Path) -> dict[str, str]:
    """The passwords by role; nothing if there is no file."""
    lines = (read_private(path) or "").splitlines()
    fields = [re.findall(r"(?:^|:)((?:[^:\\]|\\.)*)", line) for line in lines]
    return {_unescape(found[3]): _unescape(found[4]) for found in fields if len(found) == 5}


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace(":", r"\:")


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value)

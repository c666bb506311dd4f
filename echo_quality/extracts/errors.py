"""The two errors of reading a server. Neither ever carries a password or a token."""

from __future__ import annotations


class ExtractError(Exception):
    """A server cannot be read as declared; the message names what is wrong and the fix."""


class Unreachable(ExtractError):
    """A server does not answer, or not in time; trying again later may help."""


def scrubbed(text: str, secrets: tuple[str, ...]) -> str:
    """The first line of a text, without what is secret."""
    line = next(iter(text.strip().splitlines()), "")
    for secret in secrets:
        if secret:
            line = line.replace(secret, "***")
    return line[:500]

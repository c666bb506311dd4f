"""Why a request has no answer: the problems that the endpoints raise, and the answers that they become.

Database errors become problems here as well, so that no endpoint needs to know them. No text of a database reaches a
caller: it may hold values.
"""

from __future__ import annotations

import logging
from typing import Any

import psycopg
from psycopg import errors

RETRY_SECONDS = 2
"""When a caller may try again after what passes by itself."""

logger = logging.getLogger(__name__)


class Problem(Exception):
    """A request that cannot be answered: the HTTP status, a sentence, and further facts."""

    status = 500

    def __init__(self, detail: str, **facts: Any) -> None:
        """Say it in words that help the caller."""
        super().__init__(detail)
        self.detail = detail
        self.facts = facts

    def document(self) -> dict[str, Any]:
        """What the caller is told."""
        return {"detail": self.detail, **self.facts}

    @property
    def headers(self) -> dict[str, str]:
        """When to try again, where trying again can help."""
        return {"Retry-After": str(RETRY_SECONDS)} if self.status == 503 else {}


class Unknown(Problem):
    """There is no such thing."""

    status = 404


class Refused(Problem):
    """There is a value, and it must not be given out: it is too old, or a check that blocks is red."""

    status = 409


class Unavailable(Problem):
    """What is needed cannot be reached now, or is not there yet."""

    status = 503


class BadField(Problem):
    """A value that the caller gave cannot be used; told as FastAPI tells it, with the place of the value."""

    status = 422

    def __init__(self, place: tuple[str | int, ...], message: str, kind: str = "value_error") -> None:
        """Name the place, such as ("query", "as_of")."""
        super().__init__(message)
        self.place, self.kind = place, kind

    def document(self) -> dict[str, Any]:
        """The same form as of a value that the schema refuses."""
        return {"detail": [{"type": self.kind, "loc": list(self.place), "msg": self.detail}]}


MISSING = (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName)
"""What a statement raises before the graph was built, or where an earlier release has built it."""


def database_problem(error: psycopg.Error) -> Problem:
    """What an error of the driver means to a caller."""
    if isinstance(error, MISSING):
        logger.warning("a table is missing or older than this release: %s", error.diag.message_primary)
        return Unavailable("what is asked for was not built yet, or by an earlier release: run `echoctl run`")
    logger.warning("the database did not answer: %s", type(error).__name__)
    return Unavailable("the database is away")

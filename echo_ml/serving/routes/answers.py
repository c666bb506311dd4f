"""What else an endpoint may answer, for its schema."""

from __future__ import annotations

from typing import Any

from echo_ml.serving.documents.provenance import Told

MEANINGS: dict[int, str] = {
    401: "No key, or one that is not known.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "There is a value, and it must not be given out.",
    413: "The body is too large.",
    429: "Too many requests; Retry-After says when to go on.",
    503: "The database is away, or what is needed is not there yet; Retry-After says when to try again.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses, and those that any endpoint may answer."""
    every = sorted({401, 408, 413, 429, 503, *statuses})
    return {status: {"model": Told, "description": MEANINGS[status]} for status in every}

"""A value of a database or of JSON as the text of a cell, exactly."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from decimal import Decimal
from typing import Any

from echo_quality.extracts.errors import ExtractError


class NumberText(str):
    """A number of JSON as it was written; reading it as a float would change it."""

    __slots__ = ()


def text_of(value: Any, column: str) -> str:
    """The text of a cell: empty for nothing, ISO 8601 for times, plain digits for numbers, JSON for what is nested.

    ExtractError for bytes and for types that have no text of their own.
    """
    if value is None:
        return ""
    if isinstance(value, str | uuid.UUID):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | float):
        return _number(value)
    if isinstance(value, datetime.date | datetime.time):
        return _moment(value)
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    raise ExtractError(
        f"column {column!r} holds {type(value).__name__}, which is no text: cast or leave it out, in a query"
    )


def _moment(value: datetime.date | datetime.time) -> str:
    if isinstance(value, datetime.datetime):
        return (value.astimezone(datetime.UTC) if value.tzinfo else value).isoformat(" ")
    return value.isoformat()


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return str(value)
    exact = value if isinstance(value, Decimal) else Decimal(repr(value)) if math.isfinite(value) else None
    return format(exact, "f") if exact is not None and exact.is_finite() else str(value)


def json_text(value: Any) -> str:
    """A nested value as JSON, with its numbers as they were written and its keys in order."""
    if isinstance(value, NumberText):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(key), ensure_ascii=False)}:{json_text(value[key])}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(json_text, value)) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def parsed_json(content: bytes) -> Any:
    """JSON with its numbers as texts; ValueError where it is none or names a key twice."""
    return json.loads(content, parse_float=NumberText, parse_int=NumberText, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice in one object")
    return found

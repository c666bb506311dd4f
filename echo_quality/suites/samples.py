"""What may leave the warehouse in a sample: plain JSON, short, and with personal data masked.

The masking fails safe: where a suite has masked columns, a value is shown only under the name of a column that the
check is about and that is not masked.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

ROW_KEYS = ("_row_number", "_row_id", "_load_id", "_file_sha256")
"""Columns that say which row it is. They are shown in every sample and never masked."""

LONGEST_TEXT = 200
_LONGEST_ERROR = 500
_DRIVER_NOISE = re.compile(r"\n(?:\[SQL|\[parameters|LINE \d|DETAIL|CONTEXT|HINT|\(Background).*", re.DOTALL)
_MAIL = re.compile(r"[^@\s]@[^@\s]+[.][^@\s]")
_QUOTED_VALUE = re.compile(r': "[^"]*"')


def json_clean(value: object) -> JsonValue:
    """The value as JSON can hold it: decimals and dates as text, long text cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {str(key): json_clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [json_clean(item) for item in value]
    text = value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def masked_value(value: JsonValue) -> JsonValue:
    """The value with all but its first character hidden; a missing value stays missing."""
    if value is None:
        return None
    if isinstance(value, list):
        return [masked_value(item) for item in value]
    if isinstance(value, dict):
        return {key: masked_value(item) for key, item in value.items()}
    text = str(value)
    return f"{text[0]}***" if len(text) > 1 else "***"


def belongs_to(key: str, columns: Iterable[str]) -> bool:
    """Whether a key of a batch is one of the columns or derived from one, as email__text is from email."""
    return any(key == column or key.startswith(f"{column}__") for column in columns)


def sample_of(
    rows: Iterable[Mapping[str, Any]], touched: tuple[str, ...], masked: frozenset[str]
) -> tuple[dict[str, JsonValue], ...]:
    """The failing rows: what identifies each, and the columns that the check is about (all, where it names none)."""
    plain = ({str(key): value for key, value in row.items()} for row in rows)  # some come as a type of the library
    return tuple(_shown(row, touched, masked) for row in plain)


def _shown(row: Mapping[str, Any], touched: tuple[str, ...], masked: frozenset[str]) -> dict[str, JsonValue]:
    about = [key for key in row if belongs_to(key, touched)] or [key for key in row if key not in ROW_KEYS]
    keys = [key for key in ROW_KEYS if key in row] + about
    return {key: _shown_value(key, json_clean(row[key]), touched, masked) for key in keys}


def _shown_value(key: str, value: JsonValue, touched: tuple[str, ...], masked: frozenset[str]) -> JsonValue:
    about = key in ROW_KEYS or (belongs_to(key, touched) and not belongs_to(key, masked))
    return value if not masked or (about and not is_mail(value)) else masked_value(value)


def is_mail(value: JsonValue) -> bool:
    """Whether a value holds a mail address, which in a row that is shifted may stand in any column."""
    return isinstance(value, str) and _MAIL.search(value) is not None


def error_text(messages: Iterable[str], masked: frozenset[str]) -> str:
    """What went wrong in one line, without the SQL and, where columns are masked, without the values that it quotes."""
    lines = dict.fromkeys("; ".join(_DRIVER_NOISE.sub("", message).split("\n")).strip() for message in messages)
    text = " | ".join(line for line in lines if line) or "no reason was given"
    return (_QUOTED_VALUE.sub(': "***"', text) if masked else text)[:_LONGEST_ERROR]

"""From the bytes of a record to an event, or to the reason why it is none.

Nothing that is read here can make a statement of the database fail: besides the types there are bounds on the record as
a whole (its size, the character NUL, how deep it is nested) and on the time, for a clock that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from echo_streaming.events.types import KINDS, TAGS, Event

LONGEST_RECORD = 1_000_000
"""Bytes; Apache Kafka's own limit of a record is about the same."""
AHEAD = timedelta(hours=1)


class Reason(StrEnum):
    """Why a record is a dead letter."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    INVALID = "invalid"
    HAS_NUL = "has_nul"
    IN_THE_FUTURE = "in_the_future"
    DATABASE = "database"
    """The database refused the event though it was valid: found by halving the batch."""


class Read(NamedTuple):
    """An event as it goes into the database; `payload` is its `data` as it was sent, unknown fields included."""

    event_id: str
    kind: str
    time: str
    user_id: str
    payload: str


@dataclass(frozen=True)
class Refused:
    """Why a record is no event; `error` says where, and holds no value of the record."""

    reason: Reason
    error: str


class _Data(msgspec.Struct, gc=False):
    data: msgspec.Raw


_EVENTS: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_DATA = msgspec.json.Decoder(_Data)


def read(value: bytes | None, now: datetime) -> Read | Refused:
    """Read one record; `now`, with an offset, is what a time in the future is told by."""
    if not value:
        return Refused(Reason.EMPTY, "the record has no value")
    if len(value) > LONGEST_RECORD:
        return Refused(Reason.TOO_LARGE, f"{len(value)} bytes; {LONGEST_RECORD} are read")
    try:
        return _event(value, now)
    except msgspec.ValidationError as error:
        return _invalid(value, error)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Refused(Reason.NOT_JSON, str(error))
    except RecursionError:
        return Refused(Reason.INVALID, "nested too deep")
    except ValueError as error:  # a day that the calendar has not
        return Refused(Reason.INVALID, f"{error} - at `$.time`")


def _event(value: bytes, now: datetime) -> Read | Refused:
    event = _EVENTS.decode(value)
    if b"\\u0000" in value and _has_nul(msgspec.json.decode(value)):
        return Refused(Reason.HAS_NUL, "a text holds the character NUL")
    if datetime.fromisoformat(event.time) > now + AHEAD:
        return Refused(Reason.IN_THE_FUTURE, f"time {event.time} is more than an hour ahead of {now.isoformat()}")
    payload = str(_DATA.decode(value).data, "utf-8")
    return Read(event.id, KINDS[type(event)], event.time, event.data.user_id, payload)


class _Type(msgspec.Struct, gc=False):
    type: str


def _invalid(value: bytes, error: msgspec.ValidationError) -> Refused:
    """Tell a type that nobody here knows from a known one whose fields are wrong."""
    try:
        found = msgspec.json.decode(value, type=_Type).type
    except (msgspec.DecodeError, RecursionError):
        return Refused(Reason.INVALID, str(error))
    if found in TAGS.values():
        return Refused(Reason.INVALID, _without_values(str(error)))
    return Refused(Reason.UNKNOWN_TYPE, f"type {found[:100]!r} is none of {', '.join(TAGS.values())}")


def _without_values(message: str) -> str:
    """`Invalid enum value 'x'` quotes the record, which may hold personal data; the path says enough."""
    said, at, path = message.partition(" - at ")
    return f"{said.split(' value ')[0]} value{at}{path}" if said.startswith("Invalid ") else message


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_has_nul, value))

"""From the bytes of a record to an event, or to the reason why it is none.

Nothing that is read here can make a statement of the database fail: besides the types there are bounds on the record as
a whole (its size, the character NUL, how deep it is nested) and on the time, for a clock that is wrong.

What is accepted is what the union `types.Event` says. It is read in two steps, the attributes and then the data,
because the data are kept as they were sent: this way the bytes are gone through once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

import msgspec

from echo_streaming.events.identifiers import odd_identifier
from echo_streaming.events.types import (
    MOMENT,
    TAGS,
    EventId,
    ExposureData,
    Identifier,
    SignupData,
    Source,
    TransactionData,
)

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
    """An event. `payload` is its `data` as it was sent, unknown fields included; `time` is the text of `at`."""

    event_id: str
    kind: str
    time: str
    at: datetime
    user_id: str
    payload: str
    data: TransactionData | SignupData | ExposureData


@dataclass(frozen=True)
class Refused:
    """Why a record is no event; `error` says where, and holds no value of the record."""

    reason: Reason
    error: str


class _Attributes(msgspec.Struct, gc=False, frozen=True):
    """What every event has, with its data unread."""

    id: EventId
    source: Source
    time: str
    specversion: Literal["1.0"]
    type: Literal["echo.transaction.v1", "echo.signup.v1", "echo.experiment_exposure.v1"]
    data: msgspec.Raw
    subject: Identifier | None = None


_MOMENT = re.compile(MOMENT)
_ATTRIBUTES = msgspec.json.Decoder(_Attributes)
_DATA: dict[str, tuple[str, msgspec.json.Decoder[TransactionData | SignupData | ExposureData]]] = {
    TAGS["transaction"]: ("transaction", msgspec.json.Decoder(TransactionData)),
    TAGS["signup"]: ("signup", msgspec.json.Decoder(SignupData)),
    TAGS["experiment_exposure"]: ("experiment_exposure", msgspec.json.Decoder(ExposureData)),
}


def read(value: bytes | None, now: datetime) -> Read | Refused:
    """Read one record; `now`, with an offset, is what a time in the future is told by."""
    if not value:
        return Refused(Reason.EMPTY, "the record has no value")
    if len(value) > LONGEST_RECORD:
        return Refused(Reason.TOO_LARGE, f"{len(value)} bytes; {LONGEST_RECORD} are read")
    try:
        return _event(value, now)
    except msgspec.ValidationError as error:
        return _invalid(value, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Refused(Reason.NOT_JSON, str(error))
    except RecursionError:
        return Refused(Reason.INVALID, "nested too deep")
    except ValueError as error:  # a day that the calendar has not
        return Refused(Reason.INVALID, f"{error} - at `$.time`")


def _event(value: bytes, now: datetime) -> Read | Refused:
    event = _ATTRIBUTES.decode(value)
    kind, decoder = _DATA[event.type]
    try:
        data = decoder.decode(event.data)
    except msgspec.ValidationError as error:
        return Refused(Reason.INVALID, _in_data(_without_values(str(error))))
    if b"\\" in value and b"\\u0000" in value and _has_nul(msgspec.json.decode(value)):
        return Refused(Reason.HAS_NUL, "a text holds the character NUL")
    if path := odd_identifier(event.id, event.source, event.subject, data):
        return Refused(Reason.INVALID, f"an identifier has a character that it must not have - at `{path}`")
    time = event.time
    if not _is_plain(time) and not _MOMENT.match(time):
        return Refused(Reason.INVALID, "not written as it must be - at `$.time`")
    at = datetime.fromisoformat(time)
    if at > now + AHEAD:
        return Refused(Reason.IN_THE_FUTURE, f"time {time} is more than an hour ahead of {now.isoformat()}")
    if len(time) > 27 and time[26].isdigit():  # more than microseconds: everybody is to compare the same moment
        time = at.isoformat()
    return Read(event.id, kind, time, at, data.user_id, str(event.data, "utf-8"), data)


def _is_plain(time: str) -> bool:
    """Whether a time, if it is one at all, is written as most are: in UTC, to the second or the microsecond."""
    return (
        (len(time) == 20 or (len(time) == 27 and time[19] == ".")) and time[-1] == "Z" and time[:2] == "20"
        and time[4] == time[7] == "-" and time[10] == "T" and time[13] == time[16] == ":"
    )  # fmt: skip


class _Type(msgspec.Struct, gc=False):
    type: str


def _invalid(value: bytes, error: str) -> Refused:
    """Tell a type that nobody here knows from a known one whose attributes are wrong."""
    try:
        found = msgspec.json.decode(value, type=_Type).type
    except (msgspec.DecodeError, RecursionError):
        return Refused(Reason.INVALID, _without_values(error))
    if found in _DATA:
        return Refused(Reason.INVALID, _without_values(error))
    return Refused(Reason.UNKNOWN_TYPE, f"type {found[:100]!r} is none of {', '.join(_DATA)}")


def _without_values(message: str) -> str:
    """`Invalid enum value 'x'` quotes the record, which may hold personal data; the path says enough."""
    said, at, path = message.partition(" - at ")
    if said.startswith("Invalid "):
        said = f"{said.split(' value ')[0]} value"
    elif " matching regex " in said:
        said = "not written as it must be"
    return f"{said}{at}{path}"


def _in_data(message: str) -> str:
    """The path within the event of what is wrong with its data."""
    said, at, path = message.partition(" - at `$")
    return f"{said} - at `$.data{path}" if at else f"{said} - at `$.data`"


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_has_nul, value))

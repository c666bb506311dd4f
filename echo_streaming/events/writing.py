"""From an event to a record: key, value and headers, as the producer sends them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from echo_streaming.events.types import Event

_ENCODER = msgspec.json.Encoder()


class Record(NamedTuple):
    """What is sent. The key is the user, so that a user's events stay in one partition, in order."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def record_of(event: Event) -> Record:
    """The event in CloudEvents' structured mode: all of it is the value, and the headers only say what to expect."""
    tag = str(type(event).__struct_config__.tag)
    headers = [
        ("content-type", b"application/cloudevents+json"),
        ("ce_type", tag.encode()),
        ("ce_id", event.id.encode()),
        ("schema_version", tag.rpartition(".")[2].encode()),
    ]
    return Record(event.data.user_id.encode(), _ENCODER.encode(event), headers)

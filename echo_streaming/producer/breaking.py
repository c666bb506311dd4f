"""Ways in which a record is broken, as they happen: cut off, of another type, with a value that nobody can store."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from echo_streaming.events.writing import Record


def broken(chance: random.Random, record: Record) -> Record:
    """The record, so that it is none any more."""
    return record._replace(value=chance.choice(_WAYS)(record.value or b""))


def _cut_off(value: bytes) -> bytes:
    return value[: len(value) // 2]


def _empty(value: bytes) -> bytes:
    return value[:0]


def _no_utf8(value: bytes) -> bytes:
    return b"\xff\xfe" + value


def _unknown_type(value: bytes) -> bytes:
    return _with(value, "type", "echo.refund.v9")


def _no_offset(value: bytes) -> bytes:
    return _with(value, "time", "2026-05-04T10:11:12")


def _absurd_year(value: bytes) -> bytes:
    return _with(value, "time", "9999-12-31T23:59:59Z")


def _nul(value: bytes) -> bytes:
    return _with(value, "note", "a\0b")


def _no_data(value: bytes) -> bytes:
    return _with(value, "data", {})


def _number_for_text(value: bytes) -> bytes:
    return _with(value, "id", 17)


def _with(value: bytes, name: str, other: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(value), name: other})


_WAYS: tuple[Callable[[bytes], bytes], ...] = (
    _cut_off, _empty, _no_utf8, _unknown_type, _no_offset, _absurd_year, _nul, _no_data, _number_for_text,
)  # fmt: skip

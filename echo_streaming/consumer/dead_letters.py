"""Dead letters once they are in their table: listing them, reading them again, and telling their topic of them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from psycopg import Connection, DataError
from psycopg.rows import class_row

from echo_streaming.consumer.contents import Contents, Placed
from echo_streaming.consumer.sink import Sink, Written
from echo_streaming.events.reading import Reason, Refused, read


@dataclass(frozen=True)
class Entry:
    """One dead letter. `value` is what was sent, and may hold personal data."""

    dead_letter_id: int
    topic: str
    partition: int
    offset: int
    reason: str
    error: str
    status: str
    received_at: datetime
    replayed_at: datetime | None
    key: bytes | None
    value: bytes | None

    def as_json(self, *, personal: bool) -> dict[str, Any]:
        """For a machine; key and value as text, or in base64 where they are none, and only if personal data may be."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in {"key", "value"}}
        for name in ("received_at", "replayed_at"):
            found[name] = found[name] and found[name].isoformat()
        return {**found, "key": _shown(self.key), "value": _shown(self.value)} if personal else found


@dataclass(frozen=True)
class Replayed:
    """What came of reading dead letters again."""

    written: Written
    still_dead: int


def entries(
    connection: Connection[Any], status: str | None = None, reason: str | None = None, limit: int | None = None
) -> list[Entry]:
    """Dead letters, the newest first."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        found = cursor.execute(_LIST, {"status": status, "reason": reason, "ids": None, "limit": limit})
        return found.fetchall()


def counts(connection: Connection[Any]) -> list[tuple[str, str, int]]:
    """How many there are by status and reason."""
    found = connection.execute(
        "select status, reason, count(*) from streaming.dead_letters group by 1, 2 order by 1, 2"
    ).fetchall()
    return [(str(status), str(reason), int(number)) for status, reason, number in found]


def replay(
    connection: Connection[Any], sink: Sink, ids: Collection[int] | None = None, reason: str | None = None
) -> Replayed:
    """Read open dead letters once more, as today's code reads them, and write those that are events now.

    Each is written in the transaction that closes it, so that it counts once; the others stay open with the reason that
    they have today.
    """
    chosen = {"status": "open", "reason": reason, "ids": list(ids) if ids is not None else None, "limit": None}
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        found = sorted(cursor.execute(_LIST, chosen), key=lambda entry: entry.dead_letter_id)
    written, still_dead = Written(), 0
    for entry in found:
        event = read(entry.value, datetime.now(UTC))
        if not isinstance(event, Refused):
            placed = (event, (entry.partition, entry.offset))
            try:
                written += _write(connection, sink, entry, placed)
                continue
            except DataError as error:
                event = Refused(Reason.DATABASE, str(error))
        still_dead += 1
        connection.execute(_STILL, [event.reason, event.error, entry.dead_letter_id])
    return Replayed(written, still_dead)


def _write(connection: Connection[Any], sink: Sink, entry: Entry, placed: Placed) -> Written:
    with connection.transaction():
        closed = connection.execute(_CLOSE, [entry.dead_letter_id]).rowcount
        return sink.apply(connection, Contents.of([placed])) if closed else Written()


class Announcement(NamedTuple):
    """A dead letter as its topic gets it."""

    dead_letter_id: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


Send = Callable[[Sequence[Announcement]], Iterable[int]]
"""Sends announcements and returns the numbers of those that the broker has taken."""


def announce(connection: Connection[Any], topic: str, send: Send, limit: int = 500) -> int:
    """Tell the topic of dead letters what it was not told yet; at least once, so readers go by `dead_letter_id`."""
    rows = connection.execute(_TO_ANNOUNCE, [topic, limit]).fetchall()
    told = list(send([_announcement(row) for row in rows])) if rows else []
    if told:
        connection.execute(
            "update streaming.dead_letters set announced_at = clock_timestamp() where dead_letter_id = any (%s)", [told]
        )
    return len(told)


def _announcement(row: tuple[Any, ...]) -> Announcement:
    names = ("dead_letter_id", "reason", "error", "topic", "partition", "offset")
    headers = [(name, str(value).encode()) for name, value in zip(names, row, strict=False)]
    return Announcement(int(row[0]), row[6], row[7], headers)


def _shown(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(value).decode()}"


_LIST = """
select
    dead_letter_id, topic, partition, "offset", reason, error, status, received_at, replayed_at, key, value
from streaming.dead_letters
where status = coalesce(%(status)s::text, status) and reason = coalesce(%(reason)s::text, reason)
    and (%(ids)s::bigint[] is null or dead_letter_id = any (%(ids)s::bigint[]))
order by dead_letter_id desc limit %(limit)s
"""
_CLOSE = """
update streaming.dead_letters set status = 'replayed', replayed_at = clock_timestamp()
where dead_letter_id = %s and status = 'open'
"""
_STILL = "update streaming.dead_letters set reason = %s, error = %s where dead_letter_id = %s and status = 'open'"
_TO_ANNOUNCE = """
select dead_letter_id, reason, error, topic, partition, "offset", key, value from streaming.dead_letters
where announced_at is null and topic = %s order by dead_letter_id limit %s
"""

"""Writing a batch: one transaction moves the offsets and writes everything that follows from the records.

The steps take a connection and values, and nothing else: no Kafka, no clock but the database's. What a business day
means outside of this schema is the caller's: `mark_days` is handed in, and is called within the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from echo_streaming.consumer.batches import Batch, DeadLetter
from echo_streaming.consumer.contents import Contents
from echo_streaming.consumer.copying import copy_lines, escaped
from echo_streaming.consumer.offsets import Claims
from echo_streaming.consumer.settling import Exposures, Sales
from echo_streaming.consumer.statements import COPY, DEAD_LETTERS, FUNNEL, KNOWN
from echo_streaming.consumer.tallies import Tallies, days_of
from echo_streaming.consumer.terms import Terms

Days = Mapping[str, Iterable[date]]
MarkDays = Callable[[Connection[Any], Days], None]
"""Told, within the transaction, which business days changed, by kind of event."""


def mark_nothing(connection: Connection[Any], days: Days) -> None:
    """For whoever has nothing that depends on days."""
    del connection, days


@dataclass(frozen=True)
class Written:
    """What a flush wrote, in records."""

    events: int = 0
    duplicates: int = 0
    late: int = 0
    dead_letters: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(
            self.events + other.events,
            self.duplicates + other.duplicates,
            self.late + other.late,
            self.dead_letters + other.dead_letters,
        )


@dataclass(frozen=True)
class Sink:
    """Writes batches of one topic."""

    terms: Terms
    mark_days: MarkDays = mark_nothing

    def write(self, connection: Connection[Any], claims: Claims, batch: Batch) -> Written:
        """Write a batch, or nothing of it; Fenced if a partition is not ours any more."""
        upto = batch.upto
        with connection.transaction():
            claims.advance(connection, upto)
            written = self.apply(connection, batch.contents)
            dead = write_dead_letters(connection, self.terms.topic, claims, batch.dead_letters())
        claims.moved(upto)
        repeated = len(batch) - dead - len(batch.contents)
        return Written(written.events, written.duplicates + repeated, written.late, dead)

    def apply(self, connection: Connection[Any], contents: Contents) -> Written:
        """Write events within the caller's transaction; one that is there already changes nothing.

        psycopg.errors.UniqueViolation if another transaction wrote one of them in this moment: then once more.
        """
        [(now, known)] = connection.execute(KNOWN, [" ".join(contents.events)]).fetchall()
        new = contents.without(frozenset(known))
        late = self._copy(connection, new, now)
        if new:
            self._settle(connection, new.tallies)
        return Written(len(new), len(known), late)

    def _copy(self, connection: Connection[Any], contents: Contents, now: datetime) -> int:
        """Write the events themselves; how many are late."""
        on_time = now - self.terms.late_after
        ends = [f"{escaped(self.terms.topic)}\t{now.isoformat()}\t{is_late}\n" for is_late in "ft"]
        are_late = [moment < on_time for moment in contents.moments()]
        copy_lines(
            connection, COPY, [line + ends[is_late] for line, is_late in zip(contents.lines, are_late, strict=True)]
        )
        return sum(are_late)

    def _settle(self, connection: Connection[Any], found: Tallies) -> None:
        """Bring every table that follows from events up to date, and tell of the days that changed."""
        timezone = self.terms.timezone
        days = {  # what other consumers wait for, the rows of minutes, is written last
            "experiment_exposure": self._exposures.settle(connection, found.exposures) if found.exposures else None,
            "transaction": self._sales.settle(connection, found.sales) if found.sales else None,
            "signup": days_of((minute for minute, kind, _ in found.funnel if kind == "signup"), timezone),
        }
        minutes, kinds, channels = (list(each) for each in zip(*found.funnel, strict=True))
        counts = list(found.funnel.values())
        connection.execute(FUNNEL, {"minutes": minutes, "kinds": kinds, "channels": channels, "counts": counts})
        self.mark_days(connection, {kind: sorted(changed) for kind, changed in days.items() if changed})

    @cached_property
    def _sales(self) -> Sales:
        return Sales(self.terms.timezone)

    @cached_property
    def _exposures(self) -> Exposures:
        return Exposures(self.terms.timezone)


def write_dead_letters(connection: Connection[Any], topic: str, claims: Claims, dead: list[DeadLetter]) -> int:
    """Write what is no event, as it was."""
    rows = [
        (
            topic, record.partition(), record.offset(), claims.held[record.partition() or 0].log_id, record.key(),
            record.value(),
            _headers(record.headers()), refused.reason, refused.error.replace("\0", " "),
        )
        for record, refused in dead
    ]  # fmt: skip
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(DEAD_LETTERS, rows)
    return len(rows)


def _headers(headers: list[tuple[str, Any]] | None) -> Jsonb | None:
    """As text; what is no UTF-8, or NUL, which jsonb has no place for, is replaced."""
    if not headers:
        return None
    return Jsonb([[name, _text(value)] for name, value in headers])


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.replace("\0", "\ufffd")

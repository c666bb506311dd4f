"""Bringing sales and exposures up to date with the new events of a batch, within the caller's transaction.

Most of them are new: these are copied, which costs far less than an upsert. What is there already is merged, by a
statement that gets the row as it was along with the row as it is. psycopg.errors.UniqueViolation if another transaction
entered the same in this moment: then the batch is written once more, and finds it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from psycopg import Connection

from echo_streaming.consumer.copying import copy_lines
from echo_streaming.consumer.statements import (
    COPY_EXPOSURES,
    COPY_TRANSACTIONS,
    EXPOSURES,
    KNOWN_EXPOSURES,
    KNOWN_TRANSACTIONS,
    QUEUE_EXPOSED,
    REVENUE,
    TRANSACTIONS,
    UNIT,
)
from echo_streaming.consumer.tallies import Span, days_of, minute_of
from echo_streaming.events.schemas import fields_of
from echo_streaming.events.types import TransactionData

Unit = tuple[str, str, str]
"""User, experiment and arm."""


@dataclass(frozen=True)
class Sales:
    """Transactions, and revenue by minute."""

    timezone: str

    def settle(self, connection: Connection[Any], spans: Mapping[str, Span]) -> set[date]:
        """The business days of sales that are new, changed or moved."""
        found = connection.execute(KNOWN_TRANSACTIONS, [UNIT.join(spans)]).fetchall()
        known = {sale: spans[sale] for (sale,) in found}
        days = self._enter(connection, {sale: span for sale, span in spans.items() if sale not in known})
        return days | self._merge(connection, known) if known else days

    def _enter(self, connection: Connection[Any], spans: Mapping[str, Span]) -> set[date]:
        """Sales that nobody has seen: their rows, and what they add to their minutes, in cents."""
        if not spans:
            return set()
        lines: list[str] = []
        minutes: dict[tuple[str, str], tuple[int, int, int]] = {}
        for sale, (first, latest, _) in spans.items():
            amount, currency, is_counted = self._read(latest.data)
            minute = (minute_of(first), currency)
            cents, orders, sales = minutes.get(minute, (0, 0, 0))
            gained = round(amount * 100) if is_counted else 0
            minutes[minute] = (cents + gained, orders + is_counted, sales + 1)
            about = f"{sale}\t{first.time}\t{latest.time}\t{latest.event_id}"
            if "\\" in about:  # identifiers hold no other character that COPY would take for its own
                about = about.replace("\\", "\\\\")
            lines.append(f"{about}\t{amount!r}\t{currency}\t{'t' if is_counted else 'f'}\n")
        copy_lines(connection, COPY_TRANSACTIONS, lines)
        connection.execute(REVENUE, _columns((*minute, *gained) for minute, gained in minutes.items()))
        return days_of((minute for minute, _ in minutes), self.timezone)

    def _merge(self, connection: Connection[Any], spans: Mapping[str, Span]) -> set[date]:
        read = [self._read(span.latest.data) for span in spans.values()]
        values = {
            "ids": UNIT.join(spans),
            "firsts": " ".join([span.first.time for span in spans.values()]),
            "times": " ".join([span.latest.time for span in spans.values()]),
            "events": " ".join([span.latest.event_id for span in spans.values()]),
            "amounts": " ".join([repr(amount) for amount, _, _ in read]),
            "currencies": " ".join([currency for _, currency, _ in read]),
            "counted": " ".join(["t" if is_counted else "f" for _, _, is_counted in read]),
            "timezone": self.timezone,
        }
        return _days(connection, TRANSACTIONS, values)

    def _read(self, data: Any) -> tuple[float, str, bool]:
        """Amount, currency, and whether it counts."""
        sale: TransactionData = data
        return sale.amount, sale.currency or self._currency, sale.status in self._counted

    @cached_property
    def _currency(self) -> str:
        return str(fields_of("transaction")["currency"]["default"])

    @cached_property
    def _counted(self) -> frozenset[str]:
        """The statuses that count as revenue, as the contract declares them."""
        return frozenset(fields_of("transaction")["status"]["x-counted"])


@dataclass(frozen=True)
class Exposures:
    """Units in arms, and the outbox of users who saw something new."""

    timezone: str

    def settle(self, connection: Connection[Any], spans: Mapping[Unit, Span]) -> set[date]:
        """The business days on which a unit is first exposed now and was not before, and the other way round."""
        units = list(spans)
        found = connection.execute(KNOWN_EXPOSURES, _joined(units)).fetchall()
        known = {units[position - 1]: spans[units[position - 1]] for (position,) in found}
        days = self._enter(connection, {unit: span for unit, span in spans.items() if unit not in known})
        return days | self._merge(connection, known) if known else days

    def _enter(self, connection: Connection[Any], spans: Mapping[Unit, Span]) -> set[date]:
        if not spans:
            return set()
        lines = [
            f"{user}\t{experiment}\t{arm}\t{times}\t{first.time}\t{latest.time}\n"
            for (user, experiment, arm), (first, latest, times) in spans.items()
        ]
        # Identifiers hold no other character that COPY would take for its own.
        lines = [line.replace("\\", "\\\\") if "\\" in line else line for line in lines]
        copy_lines(connection, COPY_EXPOSURES, lines)
        connection.execute(QUEUE_EXPOSED, [UNIT.join({user for user, _, _ in spans})])
        return days_of((minute_of(span.first) for span in spans.values()), self.timezone)

    def _merge(self, connection: Connection[Any], spans: Mapping[Unit, Span]) -> set[date]:
        values = {
            **_joined(list(spans)),
            "counts": " ".join([str(span.times) for span in spans.values()]),
            "firsts": " ".join([span.first.time for span in spans.values()]),
            "lasts": " ".join([span.latest.time for span in spans.values()]),
            "timezone": self.timezone,
        }
        return _days(connection, EXPOSURES, values)


def _joined(units: list[Unit]) -> dict[str, str]:
    names = ("users", "experiments", "variants")
    return {name: UNIT.join([unit[number] for unit in units]) for number, name in enumerate(names)}


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _days(connection: Connection[Any], statement: str, values: Mapping[str, Any]) -> set[date]:
    row = connection.execute(statement.encode(), values).fetchone()
    return set(row[0] or ()) if row else set()

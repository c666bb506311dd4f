"""A synthetic stream of a small business: seeded, so that the same knobs and start give the same bytes again.

Sales begin pending or paid, and some of them change later; customers sign up; units see their arm of an experiment
again and again. On top of that come, by their knobs, records that are late, doubled, broken or out of order.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, NamedTuple

from echo_streaming.events.types import (
    Event,
    ExperimentExposure,
    ExposureData,
    Signup,
    SignupData,
    Status,
    Transaction,
    TransactionData,
)
from echo_streaming.events.writing import Record, record_of
from echo_streaming.producer.breaking import broken

SOURCE = "/echo/synthetic"
_CHANNELS = ("web", "email", "ads", "store")
_SETTLED: tuple[Status, ...] = ("paid", "paid", "failed", "cancelled")
_REMEMBERED = 2000
_DELAY = 200
"""Records that one that is out of order, or sent twice, comes later at most."""


@dataclass(frozen=True)
class Knobs:
    """Shares, from 0 to 1, of records that are not as they should be; `rate` is events a second of event time."""

    rate: float = 1000.0
    late: float = 0.01
    duplicate: float = 0.02
    malformed: float = 0.01
    out_of_order: float = 0.02
    seed: int = 7


@dataclass(frozen=True)
class Population:
    """Whom and what the events are about."""

    users: Sequence[str] = field(default_factory=lambda: [f"U{number:06d}" for number in range(5000)])
    products: Sequence[str] = ()
    experiments: Mapping[str, Sequence[str]] = field(
        default_factory=lambda: {"stream_checkout": ("control", "treatment"), "stream_banner": ("a", "b", "c")}
    )
    assigned: Sequence[ExposureData] = ()
    """Who was put into which arm before: these see it again, and nobody sees another one."""


class Sent(NamedTuple):
    """A record of the stream, and what is known of it; `event` is None of one that is broken."""

    record: Record
    event: Event | None
    is_repeated: bool = False


def synthetic(knobs: Knobs, population: Population, start: datetime, count: int) -> Iterator[Sent]:
    """So many records, in the order in which they are sent; a record of event time t is the t*rate-th."""
    chance = random.Random(knobs.seed)  # noqa: S311 - to be played again, not to be secret
    writer = _Writer(chance, population, f"{int(start.timestamp()):x}{knobs.seed:x}")
    waiting: list[tuple[int, int, Sent]] = []
    made = given = 0
    while given < count:
        while waiting and waiting[0][0] <= made and given < count:
            given += 1
            yield heappop(waiting)[2]
        if given == count:
            return
        moment = start + timedelta(seconds=made / knobs.rate)
        sent = _sent(chance, knobs, writer, moment)
        made += 1
        if sent.event is not None and chance.random() < knobs.duplicate:
            heappush(waiting, (made + chance.randrange(1, _DELAY), -made, sent._replace(is_repeated=True)))
        if chance.random() < knobs.out_of_order:
            heappush(waiting, (made + chance.randrange(1, _DELAY), made, sent))
            continue
        given += 1
        yield sent


def _sent(chance: random.Random, knobs: Knobs, writer: _Writer, moment: datetime) -> Sent:
    if chance.random() < knobs.late:
        moment -= timedelta(seconds=chance.uniform(600, 3 * 86400))
    event = writer.event(moment)
    record = record_of(event)
    if chance.random() < knobs.malformed:
        return Sent(broken(chance, record), None)
    return Sent(record, event)


class _Writer:
    """Writes one event after the other, and remembers sales that may still change."""

    def __init__(self, chance: random.Random, population: Population, stream: str) -> None:
        """`stream` is part of the ids that are made up, so that two streams are about other sales."""
        self.chance, self.population, self.stream = chance, population, stream
        self.experiments = [(name, tuple(arms)) for name, arms in population.experiments.items()]
        self.open: list[TransactionData] = []
        self.sales = self.signups = 0

    def event(self, moment: datetime) -> Event:
        """The next event."""
        user, kind = self.chance.choice(self.population.users), self.chance.random()
        if kind < 0.5:
            return self._transaction(user, moment)
        if kind < 0.6:
            return self._signup(moment)
        return self._exposure(user, moment)

    def _transaction(self, user: str, moment: datetime) -> Event:
        if self.open and self.chance.random() < 0.15:
            data = self._changed(self.open.pop(self.chance.randrange(len(self.open))))
        else:
            data = self._sale(user)
            if len(self.open) < _REMEMBERED:
                self.open.append(data)
        return Transaction(**self._attributes(data.customer_id, moment), data=data)

    def _sale(self, user: str) -> TransactionData:
        self.sales += 1
        chance, products = self.chance, self.population.products
        return TransactionData(
            transaction_id=f"S{self.stream}-{self.sales:07d}",
            amount=chance.randrange(100, 50_000) / 100,
            customer_id=user,
            status="pending" if chance.random() < 0.2 else "paid",
            currency="USD",
            product_id=chance.choice(products) if products else None,
            product=None if products else f"Product {chance.randrange(20)}",
            quantity=float(chance.randrange(1, 4)),
            channel=chance.choice(_CHANNELS),
            payment_method="card",
        )

    def _changed(self, sale: TransactionData) -> TransactionData:
        status: Status = "refunded"
        if sale.status == "pending":
            status = self.chance.choice(_SETTLED)
        return TransactionData(
            sale.transaction_id, sale.amount, sale.customer_id, status, sale.currency, sale.product_id, sale.product,
            sale.quantity, sale.discount, sale.channel, sale.payment_method,
        )  # fmt: skip

    def _signup(self, moment: datetime) -> Event:
        self.signups += 1
        user = f"N{self.stream}-{self.signups:06d}"
        data = SignupData(user, f"{user.lower()}@example.com", None, "smb", "basic", self.chance.choice(_CHANNELS))
        return Signup(**self._attributes(user, moment), data=data)

    def _exposure(self, user: str, moment: datetime) -> Event:
        if self.population.assigned:
            data = self.chance.choice(self.population.assigned)
        else:
            name, arms = self.chance.choice(self.experiments)
            data = ExposureData(name, user, arms[zlib.crc32(f"{name}/{user}".encode()) % len(arms)])
        return ExperimentExposure(**self._attributes(data.user_id, moment), data=data)

    def _attributes(self, user: str, moment: datetime) -> dict[str, Any]:
        return {
            "id": _uuid7(self.chance, moment), "source": SOURCE, "specversion": "1.0", "subject": user,
            "time": f"{moment.isoformat()[:-6]}Z" if moment.microsecond else f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        }  # fmt: skip


def _uuid7(chance: random.Random, moment: datetime) -> str:
    """A UUID of version 7 (RFC 9562): milliseconds, then chance."""
    text, rest = f"{int(moment.timestamp() * 1000):012x}", f"{chance.getrandbits(72):018x}"
    return f"{text[:8]}-{text[8:]}-7{rest[:3]}-{'89ab'[int(rest[3], 16) % 4]}{rest[4:7]}-{rest[6:18]}"

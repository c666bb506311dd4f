"""Sending records to a topic, each of them until the broker has confirmed it.

The client's own idempotence keeps its retries from doubling or reordering records. Where it gives up (a broker that
lost its memory makes it give up everything), what was not confirmed is sent once more by a new client: such a record
may be there twice, which the id of its event tells the consumer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from echo_streaming.brokers.cluster import BrokerError, Cluster
from echo_streaming.events.writing import Record

_LOG = logging.getLogger(__name__)
_FULL = 0.2
_PURGED = 5.0
_POLL_EVERY = 500


class EventProducer:
    """Sends records to one topic; `flush` says when all of them have arrived."""

    def __init__(self, cluster: Cluster, topic: str, timeout: float = 30.0) -> None:
        """`timeout` is how long one record may take, in seconds, before it is sent anew."""
        self.delivered = 0
        self._cluster, self._topic, self._timeout = cluster, topic, timeout
        self._pending: dict[int, Record] = {}
        self._sent = 0
        self._has_given_up = False
        self._producer = self._connected()

    def send(self, record: Record) -> None:
        """Hand a record over; waits where the client's queue is full."""
        number, self._sent = self._sent, self._sent + 1
        self._pending[number] = record
        if not self._took(number, record) or self._has_given_up:
            self._begin_anew()
        if self._sent % _POLL_EVERY == 0:
            self._serve(self._producer.poll, 0)

    def flush(self, patience: float = 60.0) -> None:
        """Wait until everything has arrived; BrokerError if something has not, after so many seconds."""
        deadline = time.monotonic() + patience
        while self._pending:
            self._serve(self._producer.flush, max(0.1, min(1.0, deadline - time.monotonic())))
            if self._pending and time.monotonic() > deadline:
                raise BrokerError(
                    f"{len(self._pending)} records did not reach {self._topic} on {self._cluster.bootstrap}"
                )
            if self._pending and (self._has_given_up or len(self._producer) == 0):
                self._begin_anew()

    def _took(self, number: int, record: Record) -> bool:
        """Give the client a record when there is room for it; False if it takes nothing any more."""
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    record.value,
                    record.key,
                    headers=list(record.headers),
                    on_delivery=partial(self._reported, number),
                )
                return True
            except BufferError:
                self._serve(self._producer.poll, _FULL)
            except KafkaException as error:
                if error.args[0].code() != KafkaError._FATAL:
                    raise
                return False

    def _begin_anew(self) -> None:
        """Let a new client send what the old one did not get through."""
        while True:
            self._producer.purge()
            self._serve(self._producer.flush, _PURGED)
            self._producer, self._has_given_up = self._connected(), False
            if all(self._took(number, record) for number, record in list(self._pending.items())):
                return

    def _serve(self, call: Callable[[float], Any], seconds: float) -> None:
        """Let the client make its reports. A fatal error is raised in the midst of them, and more come after it."""
        try:
            call(seconds)
        except (KafkaException, SystemError):
            self._has_given_up = True

    def _connected(self) -> Producer:
        """A client: idempotent; or, for the embedded broker, sending one batch at a time, which keeps order, too.

        Once it has lost its memory, the embedded broker refuses idempotent producers, old ones and new ones.
        """
        is_idempotent = not self._cluster.is_embedded
        return Producer(
            self._cluster.options(
                {
                    "enable.idempotence": is_idempotent,
                    "acks": "all",
                    "max.in.flight.requests.per.connection": 5 if is_idempotent else 1,
                    "linger.ms": 50,
                    "compression.type": "lz4",
                    "batch.size": 1_000_000,
                    "message.timeout.ms": int(self._timeout * 1000),
                    "error_cb": _told_otherwise,
                }
            )
        )

    def _reported(self, number: int, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._has_given_up = True
        elif self._pending.pop(number, None) is not None:
            self.delivered += 1


def _told_otherwise(error: KafkaError) -> None:
    """Every record reports for itself."""
    _LOG.warning("producer", extra={"fields": {"error": error.str()}})


def deliver(cluster: Cluster, topic: str, records: Iterable[Record], patience: float = 10.0) -> list[int]:
    """Send a few records, and return the positions of those that have arrived; nothing is sent again."""
    arrived: list[int] = []

    def reported(position: int, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            arrived.append(position)

    producer = Producer(
        cluster.options(
            {
                "enable.idempotence": True,
                "message.timeout.ms": max(1000, int(patience * 900)),
                "error_cb": _told_otherwise,
            }
        )
    )
    for position, record in enumerate(records):
        producer.produce(
            topic, record.value, record.key, headers=list(record.headers), on_delivery=partial(reported, position)
        )
    producer.flush(patience)
    return sorted(arrived)

"""Sending records to a topic, each of them until the broker has confirmed it.

The client's own idempotence keeps its retries from doubling or reordering records. Where it gives up (a broker that
lost its memory makes it give up everything), what was not confirmed is sent once more by a new client: such a record
may be there twice, which the id of its event tells the consumer.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from echo_streaming.brokers.cluster import BrokerError, Cluster
from echo_streaming.events.writing import Record

_FULL = 0.2
_POLL_EVERY = 500


class EventProducer:
    """Sends records to one topic; `flush` says when all of them have arrived."""

    def __init__(self, cluster: Cluster, topic: str, timeout: float = 30.0) -> None:
        """`timeout` is how long one record may take, in seconds, before it is sent anew."""
        self.delivered = 0
        self._cluster, self._topic, self._timeout = cluster, topic, timeout
        self._failed: list[tuple[Record, KafkaError]] = []
        self._sent = 0
        self._producer = self._connected()

    def send(self, record: Record) -> None:
        """Hand a record over; waits where the client's queue is full."""
        report = partial(self._reported, record)
        while True:
            try:
                self._producer.produce(
                    self._topic, record.value, record.key, headers=list(record.headers), on_delivery=report
                )
                break
            except BufferError:
                self._producer.poll(_FULL)
        self._sent += 1
        if self._sent % _POLL_EVERY == 0:
            self._producer.poll(0)

    def flush(self, patience: float = 60.0) -> None:
        """Wait until everything has arrived; BrokerError if something has not, after so many seconds."""
        deadline = time.monotonic() + patience
        while True:
            self._producer.flush(max(0.1, deadline - time.monotonic()))
            if not self._failed and len(self._producer) == 0:
                return
            if time.monotonic() > deadline:
                raise BrokerError(self._told())
            failed, self._failed = self._failed, []
            if failed:
                self._producer = self._connected()
                for record, _ in failed:
                    self.send(record)

    def _connected(self) -> Producer:
        return Producer(
            self._cluster.options(
                {
                    "enable.idempotence": True,
                    "linger.ms": 50,
                    "compression.type": "lz4",
                    "batch.size": 1_000_000,
                    "message.timeout.ms": int(self._timeout * 1000),
                    "log_level": 2,
                }
            )
        )

    def _reported(self, record: Record, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            self.delivered += 1
        else:
            self._failed.append((record, error))

    def _told(self) -> str:
        waiting = len(self._failed) + len(self._producer)
        why = self._failed[0][1].str() if self._failed else "no answer"
        return f"{waiting} records did not reach {self._topic} on {self._cluster.bootstrap}: {why}"


def deliver(cluster: Cluster, topic: str, records: Iterable[Record], patience: float = 10.0) -> list[int]:
    """Send a few records, and return the positions of those that have arrived; nothing is sent again."""
    arrived: list[int] = []

    def reported(position: int, error: KafkaError | None, _message: Message) -> None:
        if error is None:
            arrived.append(position)

    producer = Producer(
        cluster.options(
            {"enable.idempotence": True, "log_level": 2, "message.timeout.ms": max(1000, int(patience * 900))}
        )
    )
    for position, record in enumerate(records):
        producer.produce(
            topic, record.value, record.key, headers=list(record.headers), on_delivery=partial(reported, position)
        )
    producer.flush(patience)
    return sorted(arrived)

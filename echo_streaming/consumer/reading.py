"""The Kafka side of a consumer: partitions, records and what the broker says. No database, no event is looked at here.

Offsets are never left to Kafka: partitions are assigned at the offset that PostgreSQL has, in static mode all that were
asked for, in group mode those that the group gives us. What the broker says besides records becomes `Signals`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from echo_streaming.brokers.cluster import Cluster
from echo_streaming.consumer.terms import Terms

_LOG = logging.getLogger(__name__)
_DISCONNECTED = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN}
_SESSION_MS = 10_000
_SESSION_EMBEDDED_MS = 6_000
"""The embedded broker lets everybody who joins wait for half of it."""


@dataclass
class Signals:
    """What was told besides records since it was last asked."""

    was_disconnected: bool = False
    """A connection was lost: what is read from here on may be of another log."""
    out_of_range: set[int] = field(default_factory=set)
    """Partitions whose log does not have the offset that we want."""
    ended: dict[int, int] = field(default_factory=dict)
    """Partitions that were read to their end, and where that is."""


@dataclass(frozen=True)
class Rebalanced:
    """What is to be done when the group gives partitions, takes them, or has taken them without asking."""

    given: Callable[[list[int]], Mapping[int, int]]
    """Returns the offset from which each goes on."""
    taken: Callable[[list[int]], None]
    lost: Callable[[list[int]], None]


class Reader:
    """Reads a topic."""

    def __init__(self, cluster: Cluster, terms: Terms) -> None:
        """Nothing is read before partitions are assigned."""
        self._topic = terms.topic
        self._signals = Signals()
        self._is_paused = self._is_in_group = False
        session = _SESSION_EMBEDDED_MS if cluster.is_embedded else _SESSION_MS
        self._consumer = Consumer(
            cluster.options(
                {
                    "group.id": terms.group,
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "auto.offset.reset": "error",
                    "allow.auto.create.topics": False,
                    "enable.partition.eof": True,
                    "partition.assignment.strategy": "cooperative-sticky",
                    "session.timeout.ms": session,
                    "heartbeat.interval.ms": session // 4,
                    "fetch.wait.max.ms": 100,
                    "fetch.queue.backoff.ms": 5,  # it rests a second, once enough is fetched
                    "queued.min.messages": 2_000,
                    "queued.max.messages.kbytes": 2_048,
                    "error_cb": self._on_error,
                }
            )
        )

    def assign(self, offsets: Mapping[int, int]) -> None:
        """Static mode: read just these partitions, from these offsets."""
        self._consumer.assign(self._places(offsets))

    def subscribe(self, rebalanced: Rebalanced) -> None:
        """Group mode: read what the group gives us."""

        def given(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            offsets = rebalanced.given([each.partition for each in partitions])
            consumer.incremental_assign(self._places(offsets))

        def taken(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            rebalanced.taken([each.partition for each in partitions])
            consumer.incremental_unassign(partitions)

        def lost(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            rebalanced.lost([each.partition for each in partitions])
            consumer.incremental_unassign(partitions)

        self._is_in_group = True
        self._consumer.subscribe([self._topic], on_assign=given, on_revoke=taken, on_lost=lost)

    def go_to(self, offsets: Mapping[int, int]) -> None:
        """Go on elsewhere in the partitions that we have, all of which are given."""
        if not self._is_in_group:
            self.assign(offsets)
            return
        for place in self._places(offsets):
            self._consumer.incremental_unassign([TopicPartition(place.topic, place.partition)])
            self._consumer.incremental_assign([place])

    def read(self, most: int, timeout: float) -> tuple[list[Message], Signals]:
        """Read records, as many as there are within the timeout; callbacks of the group are called in here."""
        records = []
        for message in self._consumer.consume(most, timeout):
            error = message.error()
            if error is None:
                records.append(message)
            else:
                self._note(message, error)
        signals, self._signals = self._signals, Signals()
        return records, signals

    def pause(self, is_paused: bool) -> None:
        """Stop fetching, or go on, while what was read waits to be written."""
        if is_paused != self._is_paused:
            (self._consumer.pause if is_paused else self._consumer.resume)(self._consumer.assignment())
            self._is_paused = is_paused

    def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        """The end of each partition as the broker told it with the last records; without those that it did not tell."""
        found = {}
        for partition in partitions:
            high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)[1]
            if high >= 0:
                found[partition] = high
        return found

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first offset that the log has, and the one after the last: asked of the broker."""
        return self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=10)

    def close(self) -> None:
        """Leave the group, and let the broker go."""
        self._consumer.close()

    def _places(self, offsets: Mapping[int, int]) -> list[TopicPartition]:
        return [TopicPartition(self._topic, partition, offset) for partition, offset in sorted(offsets.items())]

    def _note(self, message: Message, error: KafkaError) -> None:
        code, partition = error.code(), message.partition()
        if code == KafkaError._PARTITION_EOF and partition is not None:
            self._signals.ended[partition] = message.offset() or 0
        elif code in {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE} and partition is not None:
            self._signals.out_of_range.add(partition)
        else:
            self._on_error(error)

    def _on_error(self, error: Any) -> None:
        if error.code() in _DISCONNECTED:
            self._signals.was_disconnected = True
        elif error.fatal():
            raise RuntimeError(f"the Kafka client gives up: {error.str()}")
        _LOG.warning("broker", extra={"fields": {"error": error.str()}})

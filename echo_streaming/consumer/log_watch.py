"""Watching which log is read: asked now and then without waiting, and at once when a connection was lost.

Between a lost connection and the answer the log is in doubt: a broker that lost its memory may hand out records of a
new log at the old offsets. What is read meanwhile is not kept, and is read again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from confluent_kafka import KafkaError, KafkaException

from echo_streaming.brokers.cluster import BrokerError
from echo_streaming.brokers.topics import Asked, LogIdentity, Topics

_EVERY = 5.0
_IN_DOUBT_EVERY = 0.2


@dataclass
class LogWatch:
    """Knows which log a topic was, and looks whether it still is."""

    topics: Topics
    topic: str
    log: LogIdentity
    is_in_doubt: bool = False
    broker_seen_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _asked: Asked | None = None
    _asked_at: float = field(default_factory=time.monotonic)

    def saw(self, sign_of_life: bool, disconnected: bool) -> None:
        """Note what the last read has told."""
        if disconnected:
            self.is_in_doubt, self._asked, self._asked_at = True, None, 0.0
        elif sign_of_life and not self.is_in_doubt:
            self.broker_seen_at = datetime.now(UTC)

    def look(self, new_partitions: int) -> LogIdentity | None:
        """Another log, if that is what the topic is by now; a topic that is gone is made again."""
        if self._asked is None:
            if time.monotonic() - self._asked_at >= (_IN_DOUBT_EVERY if self.is_in_doubt else _EVERY):
                self._asked, self._asked_at = self.topics.asked(self.topic), time.monotonic()
            return None
        if not self._asked.is_answered():
            return None
        asked, self._asked = self._asked, None
        found = self._answer(asked, new_partitions)
        if found is None:
            return None
        self.is_in_doubt, self.broker_seen_at = False, datetime.now(UTC)
        return found if found != self.log else None

    def _answer(self, asked: Asked, new_partitions: int) -> LogIdentity | None:
        try:
            return asked.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
        try:
            return self.topics.ensure(self.topic, new_partitions)
        except BrokerError:
            return None

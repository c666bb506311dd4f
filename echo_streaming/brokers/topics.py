"""Topics: making one before anybody uses it, and telling which log it is.

A log is known by the ids of its cluster and its topic. When either changes, the offsets that were stored are of another
log: the topic was deleted and made anew, or the broker has lost its memory.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from echo_streaming.brokers.cluster import BrokerError, Cluster

_NO_TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True)
class LogIdentity:
    """Which log a topic is now, and how many partitions it has."""

    log_id: str
    partitions: int


class Topics:
    """The topics of a cluster. One client for all questions: it is not cheap to make."""

    def __init__(self, cluster: Cluster, timeout: float = 10.0) -> None:
        """Nothing is asked of the broker yet."""
        self._cluster, self._timeout = cluster, timeout
        self._admin = AdminClient(cluster.options({"socket.connection.setup.timeout.ms": 5000}))

    def ensure(self, topic: str, partitions: int, replication: int = 1) -> LogIdentity:
        """Have the topic, and say which log it is; it is made before any client of it could have it made otherwise."""
        try:
            return self.identity(topic)
        except KafkaException as error:
            if _code(error) != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise self._explained(error) from error
        made = self._admin.create_topics([NewTopic(topic, partitions, replication)], request_timeout=self._timeout)
        try:
            made[topic].result()
        except KafkaException as error:
            if _code(error) != KafkaError.TOPIC_ALREADY_EXISTS:
                raise self._explained(error) from error
        return self._once_known(topic)

    def identity(self, topic: str) -> LogIdentity:
        """Which log the topic is; KafkaException if the broker does not answer or does not know it."""
        return self.asked(topic).result()

    def asked(self, topic: str) -> Asked:
        """Ask which log the topic is, without waiting for the answer."""
        cluster = self._admin.describe_cluster(request_timeout=self._timeout)
        described = self._admin.describe_topics(TopicCollection([topic]), request_timeout=self._timeout)
        return Asked(cluster, described[topic])

    def _once_known(self, topic: str) -> LogIdentity:
        """A topic that was made in this moment may be unknown for another one."""
        for _ in range(100):
            try:
                return self.identity(topic)
            except KafkaException as error:
                if _code(error) not in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.LEADER_NOT_AVAILABLE}:
                    raise self._explained(error) from error
                self._admin.poll(0.1)
        raise BrokerError(f"the topic {topic} was made on {self._cluster.bootstrap}, and the broker does not know it")

    def _explained(self, error: KafkaException) -> BrokerError:
        said = error.args[0].str() if error.args else str(error)
        return BrokerError(
            f"the broker {self._cluster.bootstrap} cannot be used: {said}. Is it running, and may we? "
            "See ECHO_KAFKA_BOOTSTRAP in .env.example; unset, an embedded broker is used."
        )


@dataclass(frozen=True)
class Asked:
    """A question that is under way."""

    cluster: Future[Any]
    topic: Future[Any]

    def is_answered(self) -> bool:
        """Whether `result` would return at once."""
        return self.cluster.done() and self.topic.done()

    def result(self) -> LogIdentity:
        """The answer; KafkaException instead if there is none."""
        found, described = self.cluster.result(), self.topic.result()
        topic_id = str(described.topic_id)
        known = [] if topic_id in {"", "None", _NO_TOPIC_ID} else [topic_id]
        return LogIdentity(":".join([str(found.cluster_id), *known]), len(described.partitions))


def _code(error: KafkaException) -> int:
    return int(error.args[0].code()) if error.args else 0

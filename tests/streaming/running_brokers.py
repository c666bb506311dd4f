"""The brokers that the contract tests run over: embedded, and Apache Kafka where Maven can fetch it; no tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from echo_assets.settings import PROJECT
from echo_streaming.brokers.cluster import Cluster
from echo_streaming.brokers.embedded import EmbeddedBroker
from echo_streaming.brokers.kafka_server import KafkaServer

LIBRARIES = PROJECT / "build"
"""Ignored by git; Apache Kafka's jars are fetched once."""


@dataclass
class Running:
    """A broker under test: how to reach it, and how to restart it at the same address."""

    name: str
    cluster: Cluster
    start: Callable[[], Cluster]
    stop: Callable[[], object]
    keeps_its_log: bool
    topics: int = field(default=0)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        again = self.start()
        assert again == self.cluster

    def new_topic(self) -> str:
        """A name that no test has used."""
        self.topics += 1
        return f"events_{self.topics}"


def start_broker(name: str, folder: Path) -> Running:
    """Start one of them; BrokerError if it cannot be had here."""
    if name == "embedded":
        embedded = EmbeddedBroker(folder)
        return Running(name, embedded.up(), embedded.up, embedded.down, keeps_its_log=False)
    kafka = KafkaServer(folder, LIBRARIES)
    return Running(name, kafka.start(), kafka.start, kafka.stop, keeps_its_log=True)

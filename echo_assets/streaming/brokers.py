"""Which broker an installation uses, from its settings; the embedded one lives below ECHO_HOME."""

from __future__ import annotations

from typing import TYPE_CHECKING

from echo_assets.settings import Settings

if TYPE_CHECKING:
    from echo_streaming.brokers.cluster import Cluster
    from echo_streaming.brokers.embedded import EmbeddedBroker


def cluster_of(settings: Settings) -> Cluster:
    """The user's broker; without one, the embedded broker, started if it is not running."""
    from echo_streaming.brokers.cluster import Cluster

    if settings.kafka_bootstrap:
        return Cluster(settings.kafka_bootstrap, settings.stream.security())
    return embedded_broker(settings).up()


def embedded_broker(settings: Settings) -> EmbeddedBroker:
    """The embedded broker of this installation, running or not."""
    from echo_streaming.brokers.embedded import EmbeddedBroker

    return EmbeddedBroker(settings.home / "broker")

"""Sending a synthetic stream to the installation's topic, for trying things and for the demo."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from echo_assets.sources import Sources
from echo_assets.streaming.brokers import cluster_of
from echo_assets.streaming.population import population_of

if TYPE_CHECKING:
    from echo_streaming.producer.synthetic import Knobs


def produce(sources: Sources, knobs: Knobs, first: datetime, events: int, rate: float = 0) -> dict[str, Any]:
    """Send so many records about the warehouse's customers, as of `first`; what must come of them.

    `rate` is how many a second are sent, 0 as fast as it goes. BrokerError if the broker cannot be used.
    """
    from echo_streaming.brokers.topics import Topics
    from echo_streaming.producer.sending import EventProducer
    from echo_streaming.producer.synthetic import synthetic
    from echo_streaming.producer.truth import Truth

    stream, population = sources.settings.stream, population_of(sources)
    cluster = cluster_of(sources.settings)
    Topics(cluster).ensure(stream.topic, stream.partitions)
    producer, truth, began = EventProducer(cluster, stream.topic), Truth(), time.monotonic()
    for number, sent in enumerate(synthetic(knobs, population, first, events)):
        if rate and (ahead := number / rate - (time.monotonic() - began)) > 0.01:
            time.sleep(ahead)
        producer.send(sent.record)
        truth.add(sent)
    producer.flush()
    return truth.as_json()

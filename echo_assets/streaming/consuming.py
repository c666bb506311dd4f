"""A consumer of this installation, and what goes on beside it: for the command, and for a run that drains a topic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from echo_assets.sources import Sources
from echo_assets.streaming.dirty_days import mark_days_of_events
from echo_assets.streaming.exposures import exposure_publishing

if TYPE_CHECKING:
    from echo_streaming.brokers.cluster import Cluster
    from echo_streaming.consumer.loop import StreamConsumer


def consumer_of(
    sources: Sources, cluster: Cluster, in_group: bool = False, partitions: frozenset[int] | None = None
) -> StreamConsumer:
    """A consumer of the installation's topic that has not begun; its flushes mark days for the planner."""
    from echo_streaming.consumer.loop import StreamConsumer
    from echo_streaming.consumer.sink import Sink

    settings = sources.settings
    sink = Sink(settings.stream.terms(settings.timezone), mark_days_of_events)
    return StreamConsumer(cluster, sources.url(), sink, in_group, partitions, settings.stream.partitions)


@contextmanager
def beside(sources: Sources, cluster: Cluster, consumer: StreamConsumer) -> Iterator[None]:
    """Tell of exposures and dead letters meanwhile, and answer Prometheus on the port that is set, if any."""
    from echo_streaming.consumer.aftercare import Aftercare
    from echo_streaming.consumer.dead_letters import announce
    from echo_streaming.consumer.exposures import publish_exposures
    from echo_streaming.producer.announcing import announcing

    terms, port = consumer.sink.terms, sources.settings.stream.metrics_port
    with exposure_publishing(sources) as publish:
        send = announcing(cluster, f"{terms.topic}.dead_letters")
        tasks = {
            "exposures": partial(publish_exposures, publish=publish),
            "dead letters": partial(announce, topic=terms.topic, send=send),
        }
        aftercare = Aftercare(sources.url(), terms, tasks, consumer.metrics)
        figures = consumer.metrics.serve(port) if port else None
        aftercare.start()
        try:
            yield
        finally:
            aftercare.stop()
            if figures is not None:
                figures.shutdown()

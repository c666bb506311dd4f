"""Reading a topic to its end within a run, for whoever lets no consumer run."""

from __future__ import annotations

from dataclasses import dataclass, field

from echo_assets.sources import Sources
from echo_assets.streaming.brokers import cluster_of, embedded_broker
from echo_assets.streaming.progress import Progress, progress_of


@dataclass(frozen=True)
class Drained:
    """What became of it, in words and in records."""

    said: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def wrote_something(self) -> bool:
        """Whether there were records, of whatever kind."""
        return any(self.counts.values())


def there_is_a_broker(sources: Sources) -> bool:
    """Whether there is anything to read from: the user's broker, or the embedded one if it is running."""
    settings = sources.settings
    return bool(settings.kafka_bootstrap) or embedded_broker(settings).running() is not None


def is_left_to_a_consumer(sources: Sources) -> bool:
    """Whether a consumer is running, which reads what there is by itself."""
    return bool(_progress(sources).consumers)


def drained(sources: Sources) -> Drained:
    """Read to where each partition ends now.

    BrokerError if the broker cannot be used; Fenced if a consumer begins meanwhile and takes the partitions.
    """
    from echo_assets.streaming.consuming import beside, consumer_of

    if not there_is_a_broker(sources):
        return Drained("There is no broker: ECHO_KAFKA_BOOTSTRAP is not set, and the embedded one is not running.")
    if running := _progress(sources).consumers:
        return Drained(f"Left to {', '.join(running)}, which is running and reads what there is.")
    cluster = cluster_of(sources.settings)
    consumer = consumer_of(sources, cluster)
    with beside(sources, cluster, consumer):
        written = consumer.run(until_end=True)
    return Drained(f"{written.events} events, {written.dead_letters} dead letters.", dict(vars(written)))


def _progress(sources: Sources) -> Progress:
    with sources.connection(read_only=True) as connection:
        return progress_of(connection, sources.settings.stream)

"""Figures of a running consumer for Prometheus. They are counted by batch, and begin anew with every start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from echo_streaming.consumer.sink import Written

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One set of figures, in a registry of its own."""

    def __init__(self) -> None:
        """Nothing is served yet."""
        registry = self.registry = CollectorRegistry()
        self.events = Counter("echo_stream_events", "Events written.", registry=registry)
        self.duplicates = Counter("echo_stream_duplicates", "Records whose event was there.", registry=registry)
        self.late = Counter("echo_stream_late_events", "Events written that were late.", registry=registry)
        self.dead = Counter("echo_stream_dead_letters", "Records that were no event.", registry=registry)
        self.retries = Counter(
            "echo_stream_database_retries", "Attempts at the database that failed.", ["meaning"], registry=registry
        )
        self.flushes = Histogram(
            "echo_stream_flush_seconds", "Time to write a batch.", registry=registry, buckets=_SECONDS
        )
        self.lag = Gauge("echo_stream_lag", "Records that are not written yet.", ["partition"], registry=registry)
        self.published = Counter("echo_stream_published_users", "Users whose exposures were told.", registry=registry)
        self.announced = Counter("echo_stream_announced", "Dead letters that their topic was told.", registry=registry)
        self.failures = Counter(
            "echo_stream_side_failures", "Attempts to tell somebody that failed.", ["task"], registry=registry
        )
        self.last_flush = Gauge(
            "echo_stream_last_flush_timestamp_seconds", "When a batch was written.", registry=registry
        )

    def wrote(self, written: Written, seconds: float) -> None:
        """Count a batch."""
        self.events.inc(written.events)
        self.duplicates.inc(written.duplicates)
        self.late.inc(written.late)
        self.dead.inc(written.dead_letters)
        self.flushes.observe(seconds)
        self.last_flush.set_to_current_time()

    def retried(self, meaning: str) -> None:
        """Count an attempt that failed."""
        self.retries.labels(meaning).inc()

    def lags(self, written: Mapping[int, int], ends: Mapping[int, int]) -> None:
        """Set how far each partition is behind."""
        for partition, end in ends.items():
            self.lag.labels(str(partition)).set(max(0, end - written.get(partition, 0)))

    def serve(self, port: int, address: str = "127.0.0.1") -> Any:
        """Answer GET /metrics on that port, 0 for any; the server, which has `server_port` and `shutdown`."""
        return start_http_server(port, addr=address, registry=self.registry)[0]

"""Figures for Prometheus: requests, how long they take, predictions, the model that answers."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_HOURS = (1.0, 6.0, 12.0, 24.0, 36.0, 48.0, 72.0, 168.0, 720.0)


class Monitoring:
    """The figures of one app. No label holds anything that a caller wrote."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "echo_requests",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "echo_request_seconds", "Time to the last byte.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self._predictions = Counter(
            "echo_predictions", "Predictions by version of the model.", ("model", "version"), registry=self.registry
        )
        self._ages = Histogram(
            "echo_feature_age_hours", "Age of the features that were read.", ("view",), buckets=_HOURS,
            registry=self.registry,
        )  # fmt: skip
        self._verdicts = Counter(
            "echo_verdicts", "Answers by what the checks behind them say.", ("status",), registry=self.registry
        )
        self._ready = Gauge("echo_ready", "1 if the service can answer.", registry=self.registry)
        self._failures = Gauge(
            "echo_model_failures", "Looks at the champion in a row that failed.", registry=self.registry
        )

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """One request is done."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def predicted(self, model: str, version: str, count: int) -> None:
        """So many predictions were made."""
        self._predictions.labels(model, version).inc(count)

    def feature_age(self, view: str, hours: float) -> None:
        """Features of this age were read."""
        self._ages.labels(view).observe(hours)

    def verdict(self, status: str) -> None:
        """An answer carries this verdict."""
        self._verdicts.labels(status).inc()

    def watch(self, ready: Callable[[], bool], failures: Callable[[], int]) -> None:
        """Ask for these whenever the figures are asked for."""
        self._ready.set_function(lambda: float(ready()))
        self._failures.set_function(lambda: float(failures()))

    def page(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self.registry)

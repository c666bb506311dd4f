"""What is told to others after a batch was written: exposures, dead letters. Beside the consumer, never in its way.

A thread with a connection of its own does one task after the other, again and again; a task that fails is tried later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from echo_streaming.consumer.database import connect
from echo_streaming.consumer.metrics import Metrics
from echo_streaming.consumer.terms import Terms

_LOG = logging.getLogger(__name__)
_PAUSE = 0.25
_LONGEST_PAUSE = 10.0

Task = Callable[[Connection[Any]], int]
"""Does a part of what is to be done, and says how much it did; 0 when there is nothing left."""


@dataclass
class Aftercare:
    """The thread."""

    url: str
    terms: Terms
    tasks: Mapping[str, Task]
    metrics: Metrics
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _pause: float = _PAUSE

    def start(self) -> None:
        """Begin, if there is anything to do at all."""
        if self.tasks:
            self._thread = threading.Thread(target=self._run, name="aftercare", daemon=True)
            self._thread.start()

    def stop(self, patience: float = 1.0) -> None:
        """End after the task at hand; one that takes longer than the patience ends with the process."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                with connect(self.url, self.terms, "echo-stream-aftercare") as connection:
                    self._work(connection)
            except Exception as error:  # noqa: BLE001 - whatever a receiver raises must not end the consumer
                _LOG.warning("telling others failed", extra={"fields": {"error": f"{type(error).__name__}: {error}"}})
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _work(self, connection: Connection[Any]) -> None:
        """Do the tasks until it is time to stop, without a pause as long as there is something to do."""
        pause = 0.0
        while not self._stopping.wait(pause):
            did = [self._done(name, task, connection) for name, task in self.tasks.items()]
            self._pause = _PAUSE
            pause = 0.0 if any(did) else _PAUSE

    def _done(self, name: str, task: Task, connection: Connection[Any]) -> int:
        try:
            return task(connection)
        except Exception:
            self.metrics.failures.labels(name).inc()
            raise

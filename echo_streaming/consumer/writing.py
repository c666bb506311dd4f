"""The thread that writes, beside the one that reads: one batch at a time, while the next one fills up."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from psycopg import Connection

from echo_streaming.consumer.batches import Batch
from echo_streaming.consumer.flushing import Flusher
from echo_streaming.consumer.metrics import Metrics
from echo_streaming.consumer.sink import Written

Done = TypeVar("Done")
_TURN_SECONDS = 0.001


@contextmanager
def short_turns() -> Iterator[None]:
    """Let Python's threads take turns more often: the one that writes waits for the other after each answer."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@dataclass
class Writer:
    """Gives work to the thread. What goes wrong there is raised by the next call here."""

    flusher: Flusher
    metrics: Metrics
    total: Written = field(default_factory=Written)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "writer"))
    _batch: Future[Written] | None = None
    _side: Future[Any] | None = None

    def submit(self, batch: Batch) -> None:
        """Begin to write a batch; the one before must be done."""
        self.finish()
        self._batch = self._pool.submit(self._write, batch)

    def is_busy(self) -> bool:
        """Whether a batch is being written."""
        self._collect()
        return self._batch is not None

    def wait(self, seconds: float) -> bool:
        """Give a batch that is being written so much time; whether it is done."""
        if self._batch is not None:
            wait([self._batch], seconds)
        return not self.is_busy()

    def finish(self) -> None:
        """Wait until the batch is written, however long it takes."""
        if self._batch is not None:
            wait([self._batch])
            self._collect()

    def call(self, work: Callable[[Connection[Any]], Done]) -> Done:
        """Do something else with the database, after what was begun, and return what comes of it."""
        self.finish()
        return self._pool.submit(self.flusher.attempt, work).result()

    def aside(self, work: Callable[[Connection[Any]], None]) -> None:
        """Do something in between, without waiting for it; left out while the one before is not done."""
        if self._side is None or self._side.done():
            if self._side is not None:
                self._side.result()
            self._side = self._pool.submit(self.flusher.attempt, work)

    def close(self) -> None:
        """Give the thread and its connection up; what was begun is done first, or given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.flusher.close()

    def _write(self, batch: Batch) -> Written:
        began = time.monotonic()
        written = self.flusher.write(batch)
        self.metrics.wrote(written, time.monotonic() - began)
        return written

    def _collect(self) -> None:
        if self._batch is not None and self._batch.done():
            done, self._batch = self._batch, None
            self.total += done.result()

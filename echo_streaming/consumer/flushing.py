"""Getting a batch written, whatever the database says: again, later, or without the event that it cannot hold.

Only the database side is here; it may run beside the thread that reads from Kafka.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from psycopg import Connection

from echo_streaming.consumer.batches import Batch
from echo_streaming.consumer.database import Meaning, connect, end_frozen, meaning
from echo_streaming.consumer.offsets import Claims
from echo_streaming.consumer.sink import Sink, Written
from echo_streaming.events.reading import Read, Reason, Refused

Done = TypeVar("Done")
_LOG = logging.getLogger(__name__)
_FIRST_PAUSE = 0.1


class GivenUp(RuntimeError):
    """The consumer was told to stop while the database was away; what was read and not written is read again."""


@dataclass
class Flusher:
    """Writes batches over a connection that it makes anew when it is lost."""

    url: str
    sink: Sink
    claims: Claims
    stopping: threading.Event
    on_retry: Callable[[str], object] = str
    """Told of every attempt that failed: `away` or `again`."""
    connection: Connection[Any] | None = field(default=None, repr=False)

    def write(self, batch: Batch) -> Written:
        """Write all of a batch; Fenced if a partition is lost, GivenUp if we must stop and nothing gets through."""
        return self.attempt(lambda connection: self._write_parts(connection, batch))

    def attempt(self, work: Callable[[Connection[Any]], Done]) -> Done:
        """Do something with the database, and once more for as long as it is the database's fault that it fails."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return work(self._connected())
            except psycopg.Error as error:
                found = meaning(error, self.connection) if self.connection else Meaning.AWAY
                if found not in {Meaning.AWAY, Meaning.AGAIN}:
                    raise
                self._note(found, error)
            if self.stopping.wait(pause) and pause > _FIRST_PAUSE:
                raise GivenUp
            pause = min(pause * 2, self.sink.terms.longest_pause)

    def close(self) -> None:
        """Give the connection up."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _connected(self) -> Connection[Any]:
        """The connection; after a lost one, a commit may have gone through unseen, so the offsets are read again."""
        if self.connection is None:
            self.connection = connect(self.url, self.sink.terms)
            self.claims.read_again(self.connection)
        return self.connection

    def _note(self, found: Meaning, error: psycopg.Error) -> None:
        self.on_retry(found.name.lower())
        text = str(error).strip().partition("\n")[0]
        if found is Meaning.AWAY:
            self.close()
            _LOG.warning("database away", extra={"fields": {"error": text}})
        else:
            _LOG.info("once more", extra={"fields": {"error": text}})
            self._free(error)

    def _free(self, error: psycopg.Error) -> None:
        """Whoever holds what we wait for too long may be frozen."""
        if isinstance(error, psycopg.errors.LockNotAvailable) and self.connection is not None:
            try:
                ended = end_frozen(self.connection, self.sink.terms)
                _LOG.warning("waited for a lock", extra={"fields": {"frozen_consumers_ended": ended}})
            except psycopg.Error:  # the next attempt meets it again
                self.close()

    def _write_parts(self, connection: Connection[Any], batch: Batch) -> Written:
        """Write what is not written yet; halve a batch that the database refuses until the event stands alone."""
        batch = batch.after({partition: claim.next_offset for partition, claim in self.claims.held.items()})
        if not batch.records:
            return Written()
        try:
            return self.sink.write(connection, self.claims, batch)
        except psycopg.Error as error:
            if meaning(error, connection) is not Meaning.POISON:
                raise
            if len(batch) == 1:
                return self.sink.write(connection, self.claims, _dead(batch, error))
        first, second = batch.halves()
        return self._write_parts(connection, first) + self._write_parts(connection, second)


def _dead(batch: Batch, error: psycopg.Error) -> Batch:
    """The one event as a dead letter; one that is a dead letter already cannot be written at all."""
    if not isinstance(batch.holds[0], Read):
        raise error
    said = re.sub(r'"[^"]*"', '"..."', error.diag.message_primary or type(error).__name__)  # no value of the record
    _LOG.warning("an event that the database cannot hold", extra={"fields": {"error": said}})
    return batch.refused(Refused(Reason.DATABASE, said))

"""The consumer as a whole: reads, collects, writes when it is time, and looks after itself.

This thread talks to Kafka, `Writer`'s to the database. Where the two disagree the database is right: a partition goes
on where its offset is there, whatever was read since.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Message
from psycopg import Connection

from echo_streaming.brokers.cluster import Cluster
from echo_streaming.brokers.topics import LogIdentity, Topics
from echo_streaming.consumer import state
from echo_streaming.consumer.batches import Batch
from echo_streaming.consumer.flushing import Flusher, GivenUp
from echo_streaming.consumer.log_watch import LogWatch
from echo_streaming.consumer.metrics import Metrics
from echo_streaming.consumer.offsets import Claims
from echo_streaming.consumer.reading import Reader, Rebalanced, Signals
from echo_streaming.consumer.sink import Sink, Written
from echo_streaming.consumer.writing import Writer, short_turns

_LOG = logging.getLogger(__name__)
_READ_SECONDS = 0.05
_READ_AT_ONCE = 1000
_HELD_SECONDS = 1.0
_TOLD_EVERY = 10.0
_NEVER = 1 << 62


@dataclass
class StreamConsumer:
    """Consumes one topic until it is told to stop."""

    cluster: Cluster
    url: str
    sink: Sink
    in_group: bool = False
    partitions: frozenset[int] | None = None
    """In static mode: which ones; None means all."""
    new_partitions: int = 4
    """How many a topic gets that is not there yet."""
    metrics: Metrics = field(default_factory=Metrics)
    stopping: threading.Event = field(default_factory=threading.Event)
    _batch: Batch = field(default_factory=Batch)
    _began: float = 0.0
    _next: dict[int, int] = field(default_factory=dict)
    """By partition, the offset after the last record that was read and kept."""
    _goals: dict[int, int] = field(default_factory=dict)
    _beaten: float = 0.0
    _told: float = 0.0
    _is_over: bool = False
    """The group takes our partitions once more when we leave it: then all has been said."""

    def run(self, until_end: bool = False) -> Written:
        """Consume. `until_end`: only what is there now, up to the end of each partition as it is first seen.

        Fenced if another consumer takes our partitions; BrokerError if the broker cannot be used at the start.
        """
        self._prepare()
        try:
            with short_turns():
                self._begin()
                while not self.stopping.is_set() and not (until_end and self._is_at_end()):
                    self._step()
                self._end()
        finally:
            self._is_over = True
            self.stopping.set()
            self._reader.close()
            self._writer.close()
        return self._writer.total

    def _prepare(self) -> None:
        terms = self.sink.terms
        self._identity = state.Identity("group" if self.in_group else "static")
        self._claims = Claims(terms.group, terms.topic, self._identity.consumer_id)
        topics = Topics(self.cluster)
        self._watch = LogWatch(topics, terms.topic, topics.ensure(terms.topic, self.new_partitions))
        flusher = Flusher(self.url, self.sink, self._claims, self.stopping, self.metrics.retried)
        self._writer = Writer(flusher, self.metrics)
        self._reader = Reader(self.cluster, terms)

    def _begin(self) -> None:
        if self.in_group:
            self._reader.subscribe(Rebalanced(self._claim, self._give_back, self._lose))
        else:
            self._reader.assign(self._claim(self._wanted(self._watch.log)))
        _LOG.info("consuming", extra={"fields": {"topic": self.sink.terms.topic, "log": self._watch.log.log_id}})

    def _step(self) -> None:
        room = max(1, min(_READ_AT_ONCE, 2 * self.sink.terms.flush_events - len(self._batch)))
        records, signals = self._reader.read(room, _READ_SECONDS)
        self._watch.saw(bool(records or signals.ended), signals.was_disconnected)
        if not self._watch.is_in_doubt:
            self._keep(records, signals)
            for partition in signals.out_of_range:
                self._begin_anew(partition)
        self._look_at_log()
        self._write_if_due()
        self._beat_if_due()

    def _keep(self, records: list[Message], signals: Signals) -> None:
        """Put records into the batch, but for those that we have, or that are not ours."""
        wanted, places = [], []
        for each in records:
            partition, offset = each.partition() or 0, each.offset() or 0
            if offset >= self._next.get(partition, _NEVER):
                self._next[partition] = offset + 1
                wanted.append(each)
                places.append((partition, offset))
        if wanted and not self._batch:
            self._began = time.monotonic()
        self._batch.add(wanted, places, datetime.now(UTC))
        for partition, end in signals.ended.items():
            if partition in self._next:
                self._next[partition] = max(self._next[partition], end)
                self._goals.setdefault(partition, end)

    def _write_if_due(self) -> None:
        terms, size = self.sink.terms, len(self._batch)
        is_due = size >= terms.flush_events or (size > 0 and time.monotonic() - self._began >= terms.flush_age)
        if is_due and not self._writer.is_busy():
            self._submit()
        elif size >= 2 * terms.flush_events:
            self._hold()

    def _submit(self) -> None:
        batch, self._batch = self._batch, Batch()
        self._writer.submit(batch)

    def _hold(self) -> None:
        """Wait for the database with a full batch in hand; fetching stops, the group goes on hearing from us."""
        while not self._writer.wait(_HELD_SECONDS) and not self.stopping.is_set():
            self._reader.pause(True)
            records, signals = self._reader.read(1, 0.0)
            self._keep(records, signals)
        self._reader.pause(False)

    def _write_all(self) -> None:
        self._writer.finish()
        if self._batch:
            self._submit()
            self._writer.finish()

    def _claim(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """Make partitions ours; what was read of them before is read again from where the database is."""
        claimed = list(partitions)
        self._batch = self._batch.without(claimed)
        log_id = self._watch.log.log_id
        offsets = self._writer.call(lambda connection: self._claims.claim(connection, claimed, log_id))
        self._next.update(offsets)
        _LOG.info("claimed", extra={"fields": {"offsets": offsets}})
        return offsets

    def _give_back(self, partitions: list[int]) -> None:
        """The group takes partitions in good order: what was read of them is written first."""
        if not self._is_over:
            self._write_all()
            self._leave(partitions)

    def _lose(self, partitions: list[int]) -> None:
        """The group has taken partitions: what was read of them is another one's to write."""
        if not self._is_over:
            self._writer.finish()
            self._batch = self._batch.without(partitions)
            self._leave(partitions)

    def _leave(self, partitions: list[int]) -> None:
        terms, identity = self.sink.terms, self._identity
        self._writer.call(lambda connection: state.stopped(connection, terms, identity, partitions))
        self._claims.forget(partitions)
        for partition in partitions:
            self._next.pop(partition, None)
        _LOG.info("given back", extra={"fields": {"partitions": partitions}})

    def _look_at_log(self) -> None:
        """Notice a log that is another one; go back for what was read while it was in doubt."""
        was_in_doubt = self._watch.is_in_doubt
        found = self._watch.look(self.new_partitions)
        if found is not None:
            self._other_log(found)
        elif was_in_doubt and not self._watch.is_in_doubt:
            self._reader.go_to(self._next)

    def _other_log(self, found: LogIdentity) -> None:
        """Start over: what was read of the old log is written, its offsets are worth nothing in the new one."""
        _LOG.warning("another log", extra={"fields": {"was": self._watch.log.log_id, "is": found.log_id}})
        self._write_all()
        self._watch.log = found
        self._goals.clear()
        if self.in_group:
            self._claim(list(self._next))
            self._reader.go_to(self._next)
        else:
            self._next.clear()
            self._reader.assign(self._claim(self._wanted(found)))

    def _begin_anew(self, partition: int) -> None:
        """The log has not the offset that we want: it was cut, or what we want was deleted before we came."""
        self._write_all()
        low, high = self._reader.bounds(partition)
        wanted = self._next.get(partition, 0)
        skipped = max(0, low - wanted)
        told = {"partition": partition, "wanted": wanted, "first": low, "end": high, "skipped": skipped}
        _LOG.error("the log does not have our offset", extra={"fields": told})
        self._writer.call(lambda connection: self._claims.begin_anew(connection, partition, low, skipped))
        self._next[partition] = low
        self._reader.go_to(self._next)

    def _beat_if_due(self) -> None:
        now = time.monotonic()
        if now - self._beaten < self.sink.terms.heartbeat or not self._next:
            return
        self._beaten = now
        self._writer.aside(self._pulse())
        if now - self._told >= _TOLD_EVERY:
            self._told = now
            _LOG.info("written", extra={"fields": vars(self._writer.total)})

    def _pulse(self) -> Callable[[Connection[Any]], None]:
        """What writes how far each partition is written now."""
        terms, identity, ends = self.sink.terms, self._identity, self._reader.ends(self._next)
        waiting = set(self._next) if self._writer.is_busy() else set(self._batch.upto)
        held = {partition: claim.next_offset for partition, claim in self._claims.held.items()}
        written = {each: held[each] if each in waiting else upto for each, upto in self._next.items() if each in held}
        seen = self._watch.broker_seen_at
        self.metrics.lags(written, ends)
        return lambda connection: state.beat(connection, terms, identity, written, ends, seen)

    def _is_at_end(self) -> bool:
        for partition, end in self._reader.ends(self._next).items():
            self._goals.setdefault(partition, end)
        return bool(self._next) and all(
            partition in self._goals and upto >= self._goals[partition] for partition, upto in self._next.items()
        )

    def _end(self) -> None:
        """Write what was read, and say goodbye; while the database is away there is nobody to say it to."""
        try:
            self._write_all()
            terms, identity, partitions = self.sink.terms, self._identity, list(self._next)
            self._writer.call(self._pulse())
            self._writer.call(lambda connection: state.stopped(connection, terms, identity, partitions))
        except GivenUp:
            _LOG.warning("stopped without the database", extra={"fields": {"unwritten": len(self._batch)}})
        _LOG.info("stopped", extra={"fields": vars(self._writer.total)})

    def _wanted(self, log: LogIdentity) -> list[int]:
        everything = range(log.partitions)
        return [each for each in everything if self.partitions is None or each in self.partitions]

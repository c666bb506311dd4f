"""Killing consumers, brokers and the database while events flow, and counting afterwards; no tests.

A stream is sent at a steady rate by a thread; consumers are processes (`crash_consumer.py`). Every kill comes at a
random moment after its consumer was seen to make progress. At the end all that was sent must be in the tables, once.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from crash_consumer import FENCED
from running_brokers import Running
from stream_database import Stream, aggregates, recounted

from echo_assets.settings import PROJECT
from echo_streaming.brokers.topics import Topics
from echo_streaming.producer.sending import EventProducer
from echo_streaming.producer.synthetic import Knobs, Population, synthetic
from echo_streaming.producer.truth import Truth

PARTITIONS = 3
_PATIENCE = 120.0
_OFFSETS = "select coalesce(sum(next_offset), 0) from streaming.offsets where consumer_group = 'crash'"


@dataclass
class Load:
    """A stream that is sent at its rate until it is stopped; it can be held for a while."""

    broker: Running
    topic: str
    rate: float
    seed: int
    truth: Truth = field(default_factory=Truth)

    def __post_init__(self) -> None:
        self._stopping, self._held, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def hold(self) -> None:
        """Send nothing for now; what was sent has arrived when this returns."""
        self._idle.clear()
        self._held.set()
        assert self._idle.wait(_PATIENCE), "the producer did not come to rest"

    def go_on(self) -> None:
        self._held.clear()

    def stop(self) -> Truth:
        """Send nothing any more, and return what must have come of it."""
        self._stopping.set()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive(), "the producer did not end"
        return self.truth

    def _run(self) -> None:
        producer = EventProducer(self.broker.cluster, self.topic, timeout=10.0)
        knobs = Knobs(self.rate, late=0.01, duplicate=0.02, malformed=0.01, out_of_order=0.02, seed=self.seed)
        began, held = time.monotonic(), 0.0
        for number, sent in enumerate(synthetic(knobs, Population(), datetime.now(UTC), 10**9)):
            while self._held.is_set():
                producer.flush(_PATIENCE)
                self._idle.set()
                held += 0.05
                time.sleep(0.05)
            time.sleep(max(0.0, number / self.rate + held - (time.monotonic() - began)))
            producer.send(sent.record)
            self.truth.add(sent)
            if self._stopping.is_set():
                break
        producer.flush(_PATIENCE)


@dataclass
class Crash:
    """One run: a topic of its own, a load, and what is done to whoever consumes it."""

    broker: Running
    stream: Stream
    topic: str
    rate: float = 1500.0
    seed: int = 1
    restart_database: Callable[[], None] | None = None
    logs: Path | None = None
    kills: int = 0
    without_progress: int = 0
    fenced: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _connection: psycopg.Connection[Any] | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        Topics(self.broker.cluster).ensure(self.topic, PARTITIONS)
        self.load = Load(self.broker, self.topic, self.rate, self.seed)

    def start(self, mode: str = "static") -> subprocess.Popen[bytes]:
        """Start a consumer."""
        arguments = [sys.executable, Path(__file__).with_name("crash_consumer.py"), self.stream.url,
                     self.broker.cluster.bootstrap, self.topic, mode]  # fmt: skip
        output = (self.logs / f"{len(self.processes)}.log").open("wb") if self.logs else subprocess.DEVNULL
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=output, env=environment)
        self.processes.append(process)
        return process

    def kill(self, times: int, mode: str = "static") -> None:
        """Kill a consumer so often, each time after it made progress."""
        for _ in range(times):
            before, process = self.offset(), self.start(mode)
            self.await_progress(before, process)
            time.sleep(self.chance.uniform(0, 0.5))
            process.kill()
            process.wait()
            self.kills += 1
            self.without_progress += self.offset() == before

    def freeze_and_revive(self) -> None:
        """A consumer is frozen, another one takes over, the first one wakes up: it must write nothing, and end."""
        before, zombie = self.offset(), self.start()
        self.await_progress(before, zombie)
        zombie.send_signal(signal.SIGSTOP)
        before, heir = self.offset(), self.start()
        self.await_progress(before, heir)
        zombie.send_signal(signal.SIGCONT)
        assert zombie.wait(_PATIENCE) == FENCED, "the zombie did not notice that its partitions are gone"
        self.fenced += 1
        self.end(heir)

    def rebalance(self, kills: int) -> None:
        """Two consumers of a group, of which one is killed again and again; a third one joins and leaves in between."""
        pair = [self.start("group"), self.start("group")]
        for number in range(kills):
            before = self.offset()
            self.await_progress(before, *pair)
            victim = self.chance.randrange(2)
            pair[victim].kill()
            pair[victim].wait()
            self.kills += 1
            pair[victim] = self.start("group")
            if number % 3 == 0:
                third = self.start("group")
                until(lambda third=third: self.owns_something(third), "the third one was given nothing")
                self.end(third, 0, FENCED)
        for process in pair:
            until(lambda process=process: self.owns_something(process), "a consumer was given nothing")
        for process in pair:
            self.end(process, 0, FENCED)

    def restart_broker(self) -> None:
        """The broker goes and comes back under a running consumer; one that forgets is given nothing to forget."""
        process = self.start()
        self.await_progress(self.offset(), process)
        if not self.broker.keeps_its_log:
            self.load.hold()
            self.await_all(process)
        self.broker.restart()
        Topics(self.broker.cluster).ensure(self.topic, PARTITIONS)
        self.load.go_on()
        before = self.count()
        until(lambda: self.count() > before, "nothing came after the broker's restart")
        self.end(process)

    def restart_database_under_load(self) -> None:
        """The database crashes and comes back under a running consumer."""
        assert self.restart_database
        process = self.start()
        self.await_progress(self.offset(), process)
        self.restart_database()
        self.await_progress(self.offset(), process)
        self.end(process)

    def finish(self) -> dict[str, Any]:
        """Stop the load, let a last consumer read to the end, and count."""
        process = self.start()
        truth = self.load.stop()
        self.await_all(process)
        self.end(process)
        self.stream = type(self.stream)(self.stream.url, self.stream.terms, keep=True)
        expected, found = truth.as_json(), self.events()
        [(revenue, orders)] = self.stream.rows(
            "select sum(revenue)::text, sum(orders)::int from streaming.revenue_by_minute"
        )
        return {
            "kills": self.kills, "without progress": self.without_progress, "fenced": self.fenced,
            "records": truth.records, "events": expected["events"],
            "lost": len(truth.seen - found), "extra": len(found - truth.seen),
            "doubled": self.stream.count("user_events") - len(found),
            "dead letters amiss": self.stream.count("dead_letters") - truth.malformed,
            "revenue is exact": (revenue, orders) == (expected["revenue"], expected["orders"]),
            "aggregates are exact": aggregates(self.stream) == recounted(self.stream),
        }  # fmt: skip

    def await_progress(self, before: int, *processes: subprocess.Popen[bytes]) -> None:
        """Wait until offsets have moved; a consumer that ends meanwhile has failed, unless it was fenced."""

        def moved() -> bool:
            ended = [each.poll() for each in processes]
            assert all(code in {None, FENCED} for code in ended), f"a consumer ended with {ended}"
            return self.offset() > before

        until(moved, "no progress")

    def await_all(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until everything that was sent is there."""
        wanted = set(self.load.truth.seen)
        until(
            lambda: process.poll() is not None or (self.count() >= len(wanted) and wanted <= self.events()),
            f"not everything came: {self.count()} of {len(wanted)}",
        )
        assert process.poll() is None, f"the consumer ended with {process.poll()}"
        letters = self.load.truth.malformed
        until(lambda: self.ask("select count(*) from streaming.dead_letters")[0][0] >= letters, "no dead letters")

    def end(self, process: subprocess.Popen[bytes], *accepted: int) -> None:
        process.terminate()
        code = process.wait(_PATIENCE)
        assert code in (accepted or (0,)), f"a consumer ended with {code}: {self.said(process)}"

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """The end of its log."""
        log = self.logs and self.logs / f"{self.processes.index(process)}.log"
        return log.read_text(encoding="utf-8", errors="replace")[-3000:] if log else ""

    def close(self) -> None:
        """End whatever is left."""
        self.load.go_on()
        self.load._stopping.set()
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        if self._connection is not None:
            self._connection.close()

    def offset(self) -> int:
        return int(self.ask(_OFFSETS)[0][0])

    def owns_something(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it has a partition, or has lost it again by now."""
        owned = f"select from streaming.offsets where owner like '%:{process.pid}:%'"
        return process.poll() is not None or bool(self.ask(owned))

    def count(self) -> int:
        return int(self.ask("select count(*) from streaming.user_events")[0][0])

    def events(self) -> set[str]:
        return {event_id for (event_id,) in self.ask("select event_id from streaming.user_events")}

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds; asked again while the database is away."""
        answer: list[list[tuple[Any, ...]]] = []

        def answered() -> bool:
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(self.stream.url, autocommit=True)
                answer.append(self._connection.execute(query.encode()).fetchall())
            except psycopg.OperationalError:
                self._connection = None
            return bool(answer)

        until(answered, "the database is away")
        return answer[0]


def until(condition: Callable[[], bool], what: str, patience: float = _PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)

"""The stream's sink beside a raw COPY of the same rows, and how soon an event can be queried: ratios of one run.

python benchmarks/stream_sink.py sink      # one consumer, two that share the partitions (embedded broker), a plain COPY
python benchmarks/stream_sink.py latency   # from sending an event until a query finds it, at a steady rate
python benchmarks/stream_sink.py memory    # the consumer's resident memory after some, and after ten times as many
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psycopg
from measuring import bench_place
from psycopg.types.json import Jsonb

from echo_assets.cli import GARBAGE
from echo_assets.settings import PROJECT
from echo_streaming.brokers.cluster import Cluster
from echo_streaming.brokers.embedded import EmbeddedBroker
from echo_streaming.brokers.topics import Topics
from echo_streaming.consumer.loop import StreamConsumer
from echo_streaming.consumer.sink import Sink
from echo_streaming.consumer.terms import Terms
from echo_streaming.producer.sending import EventProducer
from echo_streaming.producer.synthetic import Knobs, Population, synthetic
from echo_streaming.tables import create_tables

TABLES = ("user_events", "transactions", "experiment_exposures")
"""The tables that have a row for an event or a thing; those by minute have next to none."""
BATCH = 5000
PARTITIONS = 4
REPEATS = 3
_WATCHED = 20
"""Every so many events one is looked for, so that looking costs little."""


@contextmanager
def stream_place() -> Iterator[tuple[str, Cluster]]:
    """A warehouse with the stream's tables, and an embedded broker."""
    with bench_place() as place:
        broker = EmbeddedBroker(place.folder / "broker")
        try:
            with psycopg.connect(place.url, autocommit=True) as connection:
                create_tables(connection)
            yield place.url, broker.up()
        finally:
            broker.down()


def send(cluster: Cluster, topic: str, count: int, seed: int = 7) -> None:
    """Send a clean stream up to now."""
    Topics(cluster).ensure(topic, 3)
    producer = EventProducer(cluster, topic)
    knobs = Knobs(seed=seed, malformed=0.01)
    for sent in synthetic(knobs, Population(), datetime.now(UTC) - timedelta(seconds=count / knobs.rate), count):
        producer.send(sent.record)
    producer.flush()


def sink(count: int) -> None:
    """Consume a topic from its start, and copy the rows that came of it: all of them, and the events alone."""
    with stream_place() as (url, cluster), psycopg.connect(url, autocommit=True) as connection:
        Topics(cluster).ensure("bench", PARTITIONS)
        send(cluster, "bench", count)
        for repeat, consumers in [(repeat, consumers) for repeat in range(REPEATS) for consumers in (1, 2)]:
            empty(connection)
            whole = consumed(url, cluster, f"g{repeat}_{consumers}", consumers)
            print(f"{consumers} consumer(s), {count / whole:,.0f} records/s")
            for name, as_text in (("as Python's values", False), ("as text", True)):
                parts = [copied(connection, table, as_text) for table in TABLES]
                print(
                    f"    {sum(parts) / whole:.2f} of a COPY, {name}, of all rows that are written;"
                    f" {parts[0] / whole:.2f} of one of the events alone"
                )


def consumed(url: str, cluster: Cluster, group: str, consumers: int) -> float:
    """Seconds in which consumers, each a process with its share of the partitions, get to the end of the topic."""
    spawn = get_context("spawn")
    ready, go = spawn.Semaphore(0), spawn.Event()
    shares = [frozenset(range(number, PARTITIONS, consumers)) for number in range(consumers)]
    processes = [spawn.Process(target=consume, args=(url, cluster, group, share, ready, go)) for share in shares]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return time.perf_counter() - began


def consume(url: str, cluster: Cluster, group: str, share: frozenset[int], ready: Any, go: Any) -> None:
    """Wait until all are ready, then consume."""
    gc.set_threshold(*GARBAGE)
    ready.release()
    go.wait()
    terms = Terms("bench", group, flush_events=BATCH)
    StreamConsumer(cluster, url, Sink(terms), partitions=share).run(until_end=True)


def empty(connection: psycopg.Connection[Any]) -> None:
    """Leave the tables as they are made."""
    names = ", ".join(f"streaming.{each}" for each in (*TABLES, "revenue_by_minute", "funnel_by_minute",
                                                        "exposure_outbox", "dead_letters"))  # fmt: skip
    connection.execute(f"truncate {names}".encode())
    connection.execute("checkpoint")


def copied(connection: psycopg.Connection[Any], table: str, as_text: bool) -> float:
    """Seconds to COPY a table's rows with psycopg into one like it, in transactions of the same size.

    As Python's values (moments, decimals, JSON as a dict) they are what one has after reading an event; as text, they
    are what goes over the wire, and nothing is left to be done.
    """
    cursor: psycopg.Cursor[Any] = connection.execute(f"select * from streaming.{table}".encode())
    if as_text:
        names = [column.name for column in cursor.description or []]
        listed = ", ".join(f'"{name}"::text' for name in names)
        cursor = connection.execute(f"select {listed} from streaming.{table}".encode())
    rows = [[Jsonb(value) if isinstance(value, dict) else value for value in row] for row in cursor]
    connection.execute(f"create table streaming.copied (like streaming.{table} including all)".encode())
    connection.execute("checkpoint")
    began = time.perf_counter()
    for first in range(0, len(rows), BATCH):
        with connection.cursor() as writing, writing.copy("copy streaming.copied from stdin") as copy:
            for row in rows[first : first + BATCH]:
                copy.write_row(row)
    seconds = time.perf_counter() - began
    connection.execute("drop table streaming.copied")
    return seconds


def latency(seconds: float, rate: float) -> None:
    """Send at a steady rate; each event says when it was handed over, a query finds out when it was there."""
    with stream_place() as (url, cluster):
        Topics(cluster).ensure("bench", 3)
        consumer = StreamConsumer(cluster, url, Sink(Terms("bench", "g")))
        thread = threading.Thread(target=consumer.run)
        thread.start()
        with psycopg.connect(url, autocommit=True) as connection:
            while not connection.execute("select from streaming.offsets").fetchall():
                time.sleep(0.05)
        handed: dict[str, float] = {}
        sender = threading.Thread(target=send_steadily, args=(cluster, seconds, rate, handed))
        sender.start()
        seen = watch(url, handed, sender)
        consumer.stopping.set()
        thread.join()
    found = [seen[event] - moment for event, moment in handed.items() if event in seen]
    cuts = quantiles(found, n=100)
    print(f"{len(found)} events: median {median(found) * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")


def send_steadily(cluster: Cluster, seconds: float, rate: float, handed: dict[str, float]) -> None:
    """Note when each event was handed to the client, which has connected before."""
    producer, knobs = EventProducer(cluster, "bench"), Knobs(rate, 0.01, 0, 0.01, 0)
    for sent in synthetic(Knobs(seed=1), Population(), datetime.now(UTC), 100):
        producer.send(sent.record)
    producer.flush()
    began = time.monotonic()
    for number, sent in enumerate(synthetic(knobs, Population(), datetime.now(UTC), int(seconds * rate))):
        time.sleep(max(0.0, number / rate - (time.monotonic() - began)))
        if sent.event is not None and number % _WATCHED == 0:
            handed[sent.event.id] = time.monotonic()
        producer.send(sent.record)
    producer.flush()


def watch(url: str, handed: dict[str, float], sender: threading.Thread) -> dict[str, float]:
    """When a query by its id found each event first, to some ten milliseconds."""
    seen: dict[str, float] = {}
    deadline = time.monotonic() + 600
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline and (sender.is_alive() or len(seen) < len(handed)):
            missing = [event for event in list(handed) if event not in seen]
            found = connection.execute(
                "select event_id from streaming.user_events where event_id = any (%s)", [missing]
            ).fetchall()
            seen.update(dict.fromkeys((event for (event,) in found), time.monotonic()))
            time.sleep(0.01)
    return seen


def memory(count: int) -> None:
    """A consumer process by itself; its memory after `count` records, and after ten times as many."""
    with stream_place() as (url, cluster), psycopg.connect(url, autocommit=True) as connection:
        Topics(cluster).ensure("bench", 3)
        arguments = [sys.executable, PROJECT / "tests" / "streaming" / "crash_consumer.py", url, cluster.bootstrap,
                     "bench", "static"]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
        process = subprocess.Popen(arguments, stderr=subprocess.DEVNULL, env=environment)
        figures = []
        for part in range(10):
            send(cluster, "bench", count, seed=part)
            wanted = (part + 1) * count
            while written(connection) < wanted:
                time.sleep(0.5)
            figures.append(resident_mb(process.pid))
            print(f"{wanted:,} records: {figures[-1]:.0f} MB", flush=True)
        process.terminate()
        process.wait()
    print(f"{figures[-1] / figures[0]:.2f} of the memory after a tenth of them")


def written(connection: psycopg.Connection[Any]) -> int:
    """How many records have been written."""
    return int(connection.execute("select coalesce(sum(next_offset), 0) from streaming.offsets").fetchall()[0][0])


def resident_mb(pid: int) -> float:
    """The resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description="Measure the event stream's sink.")
    parser.add_argument("what", choices=["sink", "latency", "memory"])
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2000.0)
    given = parser.parse_args()
    gc.set_threshold(*GARBAGE)  # as the command has it
    if given.what == "sink":
        sink(given.count or 200_000)
    elif given.what == "latency":
        latency((given.count or 60_000) / given.rate, given.rate)
    else:
        memory(given.count or 500_000)


if __name__ == "__main__":
    main()

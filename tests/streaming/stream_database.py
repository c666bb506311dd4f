"""A database with the tables of the stream, records to write into it, and what the tables say; no tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import psycopg

from echo_assets import server
from echo_streaming.consumer.batches import Batch
from echo_streaming.consumer.database import connect
from echo_streaming.consumer.offsets import Claims
from echo_streaming.consumer.sink import Sink
from echo_streaming.consumer.terms import Terms
from echo_streaming.tables import create_tables

TABLES = (
    "user_events", "transactions", "revenue_by_minute", "funnel_by_minute", "experiment_exposures", "exposure_outbox",
    "dead_letters", "offsets", "consumer_state",
)  # fmt: skip
NOW = datetime(2100, 1, 1, tzinfo=UTC)


@contextmanager
def database_with_stream(databases: server.Databases, name: str) -> Iterator[server.Databases]:
    """A database of that name with the tables; it goes away afterwards."""
    place = replace(databases, warehouse=name)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")
        admin.execute(f"create database {name} template template0")
    with psycopg.connect(place.url(), autocommit=True) as connection:
        create_tables(connection)
    try:
        yield place
    finally:
        with psycopg.connect(databases.url(), autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)")


@dataclass(frozen=True)
class Sent:
    """A record as a test makes it."""

    its_value: Any
    its_partition: int = 0
    its_offset: int = 0
    its_key: bytes | None = b"C1"
    its_headers: Any = None

    def partition(self) -> int:
        return self.its_partition

    def offset(self) -> int:
        return self.its_offset

    def key(self) -> bytes | None:
        return self.its_key

    def value(self) -> bytes | None:
        return json.dumps(self.its_value).encode() if isinstance(self.its_value, dict) else self.its_value

    def headers(self) -> Any:
        return self.its_headers


def batch_of(values: Iterable[Any], partition: int = 0, first: int = 0) -> Batch:
    """A batch of values at consecutive offsets; a dict is written as JSON."""
    batch = Batch()
    sent = [Sent(value, partition, first + number) for number, value in enumerate(values)]
    batch.add(sent, [(each.partition(), each.offset()) for each in sent], NOW)
    return batch


@dataclass
class Stream:
    """A database with empty tables, and a consumer's means to write into it."""

    url: str
    terms: Terms = field(default_factory=lambda: Terms(topic="events", group="test", longest_pause=0.2))
    days: list[tuple[str, str]] = field(default_factory=list)
    keep: bool = False
    """Look at what is there, instead of beginning with nothing."""

    def __post_init__(self) -> None:
        self.connection = connect(self.url, self.terms)
        if self.keep:
            return
        self.connection.execute(
            f"truncate {', '.join(f'streaming.{table}' for table in TABLES)} restart identity".encode()
        )
        self.sink = Sink(self.terms, self.note_days)
        self.claims = self.claim()

    def claim(self, owner: str = "us", partitions: Iterable[int] = (0, 1), log: str = "log") -> Claims:
        """Partitions that are ours from now on."""
        claims = Claims(self.terms.group, self.terms.topic, owner)
        claims.claim(self.connection, partitions, log)
        return claims

    def note_days(self, connection: psycopg.Connection[Any], days: Any) -> None:
        """What marks days in these tests."""
        self.days += [(kind, str(day)) for kind, found in sorted(days.items()) for day in found]

    def write(self, *values: Any, partition: int = 0) -> Any:
        """Write values after those that were written before."""
        first = self.claims.held[partition].next_offset
        return self.sink.write(self.connection, self.claims, batch_of(values, partition, first))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self.connection.execute(query.encode()).fetchall()

    def count(self, table: str) -> int:
        """The rows of a table."""
        return int(self.rows(f"select count(*) from streaming.{table}")[0][0])

    def close(self) -> None:
        self.connection.close()


def aggregates(stream: Stream) -> dict[str, Any]:
    """The tables that follow from events, without rows that say nothing."""
    return {
        "revenue": stream.rows(
            """select minute, currency, revenue, orders, transactions from streaming.revenue_by_minute
               where transactions <> 0 order by 1, 2"""
        ),
        "funnel": stream.rows(
            "select minute, event_type, channel, events from streaming.funnel_by_minute order by 1, 2, 3"
        ),
        "exposures": stream.rows(
            """select user_id, experiment_id, variant, exposures, first_at, last_at
               from streaming.experiment_exposures order by 1, 2, 3"""
        ),
        "transactions": stream.rows(
            """select transaction_id, first_at, event_id, amount, is_counted from streaming.transactions order by 1"""
        ),
    }


def recounted(stream: Stream) -> dict[str, Any]:
    """The same, counted anew from the events, in another way."""
    return {
        "revenue": stream.rows(
            f"""select date_trunc('minute', first_at), 'USD', coalesce(sum(amount) filter (where is_counted), 0),
                count(*) filter (where is_counted), count(*) from ({_LATEST}) as latest group by 1 order by 1"""
        ),
        "funnel": stream.rows(
            """select date_trunc('minute', event_at), event_type, coalesce(payload ->> 'channel',
               payload ->> 'acquisition_channel', '(none)') collate "default", count(*)
               from streaming.user_events group by 1, 2, 3 order by 1, 2, 3"""
        ),
        "exposures": stream.rows(
            """select payload ->> 'user_id', payload ->> 'experiment_id', payload ->> 'variant', count(*),
               min(event_at), max(event_at) from streaming.user_events where event_type = 'experiment_exposure'
               group by 1, 2, 3 order by 1, 2, 3"""
        ),
        "transactions": stream.rows(
            f"select transaction_id, first_at, event_id, amount, is_counted from ({_LATEST}) as latest order by 1"
        ),
    }


def first_count(values: Iterable[Any]) -> Counter[str]:
    """How often each event id is among values."""
    return Counter(value["id"] for value in values if isinstance(value, dict))


_LATEST = """
select distinct on (payload ->> 'transaction_id')
    payload ->> 'transaction_id' as transaction_id,
    min(event_at) over (partition by payload ->> 'transaction_id') as first_at,
    event_id, (payload ->> 'amount')::numeric(18, 2) as amount,
    payload ->> 'status' in ('paid', 'completed') as is_counted
from streaming.user_events where event_type = 'transaction'
order by payload ->> 'transaction_id', event_at desc, event_id desc
"""

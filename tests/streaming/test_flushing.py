"""What an error of the database means: again, later, or one dead letter; and never a record twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from event_samples import event
from stream_database import Stream, batch_of

from echo_streaming.consumer.flushing import Flusher, GivenUp
from echo_streaming.consumer.offsets import Fenced
from echo_streaming.consumer.sink import Sink, Written


@pytest.fixture
def flusher(stream: Stream) -> Iterator[Flusher]:
    """Writes into the test's database over a connection of its own, and notes each attempt that failed."""
    tried: list[str] = []
    found = Flusher(stream.url, stream.sink, stream.claims, threading.Event(), tried.append)
    found.tried = tried  # type: ignore[attr-defined]
    yield found
    found.close()


def poisoned(number: int) -> Any:
    """Valid by its schema; what the contract does not name, jsonb cannot hold."""
    value = event(id=f"p{number}", data={"unknown": "PLACE"})
    return str(value).replace("'", '"').replace('"PLACE"', "1e999999").encode()


def test_the_event_that_the_database_cannot_hold_is_found_and_the_others_are_written(
    stream: Stream, flusher: Flusher
) -> None:
    values = [event(id=f"e{number}") for number in range(20)]
    values[7], values[8], values[19] = poisoned(1), b"nope", poisoned(2)
    assert flusher.write(batch_of(values)) == Written(events=17, late=17, dead_letters=3)
    assert stream.rows('select "offset", reason from streaming.dead_letters order by 1') == [
        (7, "database"), (8, "not_json"), (19, "database"),
    ]  # fmt: skip
    assert stream.rows("select next_offset from streaming.offsets where partition = 0") == [(20,)]


def test_the_reason_quotes_no_value(stream: Stream, flusher: Flusher) -> None:
    class Quoting(Sink):
        def apply(self, connection: Any, events: Any) -> Written:
            if events:
                connection.execute("select 'ada@example.com'::int")
            return Written()

    flusher.sink = Quoting(stream.terms)
    flusher.write(batch_of([event()]))
    assert stream.rows("select error from streaming.dead_letters") == [
        ('invalid input syntax for type integer: "..."',)
    ]


def test_a_lost_connection_is_made_again(stream: Stream, flusher: Flusher) -> None:
    flusher.write(batch_of([event(id="e1")]))
    terminate(stream, flusher)
    assert flusher.write(batch_of([event(id="e2")], first=1)).events == 1
    assert flusher.tried == ["away"]  # type: ignore[attr-defined]


def test_a_commit_that_went_through_unseen_is_not_made_twice(stream: Stream, flusher: Flusher) -> None:
    class Unseen(Sink):
        def write(self, connection: Any, claims: Any, batch: Any) -> Written:
            written = super().write(connection, claims, batch)
            if claims.held[0].next_offset == 1:
                claims.held[0].next_offset = 0  # the answer never came
                terminate(stream, flusher)
                connection.execute("select 1")
            return written

    flusher.sink = Unseen(stream.terms)
    assert flusher.write(batch_of([event(id="e1"), b"nope"][:1])) == Written()
    assert (stream.count("user_events"), stream.claims.held[0].next_offset) == (1, 1)
    assert flusher.write(batch_of([event(id="e1"), b"nope"])) == Written(dead_letters=1), "only what is not written yet"


def test_a_partition_that_was_lost_meanwhile_is_noticed_when_the_connection_is_back(
    stream: Stream, flusher: Flusher
) -> None:
    flusher.write(batch_of([event(id="e1")]))
    stream.claim("the new one")
    terminate(stream, flusher)
    with pytest.raises(Fenced, match="the new one"):
        flusher.write(batch_of([event(id="e2")], first=1))


def test_an_id_that_another_consumer_writes_at_the_same_time_is_tried_again(stream: Stream, flusher: Flusher) -> None:
    class Racing(Sink):
        def _copy(self, connection: Any, contents: Any, now: Any) -> int:
            with psycopg.connect(stream.url) as other:
                other.execute(
                    """insert into streaming.user_events values
                       ('e1', 'signup', now(), 'C1', '{}', 'events', 1, 0, now(), false) on conflict do nothing"""
                )
            return super()._copy(connection, contents, now)

    flusher.sink = Racing(stream.terms)
    assert flusher.write(batch_of([event(id="e1"), event(id="e2")])) == Written(events=1, duplicates=1, late=1)
    assert flusher.tried == ["again"]  # type: ignore[attr-defined]


def test_whoever_is_told_to_stop_while_the_database_is_away_gives_up(stream: Stream, flusher: Flusher) -> None:
    flusher.url = "postgresql://nobody@127.0.0.1:1/nothing"
    flusher.stopping.set()
    with pytest.raises(GivenUp):
        flusher.write(batch_of([event()]))


def test_an_error_of_ours_is_not_tried_again(stream: Stream, flusher: Flusher) -> None:
    class Broken(Sink):
        def apply(self, connection: Any, events: Any) -> Written:
            connection.execute("select * from streaming.nothing")
            return Written()

    flusher.sink = Broken(stream.terms)
    with pytest.raises(psycopg.errors.UndefinedTable):
        flusher.write(batch_of([event()]))
    assert flusher.tried == []  # type: ignore[attr-defined]


def terminate(stream: Stream, flusher: Flusher) -> None:
    assert flusher.connection
    [(ended,)] = stream.connection.execute(
        "select pg_terminate_backend(%s, 5000)", [flusher.connection.info.backend_pid]
    ).fetchall()
    assert ended

"""Claims: a partition goes on where it was committed, moves once, and belongs to whoever claimed it last."""

from __future__ import annotations

import threading

import psycopg
import pytest
from event_samples import event
from stream_database import Stream, batch_of

from echo_streaming.consumer.database import connect
from echo_streaming.consumer.flushing import Flusher
from echo_streaming.consumer.offsets import Claims, Fenced
from echo_streaming.consumer.sink import Sink
from echo_streaming.consumer.terms import Terms


def test_a_claim_goes_on_where_the_last_commit_was(stream: Stream) -> None:
    stream.write(event(id="e1"), event(id="e2"))
    again = Claims("test", "events", "them")
    assert again.claim(stream.connection, [0, 1], "log") == {0: 2, 1: 0}
    assert stream.rows("select owner, generation, restarts from streaming.offsets where partition = 0") == [
        ("them", 2, 0)
    ]


def test_another_log_is_read_from_its_start(stream: Stream) -> None:
    stream.write(event(id="e1"))
    assert stream.claim(log="another").held[0].next_offset == 0
    assert stream.rows("select partition, log_id, next_offset, restarts from streaming.offsets order by 1") == [
        (0, "another", 0, 1), (1, "another", 0, 1),
    ]  # fmt: skip


def test_groups_and_topics_have_offsets_of_their_own(stream: Stream) -> None:
    stream.write(event(id="e1"))
    assert Claims("another", "events", "us").claim(stream.connection, [0], "log") == {0: 0}
    assert Claims("test", "others", "us").claim(stream.connection, [0], "log") == {0: 0}


def test_whoever_lost_a_partition_writes_nothing_and_is_told_who_has_it(stream: Stream) -> None:
    zombie = stream.claims
    stream.claims = stream.claim("the new one", [0])
    stream.write(event(id="e1"))
    with pytest.raises(Fenced, match="the new one has it in generation 2, at offset 1"):
        stream.sink.write(stream.connection, zombie, batch_of([event(id="e2"), b"nope"]))
    assert (stream.count("user_events"), stream.count("dead_letters")) == (1, 0)


def test_one_lost_partition_stops_the_whole_batch(stream: Stream) -> None:
    stream.claim("the new one", [1])
    batch = batch_of([event(id="e1")])
    other = batch_of([event(id="e2")], partition=1)
    batch.add(other.records, other.places, stream.rows("select now()")[0][0])
    with pytest.raises(Fenced, match="partition 1 is not ours any more"):
        stream.sink.write(stream.connection, stream.claims, batch)
    assert stream.count("user_events") == 0


def test_a_batch_that_does_not_follow_the_last_commit_is_refused(stream: Stream) -> None:
    stream.write(event(id="e1"))
    stream.claims.held[0].next_offset = 0
    with pytest.raises(Fenced):
        stream.sink.write(stream.connection, stream.claims, batch_of([event(id="e1")]))


def test_a_claim_waits_for_a_zombie_that_is_frozen_within_a_transaction_until_the_server_ends_it(
    stream: Stream,
) -> None:
    zombie = connect(stream.url, Terms(frozen_after=0.2))
    with pytest.raises(psycopg.Error, match="idle-in-transaction timeout"), zombie.transaction():
        stream.claims.advance(zombie, {0: 1})
        assert stream.claim("the new one", [0]).held[0].generation == 2, "the claim had to wait, and came through"
        zombie.execute("select 1")
    assert stream.rows("select next_offset from streaming.offsets where partition = 0") == [(0,)]


def test_a_log_that_is_shorter_than_our_offset_is_begun_anew_and_a_gap_is_counted(stream: Stream) -> None:
    stream.write(event(id="e1"))
    stream.claims.begin_anew(stream.connection, 0, 0)
    assert stream.write(event(id="e1")).duplicates == 1
    stream.claims.begin_anew(stream.connection, 0, 40, skipped=39)
    query = "select next_offset, restarts, skipped from streaming.offsets where partition = 0"
    assert stream.rows(query) == [(40, 1, 39)]
    lost = stream.claims
    stream.claim("the new one")
    with pytest.raises(Fenced):
        lost.begin_anew(stream.connection, 0, 0)


def test_a_claim_ends_a_zombie_that_is_frozen_within_a_copy(stream: Stream) -> None:
    """The server's own timeout does not see it: it waits for the rest of the COPY."""
    terms = Terms(topic="events", group="test", lock_timeout=0.2, frozen_after=0.3)
    zombie = connect(stream.url, terms)
    with pytest.raises(psycopg.Error), zombie.transaction():
        stream.claims.advance(zombie, {0: 1})
        with zombie.cursor() as cursor, cursor.copy("copy streaming.dead_letters (key) from stdin") as copy:
            heir = Claims("test", "events", "the new one")
            flusher = Flusher(stream.url, Sink(terms), heir, threading.Event())
            claimed = flusher.attempt(lambda connection: heir.claim(connection, [0], "log"))
            flusher.close()
            copy.write("x\n")
    assert claimed == {0: 0}
    assert heir.held[0].generation == 2

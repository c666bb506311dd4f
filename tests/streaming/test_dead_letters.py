"""Dead letters in their table: counted, listed without personal data, read again once, announced at least once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from event_samples import event
from stream_database import Stream, batch_of

from echo_streaming.consumer import dead_letters
from echo_streaming.consumer.dead_letters import Announcement, announce, counts, entries, replay


@pytest.fixture
def soon() -> Any:
    """A valid event of a clock that was wrong when it came: by now it is no longer ahead."""
    return event(id="soon", time=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())


def refuse(stream: Stream, *values: Any) -> None:
    """Make them dead letters, whatever they are."""
    stream.write(*(b"nope" for _ in values))
    for number, value in enumerate(values, start=1):
        raw = value if isinstance(value, bytes) else batch_of([value]).records[0].value()
        stream.connection.execute(
            "update streaming.dead_letters set value = %s, reason = 'in_the_future' where dead_letter_id = %s",
            [raw, number],
        )


def test_they_are_listed_and_counted_without_what_they_hold(stream: Stream) -> None:
    stream.write(b"ada@example.com", None, event(data={"amount": "ada@example.com"}))
    assert counts(stream.connection) == [("open", "empty", 1), ("open", "invalid", 1), ("open", "not_json", 1)]
    found = entries(stream.connection)
    assert [entry.offset for entry in found] == [2, 1, 0]
    assert "ada" not in str([entry.as_json(personal=False) for entry in found])
    assert found[2].as_json(personal=True)["value"] == "ada@example.com"
    assert [entry.reason for entry in entries(stream.connection, reason="empty")] == ["empty"]
    assert entries(stream.connection, status="replayed") == []
    assert len(entries(stream.connection, limit=1)) == 1


def test_what_is_no_text_is_shown_in_base64(stream: Stream) -> None:
    stream.write(b"\xff\xfe")
    assert entries(stream.connection)[0].as_json(personal=True)["value"] == "base64:/" + "/4="


def test_those_that_can_be_read_now_are_written_once_and_the_others_stay(stream: Stream, soon: Any) -> None:
    refuse(stream, soon, b"still nope", event(id="e1"))
    found = replay(stream.connection, stream.sink)
    assert (found.written.events, found.still_dead) == (2, 1)
    assert stream.rows("select status, reason from streaming.dead_letters order by dead_letter_id") == [
        ("replayed", "in_the_future"), ("open", "not_json"), ("replayed", "in_the_future"),
    ]  # fmt: skip
    assert stream.days, "what is written makes its day dirty"
    again = replay(stream.connection, stream.sink)
    assert (again.written.events, again.still_dead, stream.count("user_events")) == (0, 1, 2)


def test_only_those_that_are_chosen_are_read_again(stream: Stream, soon: Any) -> None:
    refuse(stream, soon, event(id="e1"))
    assert replay(stream.connection, stream.sink, ids=[2]).written.events == 1
    assert replay(stream.connection, stream.sink, reason="empty").written.events == 0
    assert replay(stream.connection, stream.sink, ids=[]).written.events == 0
    assert [entry.dead_letter_id for entry in entries(stream.connection, status="open")] == [1]


def test_one_whose_event_came_otherwise_meanwhile_is_closed_and_counts_no_second_time(stream: Stream) -> None:
    refuse(stream, event(id="e1"))
    stream.write(event(id="e1"))
    found = replay(stream.connection, stream.sink)
    assert (found.written.events, found.written.duplicates, found.still_dead) == (0, 1, 0)
    assert stream.rows("select status from streaming.dead_letters") == [("replayed",)]


def test_one_that_the_database_cannot_hold_stays_with_that_reason(stream: Stream) -> None:
    refuse(stream, str(event(data={"x": "X"})).replace("'", '"').replace('"X"', "1e999999").encode())
    assert replay(stream.connection, stream.sink).still_dead == 1
    assert stream.rows("select status, reason from streaming.dead_letters") == [("open", "database")]


def test_a_log_that_is_read_anew_adds_no_second_row(stream: Stream) -> None:
    stream.write(b"nope", None)
    stream.claims.begin_anew(stream.connection, 0, 0)
    stream.write(b"nope", None)
    stream.claims.begin_anew(stream.connection, 0, 0)
    stream.write(b"other")
    assert stream.count("dead_letters") == 3


def test_each_is_announced_until_the_broker_has_it(stream: Stream) -> None:
    stream.sink.write(stream.connection, stream.claims, batch_of([b"one", b"two"]))
    sent: list[Announcement] = []

    def half(found: Any) -> list[int]:
        sent.extend(found)
        return [found[0].dead_letter_id]

    assert [announce(stream.connection, "events", half) for _ in range(3)] == [1, 1, 0]
    assert [each.value for each in sent] == [b"one", b"two", b"two"]
    assert dict(sent[0].headers) == {
        "dead_letter_id": b"1", "reason": b"not_json", "error": sent[0].headers[2][1], "topic": b"events",
        "partition": b"0", "offset": b"0",
    }  # fmt: skip
    assert announce(stream.connection, "another", half) == 0


def test_headers_that_are_no_text_are_kept_as_far_as_they_can_be(stream: Stream) -> None:
    batch = batch_of([b"nope"])
    object.__setattr__(batch.records[0], "its_headers", [("trace", b"a\0b"), ("odd", b"\xff"), ("none", None)])
    stream.sink.write(stream.connection, stream.claims, batch)
    [(headers,)] = stream.rows("select headers from streaming.dead_letters")
    assert headers == [["trace", "a\ufffdb"], ["odd", "\ufffd"], ["none", None]]
    assert dead_letters.entries(stream.connection)[0].status == "open"

"""What goes on beside the consumer: telling of exposures, figures, the state that others see, logs."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from event_samples import event
from stream_database import Stream

from echo_streaming.consumer import state
from echo_streaming.consumer.aftercare import Aftercare
from echo_streaming.consumer.database import connect
from echo_streaming.consumer.exposures import ExposureState, publish_exposures, waiting
from echo_streaming.consumer.metrics import Metrics
from echo_streaming.consumer.sink import Written
from echo_streaming.logs import JsonLines


def expose(stream: Stream, number: int, user: str = "C1", arm: str = "a", minute: int = 0) -> None:
    data = {"user_id": user, "variant": arm}
    stream.write(event("experiment_exposure", data, id=f"x{number}", time=f"2026-05-04T10:{minute:02}:00Z"))


def test_the_newest_state_of_each_user_is_told_once(stream: Stream) -> None:
    told: list[Any] = []
    expose(stream, 1)
    expose(stream, 2, "C2", minute=1)
    expose(stream, 3, arm="b", minute=2)
    expose(stream, 4, arm="b", minute=9)
    assert publish_exposures(stream.connection, told.extend) == 2
    newest = [datetime(2026, 5, 4, 10, minute, tzinfo=UTC) for minute in (2, 1)]
    assert told == [ExposureState("C1", 2, newest[0]), ExposureState("C2", 1, newest[1])]
    assert (publish_exposures(stream.connection, told.extend), waiting(stream.connection), len(told)) == (0, 0, 2)


def test_what_could_not_be_told_waits_and_what_came_meanwhile_is_not_forgotten(stream: Stream) -> None:
    expose(stream, 1)

    def refuse(states: Any) -> None:
        expose(stream, 2, arm="b", minute=5)
        raise ConnectionError("the store is away")

    with pytest.raises(ConnectionError):
        publish_exposures(stream.connection, refuse)
    assert waiting(stream.connection) == 2
    told: list[Any] = []

    def interrupted(states: Any) -> None:
        told.extend(states)
        expose(stream, 3, arm="c", minute=6)

    assert publish_exposures(stream.connection, interrupted) == 1
    assert publish_exposures(stream.connection, told.extend) == 1
    assert [each.arms for each in told] == [2, 3]


def test_only_one_consumer_tells_at_a_time(stream: Stream) -> None:
    expose(stream, 1)
    with connect(stream.url, stream.terms) as other:
        other.execute("select pg_advisory_lock(hashtext('echo.streaming.outbox'))")
        assert publish_exposures(stream.connection, pytest.fail) == 0
    assert waiting(stream.connection) == 1


def test_a_task_that_fails_is_done_later_and_others_go_on(stream: Stream) -> None:
    metrics, done, tries = Metrics(), threading.Event(), []

    def fails_twice(connection: Any) -> int:
        tries.append(connection.execute("select 1").fetchall())
        if len(tries) < 3:
            raise ConnectionError
        done.set()
        return 0

    aftercare = Aftercare(stream.url, stream.terms, {"exposures": fails_twice}, metrics)
    aftercare.start()
    assert done.wait(20)
    aftercare.stop()
    assert metrics.failures.labels("exposures")._value.get() == 2
    Aftercare(stream.url, stream.terms, {}, metrics).stop()


def test_figures_are_answered_to_prometheus() -> None:
    metrics = Metrics()
    metrics.wrote(Written(events=5, duplicates=1, late=2, dead_letters=3), 0.02)
    metrics.retried("away")
    metrics.lags({0: 10, 1: 7}, {0: 10, 1: 9})
    server = metrics.serve(0)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
        lines = set(answer.read().decode().splitlines())
    server.shutdown()
    assert {
        "echo_stream_events_total 5.0", "echo_stream_duplicates_total 1.0", "echo_stream_late_events_total 2.0",
        "echo_stream_dead_letters_total 3.0", 'echo_stream_database_retries_total{meaning="away"} 1.0',
        'echo_stream_lag{partition="0"} 0.0', 'echo_stream_lag{partition="1"} 2.0',
        'echo_stream_flush_seconds_bucket{le="0.025"} 1.0',
    } <= lines  # fmt: skip


def test_a_partition_shows_its_consumers_pulse_and_how_far_it_is_behind(stream: Stream) -> None:
    identity = state.Identity("static")
    stream.claims = stream.claim(identity.consumer_id)
    stream.write(event(id="e1"))
    state.beat(stream.connection, stream.terms, identity, {0: 1, 1: 4}, {0: 5, 1: 4}, datetime.now(UTC))
    first, second = state.partition_states(stream.connection, "test", "events")
    assert (first.lag, second.lag, first.next_offset, second.next_offset) == (4, 0, 1, 0)
    now = datetime.now(UTC)
    assert first.is_active(now, timedelta(seconds=15))
    assert not first.is_active(now + timedelta(minutes=1), timedelta(seconds=15))
    state.stopped(stream.connection, stream.terms, identity, [0])
    first, second = state.partition_states(stream.connection, "test", "events")
    assert [each.is_active(now, timedelta(seconds=15)) for each in (first, second)] == [False, True]


def test_whoever_has_lost_a_partition_has_no_pulse_there(stream: Stream) -> None:
    lost, new = state.Identity("static", pid=1), state.Identity("static", pid=2)
    stream.claim(lost.consumer_id)
    stream.claim(new.consumer_id, [0])
    for identity in (new, lost):
        state.beat(stream.connection, stream.terms, identity, {0: 0, 1: 0}, {}, None)
    found = state.partition_states(stream.connection, "test", "events")
    assert [each.consumer_id for each in found] == [new.consumer_id, lost.consumer_id]
    assert [each.lag for each in found] == [None, None]


def test_a_log_line_is_one_json_object() -> None:
    record = logging.LogRecord("echo_streaming.x", logging.WARNING, "", 1, "database away", None, None)
    record.fields = {"error": "gone\nfor good", "at_offset": 7}
    told = json.loads(JsonLines().format(record))
    assert (told["level"], told["event"], told["at_offset"]) == ("warning", "database away", 7)
    assert "\n" not in JsonLines().format(record)

"""A person leaves the stream's tables: no table holds the id or what is personal, and every sum stays."""

from __future__ import annotations

from typing import Any

from event_samples import event
from stream_database import TABLES, Stream, aggregates

from echo_streaming.consumer.dead_letters import replay
from echo_streaming.erasure import Erased, erase_person

PERSON, TOKEN = "cust-7731", "erased-1"


def write(stream: Stream) -> None:
    stream.write(
        event(id="e1", subject=PERSON, data={"customer_id": PERSON, "note": f"call {PERSON}"}),
        event(id="e2", time="2026-06-01T00:00:00Z", data={"customer_id": PERSON, "status": "refunded"}),
        event("signup", {"customer_id": PERSON, "email": "zelda@secret.example"}, id="s1", time="2026-05-03T23:00:00Z"),
        event("experiment_exposure", {"user_id": PERSON}, id="x1"),
        event("signup", id="s2"),
        f'{{"broken": "{PERSON}'.encode(),
        b"nope",
    )


def erase(stream: Stream) -> Erased:
    with stream.connection.transaction():
        return erase_person(stream.connection, PERSON, TOKEN, "Europe/Vienna")


def standing(stream: Stream, text: str) -> list[str]:
    """The tables in which a text stands, bytes included."""
    found = []
    for table in TABLES:
        [(count,)] = stream.rows(
            f"""select count(*) from streaming.{table} as line where strpos(line::text, '{text}') > 0
                or strpos(line::text, encode('{text}', 'hex')) > 0"""
        )
        found += [table] if count else []
    return found


def sums(stream: Stream) -> dict[str, Any]:
    found = aggregates(stream)
    return {**found, "exposures": [row[1:] for row in found["exposures"]]}


def test_nobody_finds_the_person_any_more_and_every_sum_stays(stream: Stream) -> None:
    write(stream)
    before = sums(stream)
    assert len(standing(stream, PERSON)) >= 4
    erased = erase(stream)
    assert standing(stream, PERSON) == standing(stream, "zelda") == []
    assert sums(stream) == before
    payloads = dict(stream.rows("select event_id, payload from streaming.user_events"))
    assert payloads["s1"] == {"customer_id": TOKEN, "segment": "smb", "acquisition_channel": "web"}
    assert payloads["e1"]["customer_id"] == TOKEN
    assert payloads["e1"]["amount"] == 19.99
    assert payloads["s2"]["email"] == "ada@example.com", "others stay as they were"
    days = {kind: [str(day) for day in found] for kind, found in erased.days.items()}
    assert days == {
        "transaction": ["2026-05-04"], "signup": ["2026-05-04"], "experiment_exposure": ["2026-05-04"],
    }, "the business day, and of a sale the day of its first event"  # fmt: skip


def test_erasing_again_changes_nothing_and_a_person_who_comes_back_is_erased_again(stream: Stream) -> None:
    write(stream)
    assert erase(stream).rows > 0
    assert erase(stream) == Erased(0, {})
    stream.write(event("experiment_exposure", {"user_id": PERSON}, id="x2"))
    erase(stream)
    assert stream.rows("select user_id, exposures from streaming.experiment_exposures") == [(TOKEN, 2)]


def test_a_redelivered_event_of_an_erased_person_does_not_come_back(stream: Stream) -> None:
    write(stream)
    erase(stream)
    write(stream)
    erase(stream)
    assert standing(stream, PERSON) == []
    assert replay(stream.connection, stream.sink).written.events == 0

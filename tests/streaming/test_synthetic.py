"""The synthetic stream: the same again for the same seed, its shares as they were asked for, its truth the truth."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from stream_database import Sent as Record
from stream_database import Stream

from echo_streaming.events.reading import Read, Refused, read
from echo_streaming.producer.breaking import _WAYS, broken
from echo_streaming.producer.synthetic import Knobs, Population, Sent, synthetic
from echo_streaming.producer.truth import Truth

START = datetime(2026, 5, 4, 10, tzinfo=UTC)
NOW = START + timedelta(days=1)


def made(count: int = 3000, **knobs: float) -> list[Sent]:
    return list(synthetic(Knobs(**knobs), Population(), START, count))


def test_the_same_seed_and_start_give_the_same_bytes() -> None:
    assert made() == made()
    assert made() != made(seed=8)
    again = list(synthetic(Knobs(), Population(), START + timedelta(seconds=1), 3000))
    ids = {sent.event.id for sent in made() if sent.event}
    assert not ids & {sent.event.id for sent in again if sent.event}, "another start is another stream"


def test_without_knobs_every_record_is_a_new_event_in_the_order_of_time() -> None:
    sent = made(late=0, duplicate=0, malformed=0, out_of_order=0, rate=50)
    events = [read(each.record.value, NOW) for each in sent]
    assert all(isinstance(event, Read) for event in events)
    moments = [event.at for event in events if isinstance(event, Read)]
    assert moments == sorted(moments)
    assert moments[-1] - moments[0] == timedelta(seconds=2999 / 50)
    assert len({event.event_id for event in events if isinstance(event, Read)}) == 3000


@pytest.mark.parametrize("knob", ["late", "duplicate", "malformed", "out_of_order"])
def test_each_knob_turns_what_it_says(knob: str) -> None:
    none = {"late": 0.0, "duplicate": 0.0, "malformed": 0.0, "out_of_order": 0.0}
    sent = made(**{**none, knob: 0.2})
    read_again = [read(each.record.value, NOW) for each in sent]
    moments = [event.at for event in read_again if isinstance(event, Read)]
    shares = {
        "late": sum(moment < START for moment in moments),
        "duplicate": sum(each.is_repeated for each in sent),
        "malformed": sum(isinstance(event, Refused) for event in read_again),
        "out_of_order": sum(one > other for one, other in pairwise(moments)),
    }
    assert 0.1 < shares[knob] / len(sent) < 0.3
    others = [name for name in ("duplicate", "malformed") if name != knob]
    assert [shares[name] for name in others] == [0] * len(others)


def test_every_way_of_breaking_a_record_breaks_it() -> None:
    [sent] = made(1, malformed=0)
    for way in _WAYS:
        assert isinstance(read(way(sent.record.value or b""), NOW), Refused), way
    values = {broken(random.Random(seed), sent.record).value for seed in range(200)}
    assert len(values) == len(_WAYS)


def test_the_truth_is_what_the_tables_say_once_all_was_written(stream: Stream) -> None:
    sent, truth = made(2000, malformed=0.05, duplicate=0.1), Truth()
    for each in sent:
        truth.add(each)
    stream.write(*(each.record.value for each in sent))
    told = truth.as_json()
    assert told["records"] == 2000
    assert told["events"] == stream.count("user_events")
    assert told["malformed"] == stream.count("dead_letters")
    assert told["events"] + told["malformed"] + told["repeated"] == told["records"]
    [(revenue, orders, transactions)] = stream.rows(
        "select sum(revenue), sum(orders), sum(transactions) from streaming.revenue_by_minute"
    )
    assert (Decimal(told["revenue"]), told["orders"], told["transactions"]) == (revenue, orders, transactions)
    kinds = stream.rows("select event_type || '_events', count(*) from streaming.user_events group by 1")
    assert {name: told[name] for name, _ in kinds} == dict(kinds)
    json.dumps(told)


def test_a_record_is_keyed_by_its_user() -> None:
    for each in made(200, malformed=0):
        found = read(each.record.value, NOW)
        assert isinstance(found, Read)
        assert each.record.key == found.user_id.encode()
        assert Record(each.record.value).value() == each.record.value

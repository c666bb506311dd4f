"""Writing batches: each event once, aggregates that follow exactly, days that changed, and the database's refusals."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from event_samples import event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream_database import Stream, aggregates, batch_of, first_count, recounted

from echo_streaming.consumer.copying import escaped
from echo_streaming.consumer.sink import Written

LATE = "2026-05-04T10:11:12Z"


def sale(number: int, minute: int = 0, status: str = "paid", amount: float = 10, of: str = "T1", **more: Any) -> Any:
    return event(
        id=f"e{number}", time=f"2026-05-04T10:{minute:02}:30Z",
        data={"transaction_id": of, "status": status, "amount": amount, **more},
    )  # fmt: skip


def exposure(number: int, minute: int = 0, user: str = "C1", time: str = "") -> Any:
    time = time or f"2026-05-04T10:{minute:02}:00Z"
    return event("experiment_exposure", {"user_id": user}, id=f"x{number}", time=time)


def test_an_event_is_kept_as_it_was_sent_with_its_place(stream: Stream) -> None:
    stream.write(sale(1, coupon="ADA\t\n\\x"), partition=1)
    [(event_id, kind, user, payload, topic, partition, offset, late)] = stream.rows(
        'select event_id, event_type, user_id, payload, topic, partition, "offset", is_late from streaming.user_events'
    )
    assert (event_id, kind, user, topic, partition, offset, late) == ("e1", "transaction", "C1", "events", 1, 0, True)
    assert payload["coupon"] == "ADA\t\n\\x"
    assert stream.rows("select event_at::text from streaming.user_events") == [("2026-05-04 10:00:30+00",)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_copy_reads_back_what_was_written(stream: Stream, text: str) -> None:
    with stream.connection.transaction(force_rollback=True):
        stream.connection.execute("create temporary table texts (one text, other text)")
        with stream.connection.cursor() as cursor, cursor.copy("copy texts from stdin") as copy:
            copy.write(f"{escaped(text)}\t{escaped(json.dumps(text, ensure_ascii=False))}\n")
        [(one, other)] = stream.rows("select * from texts")
    assert (one, json.loads(other)) == (text, text)


def test_an_event_counts_once_within_a_batch_and_across_batches(stream: Stream) -> None:
    assert stream.write(sale(1), sale(1), sale(2, of="T2")) == Written(events=2, duplicates=1, late=2)
    assert stream.write(sale(2, of="T2"), sale(3, of="T3")) == Written(events=1, duplicates=1, late=1)
    assert stream.rows("select revenue, orders from streaming.revenue_by_minute") == [(30, 3)]
    assert stream.rows("select partition, next_offset from streaming.offsets order by 1") == [(0, 5), (1, 0)]


def test_what_becomes_of_a_sale_changes_its_own_minute_and_day(stream: Stream) -> None:
    stream.write(sale(1, status="pending"))
    assert stream.rows("select revenue, orders, transactions from streaming.revenue_by_minute") == [(0, 0, 1)]
    stream.write(sale(2, minute=5, amount=12))
    assert aggregates(stream)["revenue"] == recounted(stream)["revenue"]
    assert stream.rows("select revenue, orders, transactions from streaming.revenue_by_minute") == [(12, 1, 1)]
    stream.days.clear()
    refund = event(
        id="e3", time="2026-06-01T00:00:00Z", data={"transaction_id": "T1", "status": "refunded", "amount": 12}
    )
    stream.write(refund)
    assert stream.rows("select revenue, orders, transactions from streaming.revenue_by_minute") == [(0, 0, 1)]
    assert stream.days == [("transaction", "2026-05-04")], "the day of the sale, not that of the refund"


def test_an_earlier_event_that_comes_late_moves_the_sale_and_names_both_days(stream: Stream) -> None:
    stream.write(sale(2, status="completed", amount=7))
    stream.days.clear()
    first = event(id="e1", time="2026-05-03T23:59:59Z", data={"transaction_id": "T1", "status": "pending"})
    stream.write(first)
    assert stream.days == [("transaction", "2026-05-03"), ("transaction", "2026-05-04")]
    assert stream.rows(
        "select minute::text, revenue from streaming.revenue_by_minute where transactions > 0"
    ) == [("2026-05-03 23:59:00+00", 7)]  # fmt: skip


def test_an_event_that_changes_nothing_makes_no_day_dirty(stream: Stream) -> None:
    stream.write(sale(1, minute=1), sale(2, minute=9), exposure(1), event("signup", id="s1", time=LATE))
    assert stream.days == [
        ("experiment_exposure", "2026-05-04"), ("signup", "2026-05-04"), ("transaction", "2026-05-04"),
    ]  # fmt: skip
    stream.days.clear()
    stream.write(sale(3, minute=5, status="pending"), exposure(2, minute=9), sale(2, minute=9))
    assert stream.days == []


def test_a_unit_belongs_to_the_day_of_its_first_exposure(stream: Stream) -> None:
    stream.write(exposure(1))
    stream.days.clear()
    stream.write(exposure(2, time="2026-05-02T12:00:00+02:00"))
    assert stream.days == [("experiment_exposure", "2026-05-02"), ("experiment_exposure", "2026-05-04")]


def test_a_flush_queues_the_users_who_saw_an_arm_for_the_first_time_or_earlier_than_was_known(stream: Stream) -> None:
    stream.write(exposure(1, 5), exposure(2, user="C2"), exposure(3, 6))
    stream.write(exposure(4, 7), exposure(1, 5))
    stream.write(exposure(5, 2))
    queued = stream.rows("select user_ids from streaming.exposure_outbox order by exposure_outbox_id")
    assert [sorted(users) for (users,) in queued] == [["C1", "C2"], ["C1"]]


MOMENTS = st.builds(
    "2026-05-0{}T{:02}:{:02}:00{}".format,
    st.integers(3, 4), st.integers(0, 23), st.integers(0, 2), st.sampled_from(["Z", "+02:00", "-05:30", ".5Z"]),
)  # fmt: skip
SALES = st.builds(
    lambda number, time, of, status, cents, channel: event(
        id=f"e{number}", time=time,
        data={"transaction_id": of, "status": status, "amount": cents / 100, "channel": channel},
    ),
    st.integers(0, 30), MOMENTS, st.sampled_from(["T1", "T2", "T3"]), st.sampled_from(["paid", "pending", "refunded"]),
    st.integers(1, 10**8), st.sampled_from(["web", "shop"]),
)  # fmt: skip
OTHERS = st.builds(
    lambda kind, number, user, time: event(
        kind, {"user_id" if kind == "experiment_exposure" else "customer_id": user}, id=f"{kind[0]}{number}", time=time
    ),
    st.sampled_from(["signup", "experiment_exposure"]), st.integers(0, 20), st.sampled_from(["C1", "C2"]), MOMENTS,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(SALES | OTHERS | st.sampled_from([b"nope", None]), max_size=25), st.data())
def test_however_events_are_ordered_cut_and_repeated_the_tables_follow_from_those_that_are_kept(
    stream_databases: Any, values: list[Any], data: st.DataObject
) -> None:
    stream = Stream(stream_databases.url())
    try:
        left, days = list(values), set()
        while left:
            size = data.draw(st.integers(1, 8))
            stream.write(*left[:size], partition=data.draw(st.integers(0, 1)))
            left = left[size:]
        assert stream.count("user_events") == len(first_count(values))
        assert stream.count("dead_letters") == sum(not isinstance(value, dict) for value in values)
        assert aggregates(stream) == recounted(stream)
        days = {day for _, day in stream.days}
        assert {
            str(day) for (day,) in stream.rows("select distinct first_at::date from streaming.transactions")
        } <= days
    finally:
        stream.close()


def test_a_dead_letter_is_kept_as_it_was(stream: Stream) -> None:
    assert stream.write(b"\xff\0", None, sale(1)) == Written(events=1, late=1, dead_letters=2)
    found = stream.rows('select "offset", log_id, key, value, reason, status from streaming.dead_letters order by 1')
    assert found == [(0, "log", b"C1", b"\xff\0", "not_json", "open"), (1, "log", b"C1", None, "empty", "open")]


def test_a_batch_is_written_whole_or_not_at_all(stream: Stream) -> None:
    def fail(connection: Any, days: Any) -> None:
        raise RuntimeError

    broken = type(stream.sink)(stream.terms, fail)
    with pytest.raises(RuntimeError):
        broken.write(stream.connection, stream.claims, batch_of([sale(1), b"nope"]))
    assert [stream.count(table) for table in ("user_events", "transactions", "dead_letters")] == [0, 0, 0]
    assert stream.rows("select max(next_offset) from streaming.offsets") == [(0,)]
    assert stream.claims.held[0].next_offset == 0


def test_an_event_that_another_transaction_has_just_written_is_no_error_that_stays(stream: Stream) -> None:
    """The look finds nothing, and the other one commits before our COPY: the next attempt finds it."""
    with psycopg.connect(stream.url) as first:
        first.execute(
            """insert into streaming.user_events values
               ('e1', 'signup', now(), 'C1', '{}', 'events', 1, 0, now(), false)"""
        )
        stream.connection.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            stream.write(sale(1))
        first.commit()
    assert stream.write(sale(1)) == Written(duplicates=1)

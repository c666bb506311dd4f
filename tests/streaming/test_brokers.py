"""One suite over every broker: what the consumer relies on, and what it makes of it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from running_brokers import Running, start_broker
from stream_database import Stream, aggregates, recounted

from echo_streaming.brokers.cluster import BrokerError
from echo_streaming.brokers.topics import Topics
from echo_streaming.consumer.dead_letters import announce
from echo_streaming.consumer.loop import StreamConsumer
from echo_streaming.consumer.offsets import Fenced
from echo_streaming.consumer.reading import Reader
from echo_streaming.consumer.sink import Sink
from echo_streaming.events.writing import Record
from echo_streaming.producer.announcing import announcing
from echo_streaming.producer.sending import EventProducer
from echo_streaming.producer.synthetic import Knobs, Population, Sent, synthetic
from echo_streaming.producer.truth import Truth

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["embedded", "kafka"])
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    try:
        running = start_broker(request.param, tmp_path_factory.mktemp(request.param))
    except BrokerError as error:
        if request.param == "embedded":
            raise
        pytest.skip(str(error))
    yield running
    running.stop()


START = datetime.now(UTC) - timedelta(minutes=5)


def send(broker: Running, topic: str, count: int, seed: int = 7) -> Truth:
    """Send a synthetic stream, the same for the same seed, and say what must come of it."""
    producer, truth = EventProducer(broker.cluster, topic), Truth()
    sent: list[Sent] = list(synthetic(Knobs(seed=seed, malformed=0.05), Population(), START, count))
    for each in sent:
        producer.send(each.record)
        truth.add(each)
    producer.flush()
    assert producer.delivered == count
    return truth


def consumer(stream: Stream, broker: Running, topic: str, **more: Any) -> StreamConsumer:
    terms = replace(stream.terms, topic=topic, heartbeat=0.1, flush_events=500)
    return StreamConsumer(broker.cluster, stream.url, Sink(terms, stream.note_days), **more)


@contextmanager
def running(*consumers: StreamConsumer) -> Iterator[list[BaseException]]:
    """Consumers in threads; what they raised is in the list. They are stopped at the end."""
    raised: list[BaseException] = []

    def run(one: StreamConsumer) -> None:
        try:
            one.run()
        except Exception as error:  # noqa: BLE001 - a test looks at it
            raised.append(error)

    threads = [threading.Thread(target=run, args=[each]) for each in consumers]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        for each in consumers:
            each.stopping.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    pause, deadline = threading.Event(), datetime.now(UTC) + timedelta(seconds=seconds)
    while not condition():
        assert datetime.now(UTC) < deadline, what
        pause.wait(0.05)


def found(stream: Stream) -> dict[str, Any]:
    [(revenue, orders, transactions)] = stream.rows(
        "select sum(revenue)::text, sum(orders), sum(transactions) from streaming.revenue_by_minute"
    )
    return {
        "events": stream.count("user_events"), "malformed": stream.count("dead_letters"), "revenue": revenue,
        "orders": orders, "transactions": transactions,
    }  # fmt: skip


def expected(*truths: Truth) -> dict[str, Any]:
    """Of streams that share no event and no sale."""
    told = [truth.as_json() for truth in truths]
    names = ("events", "malformed", "orders", "transactions")
    total = {name: sum(each[name] for each in told) for name in names}
    return {**total, "revenue": told[0]["revenue"] if len(told) == 1 else None}


def test_a_topic_is_made_once_and_is_another_log_when_it_is_made_anew(broker: Running) -> None:
    topics, topic = Topics(broker.cluster), broker.new_topic()
    first = topics.ensure(topic, 3)
    assert first.partitions == 3
    assert topics.ensure(topic, 5) == first == Topics(broker.cluster).identity(topic)
    admin = AdminClient(broker.cluster.options({}))
    admin.delete_topics([topic])[topic].result()
    until(lambda: topics.ensure(topic, 2).log_id != first.log_id, "the topic was not made anew")
    assert topics.identity(topic).partitions == 2


def test_records_stay_in_order_by_key_and_are_read_from_any_offset_to_an_exact_end(
    broker: Running, stream: Stream
) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 3)
    producer = EventProducer(broker.cluster, topic)
    for number in range(300):
        key = f"user {number % 7}".encode()
        producer.send(Record(key, str(number).encode(), [("ce_id", str(number).encode())]))
    producer.flush()
    by_partition = read_all(broker, stream, topic, {0: 0, 1: 0, 2: 0})
    assert sum(map(len, by_partition.values())) == 300
    owners = {message.key(): partition for partition, messages in by_partition.items() for message in messages}
    assert len(owners) == 7
    for messages in by_partition.values():
        numbers = [int(message.value()) for message in messages]
        assert numbers == sorted(numbers)
        assert [message.offset() for message in messages] == list(range(len(messages)))
        assert dict(messages[0].headers())["ce_id"] == messages[0].value()
    partition, messages = max(by_partition.items(), key=lambda item: len(item[1]))
    assert [each.value() for each in read_all(broker, stream, topic, {partition: 5})[partition]] == [
        each.value() for each in messages[5:]
    ]


def read_all(broker: Running, stream: Stream, topic: str, offsets: dict[int, int]) -> dict[int, list[Any]]:
    """Everything from these offsets to the end, which is where the broker says that it is."""
    reader, ended = Reader(broker.cluster, replace(stream.terms, topic=topic)), {}
    reader.assign(offsets)
    records = defaultdict(list)
    while set(ended) != set(offsets):
        messages, signals = reader.read(1000, 0.5)
        ended.update(signals.ended)
        for message in messages:
            records[message.partition()].append(message)
    assert ended == reader.ends(offsets)
    assert ended == {each: records[each][-1].offset() + 1 if records[each] else offsets[each] for each in offsets}
    reader.close()
    return records


def test_what_is_there_is_written_and_reading_it_again_finds_nothing_new(broker: Running, stream: Stream) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 3)
    truth = send(broker, topic, 1500)
    written = consumer(stream, broker, topic).run(until_end=True)
    assert found(stream) == expected(truth)
    assert aggregates(stream) == recounted(stream)
    assert (written.duplicates, written.dead_letters) == (truth.repeated, truth.malformed)
    assert consumer(stream, broker, topic).run(until_end=True).events == 0
    states = stream.rows(
        """select high_watermark = position and position = next_offset and stopped_at is not null
           from streaming.consumer_state join streaming.offsets using (consumer_group, topic, partition)"""
    )
    assert states == [(True,)] * 3


def test_a_topic_without_records_ends_at_once(broker: Running, stream: Stream) -> None:
    assert consumer(stream, broker, broker.new_topic(), new_partitions=2).run(until_end=True).events == 0
    assert stream.rows("select partition, next_offset from streaming.offsets where topic <> 'events' order by 1") == [
        (0, 0), (1, 0),
    ]  # fmt: skip


def test_consumers_of_a_group_share_the_partitions_and_take_over_from_each_other(
    broker: Running, stream: Stream
) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 4)
    one, other = (consumer(stream, broker, topic, in_group=True) for _ in range(2))
    owners = "select count(distinct owner), count(*) from streaming.offsets where topic <> 'events'"
    with running(one, other) as raised:
        until(lambda: stream.rows(owners) == [(2, 4)], "the group did not share")
        first = send(broker, topic, 600, seed=1)
        until(lambda: stream.count("user_events") == first.as_json()["events"], "not all was written")
        one.stopping.set()
        until(lambda: stream.rows(owners) == [(1, 4)], "the other one did not take over")
        truth = [first, send(broker, topic, 600, seed=2)]
        until(lambda: found(stream)["events"] == expected(*truth)["events"], "not all was written")
    assert raised == []
    assert stream.count("dead_letters") == expected(*truth)["malformed"]
    assert aggregates(stream) == recounted(stream)


def test_a_consumer_whose_partitions_another_one_takes_is_fenced(broker: Running, stream: Stream) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 2)
    first, second = consumer(stream, broker, topic), consumer(stream, broker, topic)
    generations = "select min(generation) from streaming.offsets where topic <> 'events'"
    with running(first) as raised:
        until(lambda: stream.rows(generations) == [(1,)], "the first one has claimed nothing")
        with running(second):
            until(lambda: stream.rows(generations) == [(2,)], "the second one has claimed nothing")
            truth = send(broker, topic, 400)
            until(lambda: found(stream)["events"] == expected(truth)["events"] and bool(raised), "no fence")
    assert [type(error) for error in raised] == [Fenced]
    assert found(stream) == expected(truth)


def test_a_broker_that_restarts_goes_on_or_is_begun_anew_and_nothing_counts_twice(
    broker: Running, stream: Stream
) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 3)
    with running(consumer(stream, broker, topic)) as raised:
        first = send(broker, topic, 700, seed=3)
        until(lambda: found(stream)["events"] == expected(first)["events"], "not all was written")
        broker.restart()
        Topics(broker.cluster).ensure(topic, 3)
        again = send(broker, topic, 700, seed=3) if not broker.keeps_its_log else None
        second = send(broker, topic, 900, seed=4)
        total = expected(first, second)["events"]
        until(lambda: found(stream)["events"] == total, "what came after the restart was not written")
        ends = "select bool_and(position = high_watermark) from streaming.consumer_state where stopped_at is null"
        until(lambda: stream.rows(ends) == [(True,)], "the end was not reached")
    assert raised == []
    letters = [first, second, *([again] if again else [])]
    assert stream.count("dead_letters") == sum(each.malformed for each in letters)
    restarts = stream.rows("select distinct restarts from streaming.offsets where topic <> 'events'")
    assert restarts == [(0 if broker.keeps_its_log else 1,)]
    assert aggregates(stream) == recounted(stream)


def test_dead_letters_reach_their_topic_as_they_were(broker: Running, stream: Stream) -> None:
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 1)
    send(broker, topic, 200)
    consumer(stream, broker, topic).run(until_end=True)
    letters = f"{topic}.dead_letters"
    while announce(stream.connection, topic, announcing(broker.cluster, letters)):
        pass
    messages = read_all(broker, stream, letters, {0: 0})[0]
    kept = stream.rows("select reason, value from streaming.dead_letters order by dead_letter_id")
    assert [(dict(each.headers())["reason"].decode(), each.value() or b"") for each in messages] == [
        (reason, value or b"") for reason, value in kept
    ]
    assert Counter(reason for reason, _ in kept).total() > 0


def test_a_topic_of_another_log_is_begun_anew(broker: Running, stream: Stream) -> None:
    """Somebody deletes the topic under a running consumer: its offsets are those of a log that is gone."""
    if not broker.keeps_its_log:
        pytest.skip("librdkafka 2.16 crashes on what the embedded broker answers about a topic that was just deleted")
    topic = broker.new_topic()
    Topics(broker.cluster).ensure(topic, 2)
    with running(consumer(stream, broker, topic, new_partitions=2)) as raised:
        first = send(broker, topic, 300, seed=5)
        until(lambda: found(stream)["events"] == expected(first)["events"], "not all was written")
        admin = AdminClient(broker.cluster.options({}))
        admin.delete_topics([topic])[topic].result()
        until(lambda: topic not in admin.list_topics(timeout=10).topics, "it is still there")
        until(lambda: topic in admin.list_topics(timeout=10).topics, "the consumer did not make it again")
        second = send(broker, topic, 300, seed=6)
        total = expected(first, second)["events"]
        until(lambda: found(stream)["events"] == total, "what came into the new log was not written")
    assert raised == []
    assert aggregates(stream) == recounted(stream)


def test_the_folder_of_the_embedded_broker_remembers_it(tmp_path: Path) -> None:
    one = start_broker("embedded", tmp_path)
    try:
        assert start_broker("embedded", tmp_path).cluster == one.cluster, "it is shared"
        before = Topics(one.cluster).ensure("t", 1)
        one.restart()
        assert Topics(one.cluster).ensure("t", 1) != before, "and each start is another log"
    finally:
        assert one.stop()
    assert not one.stop()

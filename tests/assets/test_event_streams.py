"""The stream in the graph: its tables are reported, its consumer is watched, its sums are asked, its topic drained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from platform_under_test import SALES, Platform, sale

from echo_assets.event_streams import DRAIN, EVENTS
from echo_assets.lineage.edges import Column
from echo_assets.lineage.known import known_lineage
from echo_assets.open_checks import ask
from echo_assets.planner.runs import execute_assets
from echo_assets.stream_checks import key_of
from echo_assets.streaming.brokers import embedded_broker
from echo_assets.streaming.checks import CHECKS
from echo_assets.streaming.dirty_days import STREAMED, all_days
from echo_assets.traced_rows import rows_behind
from echo_quality.loading.dirty_days import mark_days
from echo_streaming.brokers.cluster import Cluster
from echo_streaming.brokers.topics import Topics
from echo_streaming.events.types import Transaction, TransactionData
from echo_streaming.events.writing import Record, record_of
from echo_streaming.producer.sending import EventProducer

pytestmark = [pytest.mark.database, pytest.mark.slow]

SENSOR = "stream_sensor"
PULSE, BROKER, LAG, DEAD, SUMS = (check.name for check in CHECKS)
TABLES = {
    "user_events", "transactions", "revenue_by_minute", "funnel_by_minute", "experiment_exposures", "dead_letters",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_stream(platform: Platform) -> None:
    """Each test begins with nothing consumed, and with the days of what was to be built again."""
    for streamed in STREAMED:
        days = all_days(platform.connection, streamed, platform.settings.timezone)
        mark_days(platform.connection, streamed.source, days)
    tables = ", ".join(f"streaming.{table}" for table in {*TABLES, "offsets", "consumer_state", "exposure_outbox"})
    platform.execute(f"truncate {tables}")


def consumed(platform: Platform, upto: int, end: int | None = None, **other: Any) -> None:
    """What a consumer of one partition leaves behind; `other` has expressions of SQL for what is not as usual."""
    moments = {"heartbeat_at": "now()", "broker_seen_at": "now()", "updated_at": "now()", "stopped_at": "null"} | other
    platform.execute(
        f"""insert into streaming.offsets values
            ('echo', 'user_events', 0, 'log', {upto}, 1, 'host:1:1', now(), {moments["updated_at"]}, 0, 0)
        on conflict (consumer_group, topic, partition) do update set
            next_offset = excluded.next_offset, updated_at = excluded.updated_at;
        delete from streaming.consumer_state;
        insert into streaming.consumer_state values (
            'echo', 'user_events', 0, 'host:1:1', 'static', 'host', 1, now(), {moments["heartbeat_at"]},
            {moments["broker_seen_at"]}, {upto if end is None else end}, {upto}, {moments["stopped_at"]}
        )"""
    )


def look(platform: Platform, cursor: str | None) -> tuple[list[str], dict[str, bool], str | None]:
    """One tick: tables that were reported, verdicts that were, and the cursor for the next one."""
    found = platform.look(SENSOR, cursor)
    if isinstance(found, dg.SkipReason):
        return [], {}, cursor
    tables = [each.asset_key.path[-1] for each in found.asset_events if isinstance(each, dg.AssetMaterialization)]
    verdicts = {
        each.check_name: each.passed for each in found.asset_events if isinstance(each, dg.AssetCheckEvaluation)
    }
    return tables, verdicts, found.cursor


def asked(platform: Platform, name: str) -> bool:
    """Ask one check in a run; whether it holds."""
    [key] = [key_of(check) for check in CHECKS if check.name == name]
    ask([key], platform.job, platform.instance)
    return platform.verdict("streaming/user_events", name).passed


def test_of_a_stream_that_nobody_has_consumed_nothing_is_said(platform: Platform) -> None:
    assert look(platform, None) == ([], {}, None)
    assert all(asked(platform, check.name) for check in CHECKS)


def test_tables_are_reported_when_records_were_written_and_not_again_before_there_are_more(platform: Platform) -> None:
    consumed(platform, 7)
    tables, verdicts, cursor = look(platform, None)
    assert set(tables) == TABLES
    assert verdicts == {PULSE: True, BROKER: True, LAG: True}
    assert look(platform, cursor) == ([], {}, cursor)
    consumed(platform, 9)
    assert set(look(platform, cursor)[0]) == TABLES


def test_a_consumer_that_died_turns_its_check_once_and_is_kept_for_the_alerts(platform: Platform) -> None:
    consumed(platform, 7)
    cursor = look(platform, None)[2]
    consumed(platform, 7, heartbeat_at="now() - interval '1 minute'")
    assert look(platform, cursor)[1] == {PULSE: False}
    red = (
        "select metadata ->> 'description' from ops.check_results where not passed and asset = 'streaming/user_events'"
    )
    assert "host:1:1 neither lives nor ended in good order" in platform.value(red)
    cursor = look(platform, cursor)[2]
    assert look(platform, cursor)[1] == {}
    consumed(platform, 7, heartbeat_at="now() - interval '1 minute'", stopped_at="now()")
    assert look(platform, cursor)[1] == {PULSE: True}, "it ended in good order"


@pytest.mark.parametrize(
    ("check", "state"),
    [
        (PULSE, {"heartbeat_at": "now() - interval '1 minute'"}),
        (BROKER, {"broker_seen_at": "now() - interval '5 minutes'"}),
        (LAG, {"end": 200_007}),
        (LAG, {"end": 8, "updated_at": "now() - interval '10 minutes'"}),
    ],
)
def test_what_is_wrong_with_a_consumer_turns_exactly_its_check_red(
    platform: Platform, check: str, state: dict[str, Any]
) -> None:
    consumed(platform, 7)
    assert asked(platform, check)
    consumed(platform, 7, **state)
    assert {each.name for each in CHECKS if not asked(platform, each.name)} == {check}


@pytest.mark.parametrize(
    "tampering",
    [
        "insert into streaming.transactions values ('t9', now(), now(), 'e9', 1, 'USD', true)",
        "insert into streaming.revenue_by_minute values (now(), 'USD', 1, 1, 1)",
        "insert into streaming.funnel_by_minute values (now(), 'signup', '(none)', 1)",
        "insert into streaming.experiment_exposures values ('u', 'e', 'a', 1, now(), now())",
    ],
)
def test_a_table_that_does_not_add_up_turns_the_check_of_sums_red(platform: Platform, tampering: str) -> None:
    assert asked(platform, SUMS)
    platform.execute(tampering)
    assert not asked(platform, SUMS)


def test_many_dead_letters_are_warned_of(platform: Platform) -> None:
    platform.execute(
        """insert into streaming.dead_letters (topic, partition, "offset", log_id, reason, error)
           values ('user_events', 0, 1, 'log', 'not_json', 'no JSON')"""
    )
    assert not asked(platform, DEAD)
    platform.execute("update streaming.dead_letters set status = 'replayed'")
    assert asked(platform, DEAD)


@pytest.fixture
def cluster(platform: Platform) -> Iterator[Cluster]:
    broker = embedded_broker(platform.settings)
    yield broker.up()
    broker.down()


def sold(number: int, day: str, status: str = "paid") -> Record:
    """A sale of 10 that happened on a day."""
    data = TransactionData(f"s{number}", 10.0, "c1", status, quantity=1.0)  # type: ignore[arg-type]
    event = Transaction(id=f"e{number}-{status}", source="/t", time=f"{day}T10:00:00Z", specversion="1.0", data=data)
    return record_of(event)


def send(platform: Platform, cluster: Cluster, *records: Record) -> None:
    stream = platform.settings.stream
    Topics(cluster).ensure(stream.topic, stream.partitions)
    producer = EventProducer(cluster, stream.topic)
    for record in records:
        producer.send(record)
    producer.flush()


def drained(platform: Platform) -> dict[str, object]:
    report = execute_assets([DRAIN], {}, platform.job, platform.instance)
    assert report.succeeded, report.failed
    return platform.metadata_of(DRAIN)


def up_to_date(platform: Platform) -> None:
    """Bring everything up to date."""
    failed = [each for report in platform.bring_up_to_date() for each in report.failed]
    assert failed == []


def test_without_a_broker_there_is_nothing_to_drain(platform: Platform) -> None:
    assert "There is no broker" in str(drained(platform)["said"])
    assert list(platform.refresh.stream()) == []


def test_a_topic_is_drained_once_and_the_facts_follow(platform: Platform, cluster: Cluster) -> None:
    send(platform, cluster, sold(1, "2024-01-05"), sold(2, "2024-01-06"), sold(2, "2024-01-06", "refunded"))
    send(platform, cluster, Record(b"c1", b"no event", []))
    [report, *_] = platform.bring_up_to_date()
    assert report.succeeded
    assert "streaming/drain" in report.materialized
    assert platform.metadata_of(DRAIN)["dead_letters"] == 1
    assert platform.metadata_of(EVENTS)["records_read"] == 4
    assert platform.rows("select total_revenue, transactions from finance.headline_metrics") == [(10, 1)]
    assert asked(platform, SUMS)
    assert list(platform.refresh.stream()) == [], "nothing new is no report"
    known = known_lineage(platform.settings, platform.sources.contracts)
    [behind] = rows_behind(platform.connection, known, Column("finance/headline_metrics", "total_revenue"), {}, None)
    assert (behind.source, behind.rows, behind.computes_the_same) == ("user_events", 1, True)
    assert json.loads(json.dumps(behind.sample))[0]["event_id"] == "e1-paid"
    assert platform.bring_up_to_date() == []


def test_what_a_file_brings_replaces_what_the_stream_had_on_both_days(platform: Platform, cluster: Cluster) -> None:
    send(platform, cluster, sold(3, "2024-02-05"))
    up_to_date(platform)
    by_day = "select transaction_date::text, amount::int from core.fact_transactions where transaction_id = 's3'"
    assert platform.rows(by_day) == [("2024-02-05", 10)]
    file = platform.drop("revenue", "late.csv", SALES + sale("s3", "2024-02-07", "11"))
    up_to_date(platform)
    assert platform.rows(by_day) == [("2024-02-07", 11)]
    file.path.write_text(SALES + sale("other", "2024-02-09", "11"))
    up_to_date(platform)
    assert platform.rows(by_day) == [("2024-02-05", 10)], "the file has it no more, the stream still does"


def test_a_topic_that_a_consumer_reads_is_left_to_it(platform: Platform, cluster: Cluster) -> None:
    consumed(platform, 7)
    assert "Left to host:1:1" in str(drained(platform)["said"])
    assert list(platform.refresh.stream()) == []


def test_a_broker_that_is_away_is_told_in_one_sentence(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    from echo_assets.streaming import draining
    from echo_streaming.brokers.cluster import BrokerError

    def away(*_: object) -> None:
        raise BrokerError("the broker localhost:1 cannot be used")

    monkeypatch.setattr(draining, "there_is_a_broker", lambda _: True)
    monkeypatch.setattr(draining, "cluster_of", away)
    report = execute_assets([DRAIN], {}, platform.job, platform.instance)
    [failed] = report.failed
    assert "the broker localhost:1 cannot be used" in failed.message

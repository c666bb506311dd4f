"""The same events by stream, by stream and files, and by files alone give the same facts, to the cent."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from platform_under_test import Platform

from echo_assets.streaming.dirty_days import STREAMED, all_days, mark_days_of_events
from echo_streaming.consumer.contents import Contents, Placed
from echo_streaming.consumer.sink import Sink
from echo_streaming.events.reading import Read, read
from echo_streaming.events.types import Event, ExperimentExposure, Signup, Transaction
from echo_streaming.producer.synthetic import Knobs, Population, synthetic

pytestmark = [pytest.mark.database, pytest.mark.slow]

START, COUNT = datetime(2026, 5, 4, 22, 30, tzinfo=UTC), 900
KNOBS = Knobs(rate=0.2, late=0.2, duplicate=0.1, malformed=0.05, out_of_order=0.2)
EXPERIMENTS = """experiment_id,name,unit,arms,control,primary_metric,mde,alpha,power,started_at
E1,Checkout,customer,"{""a"": 0.5, ""b"": 0.5}",a,conversion,0.02,0.05,0.8,2026-01-01T00:00:00Z
"""
PEOPLE = Population([f"C{number}" for number in range(40)], (), {"E1": ("a", "b")})
FACTS = ("core.fact_transactions", "core.fact_experiments", "core.dim_customer", "finance.revenue_daily")


class Records(NamedTuple):
    """What the sink is given, and the events it holds."""

    placed: list[Placed]
    events: list[Event]


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    return ("finance/headline_metrics", "core/fact_experiments", "finance/revenue_daily")


@pytest.fixture(scope="module")
def records() -> Records:
    """Two hours and a quarter over midnight, with late and doubled events; each event once."""
    seen: dict[str, tuple[Placed, Event]] = {}
    for number, sent in enumerate(synthetic(KNOBS, PEOPLE, START, COUNT)):
        found = read(sent.record.value, datetime(2027, 1, 1, tzinfo=UTC))
        if isinstance(found, Read) and sent.event is not None:
            seen.setdefault(found.event_id, ((found, (0, number)), sent.event))
    return Records([placed for placed, _ in seen.values()], [event for _, event in seen.values()])


def up_to_date(platform: Platform) -> dict[str, tuple[Any, ...]]:
    """Bring everything up to date; rows and hash of each table, over all of its columns."""
    assert [step for report in platform.bring_up_to_date() for step in report.failed] == []
    content = "select count(*), md5(string_agg(t::text, e'\\n' order by t::text)) from {} as t"
    return {table: platform.rows(content.format(table))[0] for table in FACTS}


def first_and_latest(events: Iterable[Event], key: Callable[[Any], Any]) -> Iterable[tuple[Any, Any]]:
    """By key, the first event and the latest."""
    found: dict[Any, list[Event]] = {}
    for event in sorted(events, key=lambda each: (datetime.fromisoformat(each.time), each.id)):
        found.setdefault(key(event), []).append(event)
    return [(each[0], each[-1]) for each in found.values()]


def as_csv(columns: str, rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns.split(","))
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    return text.getvalue()


def sales_file(events: Iterable[Event]) -> str:
    columns = (
        "transaction_id,amount,customer_id,status,currency,product_id,product,quantity,discount,channel,payment_method"
    )
    sales = first_and_latest(
        (each for each in events if isinstance(each, Transaction)), lambda each: each.data.transaction_id
    )
    rows = (
        [first.time[:10], *(getattr(latest.data, name) for name in columns.split(","))] for first, latest in sales
    )  # fmt: skip
    return as_csv(f"date,{columns}", rows)


def customers_file(events: Iterable[Event]) -> str:
    columns = "customer_id,email,name,segment,plan_type,acquisition_channel"
    people = first_and_latest((each for each in events if isinstance(each, Signup)), lambda each: each.data.customer_id)
    rows = (
        [first.time, first.time, *(getattr(first.data, name) for name in columns.split(","))] for first, _ in people
    )
    return as_csv(f"updated_at,created_at,{columns}", rows)


def assignments_file(events: Iterable[Event]) -> str:
    units = first_and_latest(
        (each for each in events if isinstance(each, ExperimentExposure)),
        lambda each: (each.data.experiment_id, each.data.user_id, each.data.variant),
    )
    rows = ((first.data.experiment_id, first.data.user_id, first.data.variant, first.time) for first, _ in units)
    return as_csv("experiment_id,user_id,variant,assigned_at", rows)


def test_by_stream_by_both_and_by_files_the_facts_are_the_same(platform: Platform, records: Records) -> None:
    platform.drop("experiments", "e.csv", EXPERIMENTS)
    sink = Sink(platform.settings.stream.terms(platform.settings.timezone), mark_days_of_events)
    with platform.connection.transaction():
        sink.apply(platform.connection, Contents.of(records.placed))
    by_stream = up_to_date(platform)
    assert by_stream["core.fact_transactions"][0] == len(
        {each.data.transaction_id for each in records.events if isinstance(each, Transaction)}
    )
    assert by_stream["core.fact_experiments"][0] > 0

    platform.drop("revenue", "sales.csv", sales_file(records.events))
    platform.drop("customers", "people.csv", customers_file(records.events))
    platform.drop("experiment_assignments", "units.csv", assignments_file(records.events))
    assert up_to_date(platform) == by_stream, "what came by both counts once"

    mark_days_of_events(
        platform.connection,
        {each.kind: all_days(platform.connection, each, platform.settings.timezone) for each in STREAMED},
    )
    platform.execute("truncate streaming.user_events, streaming.transactions, streaming.experiment_exposures")
    assert up_to_date(platform) == by_stream, "what came by files alone is the same"
    assert platform.value("select count(*) from staging.revenue") == by_stream["core.fact_transactions"][0]

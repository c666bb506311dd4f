"""Alerts reach a real HTTP sink: once each, together, not too many, and again after the sink was down."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import dagster as dg
import psycopg
import pytest
from alert_sink import SECRET, Sink, SourcesOver, ledger_alone, listening_sink

from echo_assets import server
from echo_assets.alerts.delivery import alert_delivery_sensor, deliver_alerts, sent, services_of, try_out
from echo_assets.alerts.messages import Message
from echo_assets.alerts.outbox import Delivered, Policy, deliver
from echo_assets.settings import Settings

pytestmark = pytest.mark.database

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
CHECK = {"asset": "staging/revenue", "check": "keys_are_unique", "partition": None, "place": "staging/revenue"}
SUBJECT = "staging/revenue: keys_are_unique"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with listening_sink() as found:
        yield found


@pytest.fixture(scope="module")
def ledger(databases: server.Databases) -> Iterator[psycopg.Connection]:
    with ledger_alone(databases, "test_alert_delivery") as connection:
        yield connection


@pytest.fixture
def outbox(ledger: psycopg.Connection, sink: Sink, settings: Settings) -> Iterator[Outbox]:
    yield Outbox(ledger, sink, settings)
    ledger.execute("truncate ops.alerts, ops.check_results restart identity")


@dataclass
class Outbox:
    """Raises alerts and runs rounds of delivery over a clock of its own."""

    connection: psycopg.Connection[Any]
    sink: Sink
    settings: Settings
    now: datetime = NOON

    def result(self, *, passed: bool = False) -> int:
        """A new result of the check."""
        row = self.connection.execute(
            """insert into ops.check_results (asset, check_name, passed, severity)
               values ('staging/revenue', 'keys_are_unique', %s, 'ERROR') returning check_result_id""",
            [passed],
        ).fetchone()
        assert row
        return int(row[0])

    def red(self, **details: Any) -> int:
        """The check turns, or stays, red; the alert about it."""
        return self.raise_alert(SUBJECT, **{**CHECK, "check_result_id": self.result(), **details})

    def raise_alert(self, subject: str, kind: str = "check_failure", **details: Any) -> int:
        row = self.connection.execute(
            """insert into ops.alerts (raised_at, kind, subject, message, metadata)
               values (%s, %s, %s, 'ERROR: it does not hold', %s) returning alert_id""",
            [self.now, kind, subject, json.dumps(details)],
        ).fetchone()
        assert row
        return int(row[0])

    def sources(self, urls: str | None, most: int = 20) -> SourcesOver:
        """The installation with these addresses."""
        settings = replace(self.settings, alert_url=urls, alert_max_per_hour=most)
        return SourcesOver(settings, lambda: self.now, self.connection)

    def round(self, after: timedelta = timedelta(), most: int = 20, urls: str | None = None) -> Delivered:
        """One tick of the sensor, some time later."""
        self.now += after
        return deliver_alerts(self.sources(urls or self.sink.url, most))

    def state(self, alert: int) -> dict[str, Any]:
        with self.connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
            found = cursor.execute("select * from ops.alerts where alert_id = %s", [alert]).fetchone()
        assert found
        return found


def test_an_alert_arrives_with_owner_rows_runbook_and_where_to_look_and_is_marked(outbox: Outbox) -> None:
    sample = [{"transaction_id": "t1", "rows": 2}]
    alert = outbox.red(owner="analytics_team", runbook="docs/runbook.md#keys-are-unique", sample=sample)
    assert outbox.round() == Delivered(told=1)
    [message] = outbox.sink.arrived
    assert message["title"] == f"Echo: a check is red: {SUBJECT}"
    for part in (
        "ERROR: it does not hold", "Owner: analytics_team", "rows=2, transaction_id=t1",
        "docs/runbook.md#keys-are-unique", "echoctl quality report",
    ):  # fmt: skip
        assert part in message["message"]
    state = outbox.state(alert)
    assert (state["delivered_at"], state["attempts"], state["error"], state["told"]) == (NOON, 1, None, ["1 json"])
    assert outbox.round() == Delivered()
    assert len(outbox.sink.arrived) == 1


def test_a_sink_that_is_down_is_tried_again_after_longer_and_longer_waits(outbox: Outbox) -> None:
    outbox.sink.status = 503
    alert = outbox.red()
    assert outbox.round() == Delivered(failed=1)
    assert outbox.round(timedelta(seconds=29)) == Delivered(), "it waits before it tries again"
    assert outbox.round(timedelta(seconds=1)) == Delivered(failed=1)
    assert outbox.round(timedelta(seconds=59)) == Delivered()
    state = outbox.state(alert)
    assert (state["attempts"], state["error"], state["delivered_at"]) == (2, "1 json: answered 503", None)
    outbox.sink.status = 200
    assert outbox.round(timedelta(seconds=1)) == Delivered(told=1)
    assert outbox.state(alert)["error"] is None
    assert len(outbox.sink.arrived) == 1


def test_a_round_that_dies_after_sending_tells_it_again_and_never_not_at_all(outbox: Outbox) -> None:
    alert = outbox.red()

    def sends_and_dies(_service: str, message: Message) -> str | None:
        assert sent(outbox.sink.url, message) is None
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deliver(outbox.connection, ["1 json"], sends_and_dies, Policy(), NOON)
    assert outbox.state(alert)["delivered_at"] is None
    assert outbox.round() == Delivered(told=1)
    assert len(outbox.sink.arrived) == 2


def test_a_service_that_took_it_is_not_told_again_because_another_did_not(outbox: Outbox) -> None:
    alert = outbox.red()
    both = f"{outbox.sink.url}, json://127.0.0.1:1/{SECRET}"
    assert outbox.round(urls=both) == Delivered(failed=1)
    assert outbox.round(timedelta(minutes=5), urls=both) == Delivered(failed=1)
    assert len(outbox.sink.arrived) == 1
    state = outbox.state(alert)
    assert (state["told"], state["error"]) == (["1 json"], "2 json: cannot be reached")


def test_a_check_that_stays_red_is_told_once_until_it_was_green_or_a_day_is_over(outbox: Outbox) -> None:
    first, again = outbox.red(), outbox.red(sample=[{"rows": 3}])
    assert outbox.round() == Delivered(told=1)
    assert outbox.state(again)["suppressed_by"] == first
    outbox.red()
    assert outbox.round(timedelta(hours=23)) == Delivered()
    outbox.result(passed=True)
    outbox.red()
    assert outbox.round() == Delivered(told=1)
    outbox.now += timedelta(hours=25)
    outbox.red()
    assert outbox.round() == Delivered(told=1)
    assert len(outbox.sink.arrived) == 3


def test_what_is_about_one_file_goes_out_together_with_the_refusal_first(outbox: Outbox) -> None:
    place = "staging/revenue [bad-csv--1]"
    for rule in ("amount_valid", "status_accepted"):
        outbox.raise_alert(f"{place}: {rule}", place=place, sample=[{"broken": rule}])
    outbox.raise_alert("revenue/bad.csv was refused", "load_refused", place=place)
    assert outbox.round() == Delivered(told=1)
    [message] = outbox.sink.arrived
    assert message["title"] == "Echo: a file was refused: revenue/bad.csv was refused (and 2 more)"
    assert f"- {place}: amount_valid" in message["message"]
    assert "broken=status_accepted" in message["message"]


def test_a_flood_is_summed_up_and_the_next_hour_begins_anew(outbox: Outbox) -> None:
    alerts = [outbox.raise_alert(f"core/model_{number}: holds") for number in range(10)]
    assert outbox.round(most=3) == Delivered(told=3)
    assert outbox.sink.titles[-1] == "Echo: 8 more alerts"
    assert "core/model_9: holds" in outbox.sink.arrived[-1]["message"]
    assert all(outbox.state(alert)["delivered_at"] for alert in alerts)
    late = outbox.raise_alert("core/late: holds")
    assert outbox.round(timedelta(minutes=59), most=3) == Delivered(waiting=1)
    assert outbox.state(late)["delivered_at"] is None
    assert outbox.round(timedelta(minutes=2), most=3) == Delivered(told=1)


def test_what_was_raised_long_before_there_was_an_address_is_one_message(outbox: Outbox) -> None:
    for number in range(5):
        outbox.raise_alert(f"core/model_{number}: holds")
    outbox.now += timedelta(days=30)
    outbox.raise_alert("core/new: holds")
    assert outbox.round() == Delivered(told=2)
    assert sorted(outbox.sink.titles) == ["Echo: 5 more alerts", "Echo: a check is red: core/new: holds"]


def test_no_address_no_message_and_no_connection(outbox: Outbox) -> None:
    alert = outbox.red()
    sensor = alert_delivery_sensor(
        SourcesOver(replace(outbox.settings, alert_url=None), lambda: NOON, outbox.connection)
    )
    skipped = sensor(dg.build_sensor_context())
    assert "ECHO_ALERT_URL is not set" in str(skipped)
    assert outbox.state(alert)["attempts"] == 0
    assert outbox.sink.arrived == []


def test_the_sensor_says_what_it_did_and_nothing_shows_the_url(
    outbox: Outbox, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    logged, root = StringIO(), logging.getLogger()
    handler = logging.StreamHandler(logged)  # pytest's own listens even to loggers that pass nothing on
    root.addHandler(handler)
    request.addfinalizer(lambda: root.removeHandler(handler))
    outbox.red()
    urls = f"{outbox.sink.url},nonsense://{SECRET},json://{SECRET}.invalid:9/{SECRET}"
    sensor = alert_delivery_sensor(
        SourcesOver(replace(outbox.settings, alert_url=urls), lambda: NOON, outbox.connection)
    )
    said = str(sensor(dg.build_sensor_context()))
    assert "0 messages sent, 1 not taken" in said
    [(error,)] = outbox.connection.execute("select error from ops.alerts").fetchall()
    assert error == "2 nonsense: no URL that Apprise knows; 3 json: cannot be reached"
    printed = capfd.readouterr()
    assert SECRET not in f"{said}{error}{printed.out}{printed.err}{logged.getvalue()}"


def test_a_value_of_a_file_is_no_markup_and_no_mention(outbox: Outbox) -> None:
    outbox.red(sample=[{"note": "<!channel> @everyone\n# look"}])
    outbox.round()
    body = outbox.sink.arrived[0]["message"]
    assert "<!channel>" not in body
    assert "@everyone" not in body
    assert "\n# look" not in body


def test_addresses_are_told_apart_and_shown_by_place_and_kind_only() -> None:
    urls = "mailto://me:x@example.com?to=a@b.c,d@e.f, slack://T1/T2/T3/#ops"
    assert services_of(urls) == {
        "1 mailto": "mailto://me:x@example.com?to=a@b.c,d@e.f", "2 slack": "slack://T1/T2/T3/#ops",
    }  # fmt: skip


def test_a_test_message_says_which_service_takes_it(sink: Sink, settings: Settings) -> None:
    urls = f"{sink.url},json://127.0.0.1:1/"
    assert try_out(replace(settings, alert_url=urls)) == {"1 json": None, "2 json": "cannot be reached"}
    assert sink.titles == ["Echo: a test"]

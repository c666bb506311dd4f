"""What becomes an alert: red checks with whose they are and their rows masked, refused files, and restated figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest
from alert_sink import SourcesOver, ledger_alone

from echo_assets.alerts.raising import alert_sensors
from echo_assets.server import Databases
from echo_assets.settings import Settings

pytestmark = pytest.mark.database

Tick = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def ledger(databases: Databases) -> Iterator[psycopg.Connection[Any]]:
    with ledger_alone(databases, "test_alert_raising") as connection:
        yield connection


@pytest.fixture
def tick(ledger: psycopg.Connection[Any], settings: Settings) -> Iterator[Tick]:
    """tick(after=...): look once, that much later, and return the alerts that it raised."""
    cursors = ["0"]

    def look(after: timedelta = timedelta(), **changed: Any) -> list[tuple[Any, ...]]:
        sources = SourcesOver(replace(settings, **changed), lambda: datetime.now(UTC) + after, ledger)
        [sensor] = [each for each in alert_sensors(sources) if each.name == "check_failure_sensor"]
        [(newest,)] = ledger.execute("select coalesce(max(alert_id), 0) from ops.alerts").fetchall()
        result = sensor(dg.build_sensor_context(cursor=cursors[-1]))
        assert isinstance(result, dg.SensorResult)
        cursors.append(str(result.cursor))
        return ledger.execute(
            "select kind, subject, message, metadata from ops.alerts where alert_id > %s order by alert_id", [newest]
        ).fetchall()

    yield look
    ledger.execute("truncate ops.alerts, ops.check_results, ops.loads, ops.restatements restart identity")


def judge(ledger: psycopg.Connection[Any], *, passed: bool, severity: str = "ERROR", sample: str = "[]") -> None:
    ledger.execute(
        """insert into ops.check_results (asset, check_name, passed, severity, metadata) values
           ('staging/customers', 'keys_are_unique', %s, %s,
            jsonb_build_object('description', 'Each key once.', 'sample', %s::jsonb))""",
        [passed, severity, sample],
    )


def test_rows_of_a_red_check_are_shown_without_what_is_personal(ledger: psycopg.Connection[Any], tick: Tick) -> None:
    judge(ledger, passed=False, sample='[{"customer_id": "c1", "email": "ann@example.com", "rows": 2}]')
    [(kind, subject, message, told)] = tick()
    assert (kind, subject, message) == ("check_failure", "staging/customers: keys_are_unique", "ERROR: Each key once.")
    assert told["owner"] == "analytics_team"
    assert told["sample"][0]["rows"] == 2
    assert "ann@example.com" not in str(told)


def test_a_warning_and_a_green_check_are_no_alert(ledger: psycopg.Connection[Any], tick: Tick) -> None:
    judge(ledger, passed=True)
    judge(ledger, passed=False, severity="WARN")
    assert tick() == []


def test_a_check_that_is_still_red_a_day_later_is_raised_again(ledger: psycopg.Connection[Any], tick: Tick) -> None:
    judge(ledger, passed=False)
    assert len(tick()) == 1
    judge(ledger, passed=False)
    assert tick(timedelta(hours=23)) == []
    judge(ledger, passed=False)
    assert len(tick(timedelta(hours=25))) == 1
    assert tick(timedelta(hours=50)) == [], "nobody has asked it since"


def test_a_refused_file_is_raised_once(ledger: psycopg.Connection[Any], tick: Tick) -> None:
    ledger.execute(
        """insert into ops.loads (source, file, partition_key, sha256, bytes, modified_ns, contract_version,
           max_rejected_share, status, reason) values
           ('revenue', 'bad.csv', 'bad-csv--1', '', 0, 0, '1.0.0', 0.05, 'refused', 'no header')"""
    )
    [(kind, subject, message, told)] = tick()
    assert (kind, subject, message) == ("load_refused", "revenue/bad.csv was refused", "no header")
    assert told["place"] == "staging/revenue [bad-csv--1]"
    assert tick() == []


def test_restated_figures_are_told_only_to_those_who_ask(ledger: psycopg.Connection[Any], tick: Tick) -> None:
    ledger.execute(
        """insert into ops.restatements (asset, period, grain, figure, before, after, cause) values
           ('finance/revenue_summary', '2024-01-01', '', 'total_revenue', 1, 2, '{}'),
           ('finance/revenue_summary', '2024-03-01', '', 'total_revenue', 1, 2, '{}')"""
    )
    assert tick() == []
    [(kind, subject, message, _)] = tick(alert_restatements=True)
    assert (kind, subject) == ("restatement", "finance/revenue_summary")
    assert message == "2 figures of closed periods changed, from 2024-01-01 to 2024-03-01"
    assert tick(alert_restatements=True) == []

"""The stream within the platform: days that the planner sees, exposures that are served, the broker of the settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.streaming.brokers import cluster_of, embedded_broker
from echo_assets.streaming.dirty_days import SOURCES, mark_days_of_events
from echo_assets.streaming.exposures import counted, write
from echo_streaming.events.types import TAGS

DAY = date(2026, 5, 4)


@pytest.fixture
def connection(platform: Any) -> Any:
    with psycopg.connect(platform.sources.url(), autocommit=True) as opened:
        yield opened


def test_every_kind_of_event_has_the_source_of_files_that_has_the_same_rows(platform: Any) -> None:
    assert set(SOURCES) == set(TAGS)
    assert set(SOURCES.values()) <= set(platform.sources.contracts)


def test_days_of_events_are_marked_under_the_source_of_files(connection: Any) -> None:
    mark_days_of_events(connection, {"transaction": [DAY], "experiment_exposure": [DAY]})
    marked = connection.execute("select source, day from ops.dirty_days order by source").fetchall()
    assert marked == [("experiment_assignments", DAY), ("revenue", DAY)]


def test_exposures_of_files_and_stream_count_once_as_the_fact_counts_them(connection: Any) -> None:
    moments = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 2, 3)]
    connection.execute(
        """insert into staging.experiments (experiment_id, name, unit, arms, control, primary_metric, mde, alpha, power,
           started_at, _row_id) select id, id, unit, '{"a": 1}', 'a', 'm', 0.1, 0.05, 0.8, %s, 0
           from (values ('e1', 'customer'), ('e2', 'customer'), ('s1', 'session')) as e (id, unit)""",
        [moments[0]],
    )
    connection.execute(
        """insert into staging.experiment_assignments (experiment_id, user_id, variant, assigned_at, _row_id)
           values ('e1', 'C1', 'a', %s, 1)""",
        [moments[1]],
    )
    connection.cursor().executemany(
        "insert into streaming.experiment_exposures values (%s, %s, %s, 3, %s, %s)",
        [
            ("C1", "e1", "a", moments[0], moments[2]),
            ("C1", "e1", "b", moments[2], moments[2]),
            ("C1", "e2", "a", moments[2], moments[2]),
            ("C1", "s1", "a", moments[2], moments[2]),
        ],
    )
    found = counted(connection, ["C1", "nobody"])
    assert [(each.customer_id, each.experiment_exposure_count, each.event_timestamp) for each in found] == [
        ("C1", 2, moments[2])
    ]
    write(connection, found)
    served = connection.execute(
        "select customer_id, event_timestamp, experiment_exposure_count from feature_online.customer_exposures"
    ).fetchall()
    assert served == [("C1", moments[2], 2)]


def test_an_older_state_leaves_a_newer_one(connection: Any) -> None:
    from echo_ml.features.publishing import Exposure

    write(connection, [Exposure("C2", 5, datetime(2026, 5, 2, tzinfo=UTC))])
    write(connection, [Exposure("C2", 1, datetime(2026, 5, 1, tzinfo=UTC))])
    query = "select experiment_exposure_count from feature_online.customer_exposures where customer_id = 'C2'"
    assert connection.execute(query).fetchall() == [(5,)]


def test_a_broker_of_the_users_is_spoken_to_as_the_settings_say(tmp_path: Path) -> None:
    given = {
        "ECHO_HOME": str(tmp_path), "ECHO_KAFKA_BOOTSTRAP": "kafka.example.com:9093",
        "ECHO_KAFKA_SECURITY_PROTOCOL": "sasl_ssl", "ECHO_KAFKA_SASL_MECHANISM": "PLAIN",
        "ECHO_KAFKA_SASL_USERNAME": "echo", "ECHO_KAFKA_SASL_PASSWORD": "secret",
    }  # fmt: skip
    settings = Settings.from_environment(given)
    cluster = cluster_of(settings)
    assert not cluster.is_embedded
    assert cluster.options({})["security.protocol"] == "sasl_ssl"
    assert "secret" not in repr(cluster)
    assert Sources(settings).settings.stream.topic == "user_events"
    assert embedded_broker(settings).running() is None

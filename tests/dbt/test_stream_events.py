"""The stream's events in staging: none while there is no stream, all of them once its table exists."""

from __future__ import annotations

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database

VIEW = "stg_stream_events"


def test_without_a_stream_there_are_no_events_and_nothing_fails(dbt: Dbt, warehouse: Warehouse) -> None:
    assert dbt("build", "--select", VIEW).success
    assert warehouse.rows("select * from stg.stg_stream_events") == []


def test_events_are_there_once_the_stream_has_a_table(dbt: Dbt, warehouse: Warehouse) -> None:
    warehouse.connection.execute(
        b"""create schema streaming;
        create table streaming.user_events (event_id text, event_type text, event_at timestamptz, payload jsonb);
        insert into streaming.user_events values ('e1', 'signup', '2024-02-01T00:30+01:00', '{}')"""
    )
    try:
        assert dbt("build", "--select", VIEW).success
        assert warehouse.rows("select event_id, event_type, event_date::text from stg.stg_stream_events") == [
            ("e1", "signup", "2024-01-31")
        ]
    finally:
        warehouse.connection.execute(b"drop schema streaming cascade")
        dbt("build", "--select", VIEW)

"""The events of what a run is going to make, written all at once.

Dagster plans an event for each day of each table and for each check, and its storage takes several statements for every
one of them. What is written is what Dagster writes, but for one thing: a check is planned once, not once a day, because
no check of ours is by day; Dagster would leave the days' plans behind, unanswered for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, SqlEventLogStorageTable
from dagster._serdes import serialize_value
from dagster_postgres import PostgresEventLogStorage

_TABLES = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
_CHECKS = dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED


def are_planned(events: Sequence[dg.EventLogEntry]) -> bool:
    """Whether these events are nothing but plans."""
    return {event.dagster_event_type for event in events} <= {_TABLES, _CHECKS}


def store_planned(storage: PostgresEventLogStorage, events: Sequence[dg.EventLogEntry]) -> None:
    """Write plans in one transaction: the events, the last one of each table, and the checks that await an answer."""
    own = SqlEventLogStorageTable
    with storage.index_transaction() as connection:
        inserted = own.insert().returning(own.c.id, sort_by_parameter_order=True)
        ids = connection.execute(inserted, [storage._event_to_row(event) for event in events]).scalars().all()
        written = list(zip(events, ids, strict=True))
        for event, event_id in {_key(event): (event, event_id) for event, event_id in written}.values():
            storage._store_asset_event(connection, event, event_id)
        if awaited := [_awaited(storage, *pair) for pair in written if pair[0].dagster_event_type is _CHECKS]:
            connection.execute(AssetCheckExecutionsTable.insert(), awaited)


def _key(event: dg.EventLogEntry) -> dg.AssetKey | None:
    return event.get_dagster_event().asset_key


def _awaited(storage: PostgresEventLogStorage, event: dg.EventLogEntry, event_id: int) -> dict[str, Any]:
    """The row that the check's evaluation will complete."""
    planned = event.get_dagster_event().asset_check_planned_data
    return {
        "asset_key": planned.asset_key.to_string(),
        "check_name": planned.check_name,
        "run_id": event.run_id,
        "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
        "evaluation_event": serialize_value(event),
        "evaluation_event_timestamp": storage._event_insert_timestamp(event),
        "evaluation_event_storage_id": event_id,
    }

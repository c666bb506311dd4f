"""The history of dbt's tests: every result that passes by on its way to Dagster is also kept in `ops.check_results`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from echo_assets.dbt.details import FAILING_SAMPLE
from echo_assets.dbt.outcome import AssetEvent
from echo_assets.runbook import WHAT_TO_DO

_FAILED_ROWS = "dagster_dbt/failed_row_count"

_INSERT = """
insert into ops.check_results (asset, check_name, passed, severity, blocking, run_id, metadata)
values (%s, %s, %s, %s, %s, %s, %s)
"""


def recorded(events: Iterable[AssetEvent], url: str, run_id: str) -> Iterator[AssetEvent]:
    """The same events; the test results among them are stored when they end, however that is."""
    results: list[dg.AssetCheckResult] = []
    try:
        for event in events:
            if isinstance(event, dg.AssetCheckResult):
                results.append(event)
            yield event
    finally:
        _store(results, url, run_id)


def _store(results: list[dg.AssetCheckResult], url: str, run_id: str) -> None:
    import psycopg

    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        found = cursor.execute("select to_regclass('ops.check_results')").fetchone()
        if found and found[0]:  # a database that only dbt knows has no ledger
            cursor.executemany(_INSERT, [_row(result, run_id) for result in results])


def _row(result: dg.AssetCheckResult, run_id: str) -> tuple[object, ...]:
    from psycopg.types.json import Jsonb

    is_error = result.severity is dg.AssetCheckSeverity.ERROR
    asset = result.asset_key.to_user_string() if result.asset_key else ""
    metadata = Jsonb(_plain(result.metadata or {}))
    return asset, result.check_name, result.passed, result.severity.value, is_error, run_id, metadata


def _plain(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a result: text, a description in words, and the failing rows under the name of all `sample`s."""
    kept = metadata.keys() - {FAILING_SAMPLE, WHAT_TO_DO}
    found: dict[str, Any] = {name: str(metadata[name].value) for name in sorted(kept)}
    if FAILING_SAMPLE in metadata:
        found["sample"] = [dict(record.data) for record in metadata[FAILING_SAMPLE].records]
    return {"description": f"Rows that fail the dbt test: {found.get(_FAILED_ROWS, 'unknown')}.", **found}

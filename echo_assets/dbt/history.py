"""The history of dbt's tests: every result that passes by on its way to Dagster is also kept in `ops.check_results`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import dagster as dg

from echo_assets.dbt.outcome import AssetEvent

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
    metadata = {name: str(value.value) for name, value in (result.metadata or {}).items()}
    asset = result.asset_key.to_user_string() if result.asset_key else ""
    return asset, result.check_name, result.passed, result.severity.value, is_error, run_id, Jsonb(metadata)

"""Checks of `streaming/user_events`: pulse, broker, lag, dead letters, sums. What they ask is in `streaming/checks.py`.

They are asked by `data_quality_job`; those that turn red by waiting also by `freshness_job` and by the stream's sensor.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.event_streams import EVENTS
from echo_assets.source_checks import record, result_of, runbook_link
from echo_assets.sources import Sources
from echo_assets.streaming.checks import CHECKS, StreamCheck
from echo_quality.findings import Finding

if TYPE_CHECKING:
    from psycopg import Connection


def stream_checks(sources: Sources) -> dg.AssetChecksDefinition:
    """One step of checks."""

    @dg.multi_asset_check(name="watch_stream", can_subset=True, specs=[_spec(sources, check) for check in CHECKS])
    def watch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for check in CHECKS:
            if key_of(check) in context.selected_asset_check_keys:
                with sources.connection() as connection:
                    finding = check.ask(connection, sources.settings.stream)
                    yield recorded(connection, sources, check, finding, context.run.run_id)

    return watch


def key_of(check: StreamCheck) -> dg.AssetCheckKey:
    """Under which a check is known."""
    return dg.AssetCheckKey(EVENTS, check.name)


def recorded(
    connection: "Connection[Any]", sources: Sources, check: StreamCheck, finding: Finding, run_id: str | None
) -> dg.AssetCheckResult:
    """Keep a verdict in the history of all verdicts, and return it as Dagster shows it."""
    known = check.as_source_check(sources.settings.stream)
    record(connection, key_of(check), known, finding, run_id)
    return result_of(key_of(check), known, finding)


def _spec(sources: Sources, check: StreamCheck) -> dg.AssetCheckSpec:
    known = check.as_source_check(sources.settings.stream)
    metadata = {"runbook": runbook_link(known), "owner": "analytics_team"}
    return dg.AssetCheckSpec(check.name, asset=EVENTS, description=check.asks, metadata=metadata)

"""The sensor that tells Dagster what the consumer does: its tables have new rows, it lags, it is gone.

It reads the consumer's own tables and never talks to Kafka; so it says the same, wherever the consumer runs.
"""

import json
from typing import Any

import dagster as dg

from echo_assets.event_streams import told_of
from echo_assets.sources import Sources
from echo_assets.stream_checks import recorded
from echo_assets.streaming.checks import CHECKS
from echo_assets.streaming.progress import progress_of

_INTERVAL = 30


def stream_sensor(sources: Sources) -> dg.SensorDefinition:
    """Reports the tables of the stream whenever records were written, and a check whenever its verdict is another."""

    @dg.sensor(
        name="stream_sensor",
        asset_selection=dg.AssetSelection.groups("streaming"),
        minimum_interval_seconds=_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports what the consumer has written, and asks whether it is alive and keeps up.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        before = json.loads(context.cursor or "{}")
        with sources.connection(read_only=True) as connection:
            progress = progress_of(connection, sources.settings.stream)
        if not progress.partitions:
            return dg.SkipReason("nobody has consumed the stream yet: `echoctl stream consume` does")
        told: list[Any] = told_of(sources) if progress.records != before.get("records") else []
        verdicts, turned = _verdicts(sources, before.get("verdicts", {}))
        cursor = json.dumps({"records": progress.records, "verdicts": verdicts})
        reason = None if told or turned else "nothing was written, and every verdict stands"
        return dg.SensorResult(asset_events=[*told, *turned], cursor=cursor, skip_reason=reason)

    return sense


def _verdicts(sources: Sources, before: dict[str, bool]) -> tuple[dict[str, bool], list[dg.AssetCheckEvaluation]]:
    """The verdicts of the checks that turn by waiting, and those that are other ones than before."""
    verdicts, turned = {}, []
    with sources.connection() as connection:
        for check in (each for each in CHECKS if each.alive):
            finding = check.ask(connection, sources.settings.stream)
            verdicts[check.name] = finding.passed
            if before.get(check.name) != finding.passed:
                turned.append(_evaluation(recorded(connection, sources, check, finding, None)))
    return verdicts, turned


def _evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    """A result as it is reported where no step is running."""
    assert result.asset_key is not None and result.check_name is not None  # noqa: S101 - both are given above
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        description=result.description,
        metadata=result.metadata or {},
    )

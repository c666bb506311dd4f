"""Alerts: a failed run or a red check becomes a row of `ops.alerts` and a line in the log, once."""

from collections.abc import Mapping

import dagster as dg

from echo_assets.sources import Sources

_INSERT = """
insert into ops.alerts (kind, subject, message, run_id, metadata)
select %(kind)s, %(subject)s, %(message)s, %(run_id)s, %(cause)s
where not exists (select from ops.alerts where kind = %(kind)s and metadata @> %(cause)s)
"""
_INTERVAL = 30
_OVERLAP = 1000
"""Results are numbered before they are committed, so that a lower number may appear after a higher one."""

_NEWEST = "select coalesce(max(check_result_id), %s) from ops.check_results"

_NEW_FAILURES = """
select check_result_id, asset, check_name, partition, severity, run_id, metadata ->> 'description'
from ops.check_results as result
where check_result_id > %s and check_result_id <= %s and not passed and severity = 'ERROR' and not exists (
    select from (
        select passed, severity, metadata from ops.check_results as earlier
        where (earlier.asset, earlier.check_name) = (result.asset, result.check_name)
            and earlier.partition is not distinct from result.partition
            and earlier.check_result_id < result.check_result_id
        order by earlier.check_result_id desc limit 1
    ) as before
    where not before.passed and before.severity = 'ERROR'
        and before.metadata -> 'sample' is not distinct from result.metadata -> 'sample'
)
order by check_result_id
"""


def alert_sensors(sources: Sources) -> list[dg.SensorDefinition]:
    """A sensor on failed runs and one on failed checks, both on from the start."""
    return [_run_failures(sources), _check_failures(sources)]


def raise_alert(
    sources: Sources, kind: str, subject: str, message: str, run_id: str | None, cause: Mapping[str, str | int]
) -> bool:
    """Write one alert; False if one of the same kind and cause is there already, as when a tick is repeated."""
    from psycopg.types.json import Jsonb

    values = {"kind": kind, "subject": subject, "message": message, "run_id": run_id, "cause": Jsonb(dict(cause))}
    with sources.connection() as connection:
        return connection.execute(_INSERT, values).rowcount > 0


def _run_failures(sources: Sources) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="run_failure_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=_INTERVAL,
        monitor_all_code_locations=True,
        description="Writes an alert for each run that fails.",
    )
    def sense(context: dg.RunFailureSensorContext) -> None:
        run, message = context.dagster_run, context.failure_event.message or "no reason given"
        if raise_alert(sources, "run_failure", run.job_name, message, run.run_id, {"run_id": run.run_id}):
            context.log.error(f"run {run.run_id} of {run.job_name} failed: {message}")

    return sense


def _check_failures(sources: Sources) -> dg.SensorDefinition:
    @dg.sensor(
        name="check_failure_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=_INTERVAL,
        description="Writes an alert for each check that turns red with severity ERROR, or is red for other rows.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        last = int(context.cursor or 0)
        with sources.connection(read_only=True) as connection:
            [(newest,)] = connection.execute(_NEWEST, [last]).fetchall()
            failures = connection.execute(_NEW_FAILURES, [last - _OVERLAP, newest]).fetchall()
        told = 0
        for identifier, asset, check, partition, severity, run_id, description in failures:
            place, cause = f"{asset} [{partition}]" if partition else asset, {"check_result_id": identifier}
            if raise_alert(sources, "check_failure", f"{place}: {check}", f"{severity}: {description}", run_id, cause):
                context.log.error(f"{place}: {check} does not hold: {description}")
                told += 1
        return dg.SensorResult(skip_reason=f"{told} new alerts", cursor=str(newest))

    return sense

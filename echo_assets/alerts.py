"""Alerts: a failed run or a red check becomes a row of `ops.alerts` and a line in the log, once."""

import dagster as dg

from echo_assets.sources import Sources

_INSERT = """
insert into ops.alerts (kind, subject, message, run_id, metadata) values (%s, %s, %s, %s, %s)
"""
_INTERVAL = 30

_NEW_FAILURES = """
select check_result_id, asset, check_name, partition, severity, run_id, metadata ->> 'description'
from ops.check_results
where check_result_id > %s and not passed and severity = 'ERROR'
order by check_result_id limit 200
"""


def alert_sensors(sources: Sources) -> list[dg.SensorDefinition]:
    """A sensor on failed runs and one on failed checks, both on from the start."""
    return [_run_failures(sources), _check_failures(sources)]


def raise_alert(sources: Sources, kind: str, subject: str, message: str, run_id: str | None) -> None:
    """Write one alert."""
    from psycopg.types.json import Jsonb

    with sources.connection() as connection:
        connection.execute(_INSERT, [kind, subject, message, run_id, Jsonb({})])


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
        raise_alert(sources, "run_failure", run.job_name, message, run.run_id)
        context.log.error(f"run {run.run_id} of {run.job_name} failed: {message}")

    return sense


def _check_failures(sources: Sources) -> dg.SensorDefinition:
    @dg.sensor(
        name="check_failure_sensor",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=_INTERVAL,
        description="Writes an alert for each check that turned red with severity ERROR.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        last = int(context.cursor or 0)
        with sources.connection(read_only=True) as connection:
            failures = connection.execute(_NEW_FAILURES, [last]).fetchall()
        for identifier, asset, check, partition, severity, run_id, description in failures:
            place = f"{asset} [{partition}]" if partition else asset
            raise_alert(sources, "check_failure", f"{place}: {check}", f"{severity}: {description}", run_id)
            context.log.error(f"{place}: {check} is red: {description}")
            last = identifier
        return dg.SensorResult(skip_reason=f"{len(failures)} new alerts", cursor=str(last))

    return sense

"""Alerts: a failed run, a red check or a refused file becomes a row of `ops.alerts` and a line in the log, once.

Who is told of it, and how often, is in `outbox.py`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from echo_assets.alerts.delivery import alert_delivery_sensor
from echo_assets.sources import Sources

_INSERT = """
insert into ops.alerts (kind, subject, message, run_id, metadata)
select %(kind)s, %(subject)s, %(message)s, %(run_id)s, %(metadata)s
where not exists (select from ops.alerts where kind = %(kind)s and metadata @> %(cause)s)
"""
_INTERVAL = 30
_OVERLAP = 1000
"""Results are numbered before they are committed, so that a lower number may appear after a higher one."""

_ROWS = 5
_FILE_LAYERS = ("raw", "staging", "quarantine")

_NEWEST = "select coalesce(max(check_result_id), %s) from ops.check_results"

_NEW_FAILURES = """
select check_result_id, asset, check_name, partition, severity, run_id, metadata ->> 'description' as description,
    metadata ->> 'runbook' as runbook, metadata -> 'sample' as sample
from ops.check_results as result
where check_result_id > %(overlap)s and check_result_id <= %(newest)s and not passed and severity = 'ERROR'
    and (not exists (
        select from (
            select passed, severity, metadata from ops.check_results as earlier
            where (earlier.asset, earlier.check_name) = (result.asset, result.check_name)
                and earlier.partition is not distinct from result.partition
                and earlier.check_result_id < result.check_result_id
            order by earlier.check_result_id desc limit 1
        ) as before
        where not before.passed and before.severity = 'ERROR'
            and before.metadata -> 'sample' is not distinct from result.metadata -> 'sample'
    ) or (check_result_id > %(last)s and not exists (
        select from ops.alerts where kind = 'check_failure' and suppressed_by is null and raised_at > %(since)s
            and subject = asset || coalesce(' [' || partition || ']', '') || ': ' || check_name
    )))
order by check_result_id
"""
"""Checks that turned red or are red for other rows, and those that have been red for so long that it is told again."""

_NEW_REFUSALS = """
select load_id, source, file, partition_key, reason from ops.loads
where status = 'refused' and not exists (
    select from ops.alerts where kind = 'load_refused' and metadata @> jsonb_build_object('load_id', load_id)
)
order by load_id
"""

_NEW_RESTATEMENTS = """
select asset, max(restatement_id) as restatement_id, count(*) as figures,
    min(period)::text as first, max(period)::text as last
from ops.restatements
where restatement_id > coalesce(
    (select max((metadata ->> 'restatement_id')::bigint) from ops.alerts where kind = 'restatement'), 0
)
group by asset order by asset
"""


def alert_sensors(sources: Sources) -> list[dg.SensorDefinition]:
    """A sensor on failed runs, one on failed checks and refused files, and the one that tells; on from the start."""
    return [_run_failures(sources), _check_failures(sources), alert_delivery_sensor(sources)]


def raise_alert(
    sources: Sources, kind: str, subject: str, message: str, run_id: str | None, cause: Mapping[str, str | int],
    details: Mapping[str, Any] | None = None,
) -> bool:  # fmt: skip
    """Write one alert; False if one of the same kind and cause is there already, as when a tick is repeated."""
    from psycopg.types.json import Jsonb

    values = {"kind": kind, "subject": subject, "message": message, "run_id": run_id, "cause": Jsonb(dict(cause))}
    with sources.connection() as connection:
        return connection.execute(_INSERT, {**values, "metadata": Jsonb({**(details or {}), **cause})}).rowcount > 0


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
        description="Writes an alert for each check that turns red with severity ERROR, or is red for other rows, "
        "and for each refused file.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        newest, failures = _new_failures(sources, int(context.cursor or 0))
        raised = [*(_raised_failure(sources, context, row) for row in failures), *_raised_others(sources)]
        told = [subject for subject in raised if subject]
        for subject in told:
            context.log.error(subject)
        return dg.SensorResult(skip_reason=f"{len(told)} new alerts", cursor=str(newest))

    return sense


def _new_failures(sources: Sources, last: int) -> tuple[int, list[dict[str, Any]]]:
    since = sources.clock() - timedelta(hours=sources.settings.alert_repeat_hours)
    with sources.connection(read_only=True) as connection:
        [(newest,)] = connection.execute(_NEWEST, [last]).fetchall()
    asked = {"last": last, "overlap": last - _OVERLAP, "newest": newest, "since": since}
    return newest, _rows(sources, _NEW_FAILURES, asked)


def _rows(sources: Sources, query: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with sources.connection(read_only=True) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()


def _raised_failure(sources: Sources, context: dg.SensorEvaluationContext, row: Mapping[str, Any]) -> str | None:
    """A sentence about the alert, None if it was there."""
    asset, check, partition = row["asset"], row["check_name"], row["partition"]
    place = f"{asset} [{partition}]" if partition else asset
    details = {
        "place": place, "asset": asset, "check": check, "partition": partition, "runbook": row["runbook"],
        "owner": _owner(sources, context, asset), "sample": _masked(sources, row["sample"]),
    }  # fmt: skip
    subject, message = f"{place}: {check}", f"{row['severity']}: {row['description']}"
    cause = {"check_result_id": row["check_result_id"]}
    is_new = raise_alert(sources, "check_failure", subject, message, row["run_id"], cause, details)
    return f"{place}: {check} does not hold: {row['description']}" if is_new else None


def _raised_others(sources: Sources) -> list[str]:
    """Sentences about refused files, and about restated figures if they are asked for."""
    told = []
    for row in _rows(sources, _NEW_REFUSALS):
        place = f"staging/{row['source']} [{row['partition_key']}]"
        contract = sources.contracts.get(row["source"])
        owner = contract.owner if contract else None
        details = {"place": place, "owner": owner, "runbook": "docs/runbook.md#a-refused-load"}
        subject, cause = f"{row['source']}/{row['file']} was refused", {"load_id": row["load_id"]}
        if raise_alert(sources, "load_refused", subject, row["reason"] or "no reason", None, cause, details):
            told.append(f"{subject}: {row['reason']}")
    return told + (_raised_restatements(sources) if sources.settings.alert_restatements else [])


def _raised_restatements(sources: Sources) -> list[str]:
    told = []
    for row in _rows(sources, _NEW_RESTATEMENTS):
        message = f"{row['figures']} figures of closed periods changed, from {row['first']} to {row['last']}"
        details = {"place": row["asset"], "runbook": "docs/runbook.md#a-restated-figure"}
        cause = {"restatement_id": row["restatement_id"]}
        if raise_alert(sources, "restatement", row["asset"], message, None, cause, details):
            told.append(f"{row['asset']}: {message}")
    return told


def _owner(sources: Sources, context: dg.SensorEvaluationContext, asset: str) -> str | None:
    """Who answers: the contract's owner for what is made of files, else the asset's."""
    layer, _, name = asset.partition("/")
    if layer in _FILE_LAYERS and name in sources.contracts:
        return sources.contracts[name].owner
    graph, key = context.repository_def.asset_graph if context.repository_def else None, dg.AssetKey([layer, name])
    owners = graph.get(key).owners if graph and key in graph.get_all_asset_keys() else ()
    return ", ".join(owner.removeprefix("team:") for owner in owners) or None


def _masked(sources: Sources, sample: Any) -> list[dict[str, Any]]:
    """The first failing rows, without what any contract calls personal."""
    from echo_quality.suites.samples import belongs_to, masked_value

    personal = {column.name for each in sources.contracts.values() for column in each.columns if column.personal}
    return [
        {name: masked_value(value) if belongs_to(name, personal) else value for name, value in row.items()}
        for row in (sample or [])[:_ROWS]
        if isinstance(row, dict)
    ]

"""The verdicts that stand now: the latest result of every check that was ever evaluated, and what they mean for a user.

Read from Dagster's event log, where file checks, invariants and dbt tests meet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.unfinished_runs import UNFINISHED

if TYPE_CHECKING:
    from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

_FAILING_ROWS = ("failing_rows", "dagster_dbt/failed_row_count")
_HISTORY = 10

Records = Mapping[dg.AssetCheckKey, "AssetCheckExecutionRecord"]
"""The latest record of each check."""


@dataclass(frozen=True)
class Verdict:
    """One check as it stands."""

    asset: str
    check: str
    passed: bool
    severity: str
    blocking: bool
    message: str
    runbook: str

    @property
    def is_warning(self) -> bool:
        """Red, but nobody is stopped by it."""
        return not self.passed and self.severity == "WARN"

    @property
    def is_failure(self) -> bool:
        """Red with severity ERROR."""
        return not self.passed and self.severity == "ERROR"


@dataclass(frozen=True)
class Verdicts:
    """All verdicts that stand."""

    found: tuple[Verdict, ...]

    @property
    def failures(self) -> list[Verdict]:
        """Red checks, errors first."""
        return sorted((each for each in self.found if not each.passed), key=lambda each: (each.severity, each.asset))

    @property
    def blocking_failures(self) -> list[Verdict]:
        """Red checks that stop what is built on their asset."""
        return [each for each in self.found if each.is_failure and each.blocking]

    def as_json(self) -> dict[str, Any]:
        """Counts, and each red check in full."""
        return {
            "passed": sum(each.passed for each in self.found),
            "warned": sum(each.is_warning for each in self.found),
            "failed": sum(each.is_failure for each in self.found),
            "blocking_failed": len(self.blocking_failures),
            "failures": [
                {
                    "asset": each.asset,
                    "check": each.check,
                    "severity": each.severity,
                    "blocking": each.blocking,
                    "message": each.message,
                    "runbook": each.runbook,
                }
                for each in self.failures
            ],
        }


def standing_verdicts(instance: dg.DagsterInstance, job: dg.JobDefinition) -> Verdicts:
    """The latest evaluation of each check of the job; one that was never evaluated has no verdict.

    A check that a run had planned and did not evaluate is red; while that run goes on, the verdict before it stands.
    """
    records = _latest_records(instance, job)
    unanswered = _unanswered(instance, records)
    found = _red(instance, unanswered)
    for key in records.keys() - unanswered:
        evaluation = _evaluation(records[key]) or _evaluated_before(instance, key)
        found += [_verdict(evaluation)] if evaluation else []
    return Verdicts(tuple(sorted(found, key=lambda each: (each.asset, each.check))))


def unanswered_checks(instance: dg.DagsterInstance, job: dg.JobDefinition) -> frozenset[dg.AssetCheckKey]:
    """Checks that a run had planned and then did not evaluate, because it failed or was cut off."""
    return _unanswered(instance, _latest_records(instance, job))


def _latest_records(instance: dg.DagsterInstance, job: dg.JobDefinition) -> Records:
    keys = job.asset_layer.asset_graph.asset_check_keys
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(sorted(keys, key=str))
    return {key: record for key, record in found.items() if key in keys}


def _evaluation(record: AssetCheckExecutionRecord) -> dg.AssetCheckEvaluation | None:
    """The result, None if it was only planned."""
    found: object = record.evaluation
    return found if isinstance(found, dg.AssetCheckEvaluation) else None


def _unanswered(instance: dg.DagsterInstance, records: Records) -> frozenset[dg.AssetCheckKey]:
    missing = {key: record.run_id for key, record in records.items() if not _evaluation(record)}
    if not missing:
        return frozenset()
    under_way = {run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))}
    return frozenset(key for key, run_id in missing.items() if run_id not in under_way)


def _evaluated_before(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dg.AssetCheckEvaluation | None:
    """The last completed evaluation, if there is one."""
    history = instance.event_log_storage.get_asset_check_execution_history(key, limit=_HISTORY)
    return next(filter(None, map(_evaluation, history)), None)


def _red(instance: dg.DagsterInstance, unanswered: Collection[dg.AssetCheckKey]) -> list[Verdict]:
    """Verdicts of unanswered checks: an error, but a warning on an asset that was never built."""
    records = instance.get_asset_records(sorted({key.asset_key for key in unanswered})) if unanswered else ()
    built = {record.asset_entry.asset_key for record in records if record.asset_entry.last_materialization_record}
    message = "was planned and never evaluated: its step was skipped or cut off"
    return [
        Verdict(
            asset=key.asset_key.to_user_string(),
            check=key.name,
            passed=False,
            severity="ERROR" if key.asset_key in built else "WARN",
            blocking=key.asset_key in built,
            message=message,
            runbook="",
        )
        for key in unanswered
    ]


def _verdict(evaluation: dg.AssetCheckEvaluation) -> Verdict:
    metadata = {name: value.value for name, value in evaluation.metadata.items()}
    rows = next((metadata[name] for name in _FAILING_ROWS if metadata.get(name)), None)
    message = evaluation.description or (f"{rows} rows fail" if rows else "")
    return Verdict(
        asset=evaluation.asset_key.to_user_string(),
        check=evaluation.check_name,
        passed=evaluation.passed,
        severity=evaluation.severity.value,
        blocking=bool(evaluation.blocking),
        message=message,
        runbook=str(metadata.get("runbook") or ""),
    )

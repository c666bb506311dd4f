"""The verdicts that stand now: the latest result of every check that was ever evaluated, and what they mean for a user.

Read from Dagster's event log, where file checks, invariants and dbt tests meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dagster as dg

_FAILING_ROWS = ("failing_rows", "dagster_dbt/failed_row_count")


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
    """The latest evaluation of each check of the job; one that was never evaluated has no verdict."""
    keys = sorted(job.asset_layer.asset_graph.asset_check_keys, key=str)
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    found = []
    for key in keys:
        record = records.get(key)
        if record is not None and record.event is not None:
            found.append(_verdict(key, record.event.dagster_event))
    return Verdicts(tuple(found))


def _verdict(key: dg.AssetCheckKey, event: dg.DagsterEvent | None) -> Verdict:
    """The verdict of an evaluation; a check that a run had planned and never evaluated is red."""
    evaluation = event.event_specific_data if event else None
    if not isinstance(evaluation, dg.AssetCheckEvaluation):
        message = "was planned and never evaluated: its step was skipped or cut off"
        return Verdict(key.asset_key.to_user_string(), key.name, False, "ERROR", True, message, "")
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

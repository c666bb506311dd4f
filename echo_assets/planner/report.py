"""What a run did, as values: for the command line to print, and for scripts to read. Nothing here executes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import dagster as dg
from dagster import AssetCheckEvaluation, DagsterEvent, DagsterEventType

if TYPE_CHECKING:
    from dagster_shared.error import SerializableErrorInfo

_INTERRUPTIONS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
_UNKNOWN = "Dagster gives no reason"


@dataclass(frozen=True)
class Progress:
    """Something happened in a run: Dagster's event type, and the step and asset it is about, if any."""

    kind: str
    step: str | None
    asset: str | None


@dataclass(frozen=True)
class FailedStep:
    """A step that failed, the assets it was to build and did not, and why."""

    step: str
    assets: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class CheckReport:
    """One evaluated asset check."""

    asset: str
    name: str
    passed: bool
    severity: str
    blocking: bool
    metadata: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class RunReport:
    """What a run did; assets by ``layer/name``."""

    run_id: str
    succeeded: bool
    materialized: tuple[str, ...]
    skipped: tuple[str, ...]
    failed: tuple[FailedStep, ...]
    checks: tuple[CheckReport, ...]
    cancelled: bool = False
    """Somebody interrupted it (Ctrl-C, or Terminate in the UI)."""


def progress_of(event: DagsterEvent) -> Progress:
    """Say in our terms what an event tells."""
    key = event.asset_key
    return Progress(event.event_type_value, event.step_key, key.to_user_string() if key else None)


def report_of(run_id: str, job: dg.JobDefinition, events: Iterable[DagsterEvent]) -> RunReport:
    """Sum up a finished run from the events that it gave."""
    by_type: dict[DagsterEventType, list[DagsterEvent]] = {}
    for event in events:
        by_type.setdefault(event.event_type, []).append(event)
    built = {event.asset_key for event in by_type.get(DagsterEventType.ASSET_MATERIALIZATION, [])}
    failed = tuple(_failed_step(job, event, built) for event in by_type.get(DagsterEventType.STEP_FAILURE, []))
    failed += tuple(_failed_run(event) for event in by_type.get(DagsterEventType.RUN_FAILURE, []) if not failed)
    asked = {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
    materialized = {key.to_user_string() for key in built if key}
    return RunReport(
        run_id=run_id,
        succeeded=DagsterEventType.RUN_SUCCESS in by_type,
        materialized=tuple(sorted(materialized)),
        skipped=tuple(sorted(asked - materialized - {asset for step in failed for asset in step.assets})),
        failed=failed,
        checks=tuple(_check(event) for event in by_type.get(DagsterEventType.ASSET_CHECK_EVALUATION, [])),
        cancelled=any(_was_cancelled(event) for event in by_type.get(DagsterEventType.STEP_FAILURE, [])),
    )


def _failed_step(job: dg.JobDefinition, event: DagsterEvent, built: set[dg.AssetKey | None]) -> FailedStep:
    failure = event.step_failure_data
    own = job.asset_layer.get_selected_entity_keys_for_node(event.node_handle) if event.node_handle else ()
    assets = sorted(key.to_user_string() for key in own if isinstance(key, dg.AssetKey) and key not in built)
    given = failure.user_failure_data.description if failure.user_failure_data else None
    return FailedStep(str(event.step_key), tuple(assets), (given or _reason(failure.error)).strip())


def _failed_run(event: DagsterEvent) -> FailedStep:
    return FailedStep("the run itself", (), _reason(event.job_failure_data.error) or event.message or _UNKNOWN)


def _reason(error: SerializableErrorInfo | None) -> str:
    """Name the first cause, without the traceback: that is in the UI."""
    while error and error.cause:
        error = error.cause
    if error is None:
        return _UNKNOWN
    return "cancelled" if error.cls_name in _INTERRUPTIONS else error.message.strip()


def _was_cancelled(event: DagsterEvent) -> bool:
    error = event.step_failure_data.error
    return error is not None and _reason(error) == "cancelled"


def _check(event: DagsterEvent) -> CheckReport:
    found: AssetCheckEvaluation = event.asset_check_evaluation_data
    return CheckReport(
        asset=found.asset_key.to_user_string(),
        name=found.check_name,
        passed=found.passed,
        severity=found.severity.value,
        blocking=bool(found.blocking),
        metadata={name: value.value for name, value in found.metadata.items()},
    )

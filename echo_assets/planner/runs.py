"""Executes planned runs in this process, on the persistent instance, as runs that the UI can show and link.

What it calls in Dagster that is not documented as public is imported inside these functions; a test runs all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.planner.days import DayRange
from echo_assets.planner.plan import RunPlan
from echo_assets.planner.report import Progress, RunReport, progress_of, report_of

if TYPE_CHECKING:
    from dagster._core.remote_origin import RemoteJobOrigin

PLAN_TAG = "echo/plan"
REASON_TAG = "echo/reason"
_RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
_ATTEMPTS = 3
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def tags_of(plan: RunPlan) -> dict[str, str]:
    """Return the tags that make a run of the plan: its days, its key and its reason."""
    return {PLAN_TAG: plan.key, REASON_TAG: plan.reason, **(days_tags(plan.days) if plan.days else {})}


def days_tags(days: DayRange) -> dict[str, str]:
    """Return the tags of a run over a range of days, as a backfill in the UI gives them to its one run."""
    return dict(zip(_RANGE_TAGS, (days.first.isoformat(), days.last.isoformat()), strict=True))


def run_key(plan: RunPlan, instance: dg.DagsterInstance) -> str | None:
    """Return the key under which to request the plan: exactly once, but again after a failure; None after several."""
    failures = dg.RunsFilter(tags={PLAN_TAG: plan.key}, statuses=[dg.DagsterRunStatus.FAILURE])
    attempts = instance.get_runs_count(failures)
    return f"{plan.key}-{attempts}" if attempts < _ATTEMPTS else None


def was_done(plan: RunPlan, instance: dg.DagsterInstance) -> bool:
    """Whether a run of this very plan has succeeded."""
    return instance.get_runs_count(dg.RunsFilter(tags={PLAN_TAG: plan.key}, statuses=[dg.DagsterRunStatus.SUCCESS])) > 0


def execute(
    plan: RunPlan,
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    progress: Callable[[Progress], None] | None = None,
    origin: RemoteJobOrigin | None = None,
) -> RunReport:
    """Execute the plan as one run of `job`, the implicit job of all assets; a failure is reported, not raised."""
    keys = [dg.AssetKey.from_user_string(key) for key in plan.selection]
    return execute_assets(keys, tags_of(plan), job, instance, progress, origin)


def execute_assets(
    keys: Iterable[dg.AssetKey],
    tags: Mapping[str, str],
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    progress: Callable[[Progress], None] | None = None,
    origin: RemoteJobOrigin | None = None,
) -> RunReport:
    """Materialise these assets, with their checks, as one run of `job`; what ``execute`` does for a plan."""
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run_iterator

    selected = frozenset(keys)
    job = job.with_executor_def(dg.in_process_executor).get_subset(asset_selection=selected)
    run = instance.create_run_for_job(
        job, tags=tags, asset_selection=selected, remote_job_origin=origin, run_config=_QUIET
    )
    events = []
    for event in execute_run_iterator(InMemoryJob(job), run, instance):
        events.append(event)
        if progress:
            progress(progress_of(event))
    return report_of(run.run_id, job, events)


def origin_of(job_name: str, module: str, location: str, folder: str) -> RemoteJobOrigin:
    """Say where the workspace finds the job, so that the UI links a run of it to the code location."""
    from dagster._core.remote_origin import (
        ManagedGrpcPythonEnvCodeLocationOrigin,
        RemoteJobOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    target = LoadableTargetOrigin(module_name=module, working_directory=folder)
    repository = RemoteRepositoryOrigin(ManagedGrpcPythonEnvCodeLocationOrigin(target, location), "__repository__")
    return RemoteJobOrigin(repository, job_name)

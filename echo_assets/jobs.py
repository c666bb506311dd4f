"""Jobs and the daily schedule: the same refresh that the sensors and `echoctl run` do, at a click or at an hour."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.extract_files import extracted
from echo_assets.planner.locks import planning_lock
from echo_assets.planner.report import FailedStep, RunReport
from echo_assets.refresh import Refresh
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition


AllAssets = Callable[[], dg.JobDefinition]
"""Gives the job that holds every asset; asked when a job runs, because it is assembled from these jobs as well."""


def ingestion_jobs(sources: Sources, all_assets: AllAssets) -> tuple[dg.JobDefinition, dg.JobDefinition]:
    """`data_ingestion_job` and `daily_data_job`.

    Files of different sources are partitions of different definitions and cannot share a run, so each of these jobs
    starts the runs that are due, one after the other, and fails if one of them does.
    """

    @dg.op(description="Take in every file that waits in the landing folder, one run a source.")
    def take_in_waiting_files(context: dg.OpExecutionContext) -> None:
        _carry_out(context, sources, all_assets(), lambda refresh: refresh.files())

    @dg.op(description="Take in every file that waits, then build whatever is dirty.")
    def refresh_everything(context: dg.OpExecutionContext) -> None:
        _carry_out(context, sources, all_assets(), lambda refresh: refresh.all())

    @dg.job(description="From the landing folder to checked staging tables, for every file that waits.")
    def data_ingestion_job() -> None:
        take_in_waiting_files()

    @dg.job(description="The daily round: take in what waits, rebuild the days it touched, and everything on top.")
    def daily_data_job() -> None:
        refresh_everything()

    return data_ingestion_job, daily_data_job


def extract_jobs(sources: Sources, all_assets: AllAssets) -> list[dg.JobDefinition]:
    """`extract_job`: read what is new on every server; none if no contract declares one."""

    @dg.op(description="Read every server from where its cursor was left, into files of the landing folder.")
    def read_servers(context: dg.OpExecutionContext) -> None:
        _carry_out(context, sources, all_assets(), lambda refresh: refresh.extracts())

    @dg.job(name="extract_job", description="From databases and APIs to files of the landing folder.")
    def extract() -> None:
        read_servers()

    return [extract] if extracted(sources) else []


def extract_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """Every server once an hour; the sensors take in what it brings."""
    return dg.ScheduleDefinition(
        name="extract_schedule",
        job=job,
        cron_schedule="15 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads what is new in databases and APIs, so that it waits in the landing folder like any file.",
    )


def quality_job(
    models: Iterable[dg.AssetsDefinition], checks: Iterable[dg.AssetChecksDefinition]
) -> "UnresolvedAssetJobDefinition":
    """`data_quality_job`: ask every check that can be asked without building anything."""
    invariants = dg.AssetSelection.checks(*(key for step in checks for key in step.check_keys))
    return dg.define_asset_job(
        "data_quality_job",
        selection=invariants | dg.AssetSelection.checks_for_assets(*models),
        description="Every check that needs no building: those of each source's tables, and those of the dbt models.",
    )


def daily_schedule(job: dg.JobDefinition) -> dg.ScheduleDefinition:
    """The daily round at 06:00 UTC, on from the start."""
    return dg.ScheduleDefinition(
        name="daily_schedule",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Takes in what waits and rebuilds what is dirty, whatever the sensors left.",
    )


def _carry_out(
    context: dg.OpExecutionContext,
    sources: Sources,
    job: dg.JobDefinition,
    work: Callable[[Refresh], Iterator[RunReport]],
) -> None:
    refresh = Refresh(sources, job, context.instance, announce=context.log.info)
    with planning_lock(sources.url(), wait=True):
        reports = list(work(refresh))
    failed = [step for report in reports for step in report.failed]
    if failed:
        raise dg.Failure(_in_words(failed), allow_retries=False)
    context.log.info(f"{len(reports)} runs, all successful" if reports else "nothing waits and nothing is dirty")


def _in_words(failed: Sequence[FailedStep]) -> str:
    return "; ".join(f"{step.step}: {step.message}" for step in failed)

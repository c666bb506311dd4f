"""Runs that have not ended: which are under way, and which only look so because their process was killed.

`echoctl run` and the jobs execute runs in their own process, under the planning lock. A process that is killed cannot
close its run, so whoever holds the lock next does: otherwise the run would count as under way for ever, and keep its
places in Dagster's pools.
"""

import dagster as dg

from echo_assets.file_runs import SOURCE_TAG
from echo_assets.planner.runs import PLAN_TAG

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip

UNDER_LOCK = {"echo/under_planning_lock": "true"}
"""The tag of runs whose process holds the planning lock for as long as it works on them."""


def close_cut_off_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark the runs of killed processes as failed, free their places in pools, and return their ids.

    Hold the planning lock: it is what says that nobody works on them any more.
    """
    cut_off = instance.get_runs(dg.RunsFilter(tags=UNDER_LOCK, statuses=UNFINISHED))
    for run in cut_off:
        instance.report_run_failed(run, "the process that executed this run ended before the run did")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in cut_off]


def runs_of_the_daemon(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Runs that take files in or build, queued or executed by Dagster and not under the planning lock."""
    unfinished = instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))
    ours = [run for run in unfinished if SOURCE_TAG in run.tags or PLAN_TAG in run.tags]
    return [run for run in ours if not UNDER_LOCK.items() <= run.tags.items()]

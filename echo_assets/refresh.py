"""Bringing everything up to date: take in the files that wait, then build what they made dirty. One path for all.

`echoctl run`, the daily schedule and a click on a job come here; the sensors ask the same planners and leave the
execution to Dagster's queue. One advisory lock keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions
from echo_assets.file_runs import FileRun, file_runs, waiting_files
from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.report import Progress, RunReport
from echo_assets.planner.runs import execute, execute_assets, origin_of
from echo_assets.planner.targets import targets_from
from echo_assets.raw_files import files_of
from echo_assets.settings import PROJECT
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from dagster._core.remote_origin import RemoteJobOrigin

LOCATION, MODULE = "echo", "echo_assets.definitions"
Watch = Callable[[Progress], None]
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Refresh:
    """What refreshing works with: the sources, the job that holds every asset, and where runs are recorded."""

    sources: Sources
    job: dg.JobDefinition
    instance: dg.DagsterInstance
    watch: Watch | None = None
    announce: Announce | None = None

    def all(self) -> Iterator[RunReport]:
        """Run whatever there is to run, in order; nothing is built on files whose run failed. Hold the lock outside."""
        reports = []
        for report in self.files():
            reports.append(report)
            yield report
        if all(report.succeeded for report in reports):
            yield from self.days()

    def files(self) -> Iterator[RunReport]:
        """Take in every file that waits, one run for each batch of neighbouring partitions."""
        for run in planned_file_runs(self.sources, self.instance):
            self._say(f"{run.source}: taking in {run.first if run.first == run.last else f'{run.first} to {run.last}'}")
            keys = [dg.AssetKey(list(key)) for key in run.selection]
            yield execute_assets(keys, run.tags, self.job, self.instance, self.watch, self._origin)

    def days(self) -> Iterator[RunReport]:
        """Build what is dirty; a failed run stops those that would build on it."""
        for step in planned_builds(self.sources):
            self._say(f"building {len(step.selection)} assets: {step.reason}")
            report = execute(step, self.job, self.instance, self.watch, self._origin)
            yield report
            if not report.succeeded:
                return

    @property
    def _origin(self) -> RemoteJobOrigin:
        return origin_of(self.job.name, MODULE, LOCATION, str(PROJECT))

    def _say(self, message: str) -> None:
        if self.announce:
            self.announce(message)


def planned_file_runs(sources: Sources, instance: dg.DagsterInstance) -> list[FileRun]:
    """The runs that would take in what waits; partitions of new files are added to the instance."""
    runs = []
    for source, waiting in waiting_files(sources).items():
        name = str(files_of(source).name)
        known = list(instance.get_dynamic_partitions(name))
        new = [key for key in (waits.file.partition_key for waits in waiting) if key not in set(known)]
        instance.add_dynamic_partitions(name, new)
        runs += file_runs(source, waiting, [*known, *new])
    return runs


_BLOCKED = """
select distinct on (asset, check_name) split_part(asset, '/', 2), passed from ops.check_results
where blocking and asset like 'staging/%%' order by asset, check_name, check_result_id desc
"""


def blocked_sources(sources: Sources) -> frozenset[str]:
    """Sources whose staging tables broke an invariant when it was last asked; nothing is built on them."""
    with sources.connection(read_only=True) as connection:
        return frozenset(source for source, passed in connection.execute(_BLOCKED.encode(), []) if not passed)


def planned_builds(sources: Sources) -> tuple[RunPlan, ...]:
    """The runs that would build what is dirty now, without what reads a blocked source."""
    days = daily_partitions(sources.settings)
    first, last = days.get_first_partition_key(), days.get_last_partition_key()
    blocked = blocked_sources(sources)
    targets = tuple(target for target in targets_from(load_project().manifest) if not target.sources & blocked)
    ledger = read_ledger(sources.url(read_only=True), targets)
    return plan(ledger, targets, DayRange(date.fromisoformat(str(first)), date.fromisoformat(str(last))))

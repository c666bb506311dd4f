"""Bringing everything up to date: take in the files that wait, then build what they made dirty. One path for all.

`echoctl run`, the daily schedule and a click on a job come here; the sensors ask the same planners and leave the
execution to Dagster's queue. One advisory lock keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions
from echo_assets.erasure import finish_begun
from echo_assets.extract_files import due_tags, extract_key, extracted
from echo_assets.file_runs import RANGE_END, RANGE_START, SOURCE_TAG, FileRun, file_runs, waiting_files
from echo_assets.leaves import due_leaves
from echo_assets.open_checks import OpenChecks, ask, open_file_checks, open_model_checks
from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import LedgerError, read_ledger
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.report import Progress, RunReport
from echo_assets.planner.runs import execute_assets, origin_of, tags_of
from echo_assets.planner.targets import targets_from
from echo_assets.raw_files import files_of, forget_gone_files
from echo_assets.readouts import due
from echo_assets.settings import PROJECT
from echo_assets.source_checks import checks_over_time
from echo_assets.sources import Sources
from echo_assets.unfinished_runs import UNDER_LOCK, close_cut_off_runs, runs_of_the_daemon
from echo_quality.contract import Contract
from echo_quality.invariants import INVARIANTS

if TYPE_CHECKING:
    from dagster._core.remote_origin import RemoteJobOrigin

LOCATION, MODULE = "echo", "echo_assets.definitions"
_WAITING = "what needs the same tables waits for it; if its process is gone, terminate it in the UI"
Watch = Callable[[Progress], None]
Announce = Callable[[str], None]


class StuckError(RuntimeError):
    """A build succeeded and is due again at once, which it always would be; the message names it."""


@dataclass(frozen=True)
class Refresh:
    """What refreshing works with: the sources, the job that holds every asset, and where runs are recorded."""

    sources: Sources
    job: dg.JobDefinition
    instance: dg.DagsterInstance
    watch: Watch | None = None
    announce: Announce | None = None

    def all(self) -> Iterator[RunReport]:
        """Run whatever there is to run, in order. What fails holds back what reads it, nothing else. Hold the lock."""
        yield from self.extracts()
        yield from self.files()
        yield from self.days()
        yield from self.readouts()
        yield from self.leaves()

    def extracts(
        self,
        contracts: Iterable[Contract] | None = None,
        wanted: Mapping[str, Mapping[str, str]] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Iterator[RunReport]:
        """Read every server, or those of these contracts, into files; `wanted` has the tags of days to read instead."""
        for contract in extracted(self.sources).values() if contracts is None else contracts:
            chosen = (wanted or {}).get(contract.source) or due_tags(self.sources, contract)
            days = f" from {chosen[RANGE_START]} on" if chosen else ""
            self._say(f"{contract.source}: reading its server{days}")
            yield self.build([extract_key(contract)], {**chosen, **(tags or {})})

    def files(self) -> Iterator[RunReport]:
        """Take in every file that waits, one run for each batch of neighbours; then ask what was left unanswered."""
        close_cut_off_runs(self.instance)
        if finish_begun(self.sources):
            self._say("an erasure has redacted files of the lake")
        others = runs_of_the_daemon(self.instance)
        for other in others:
            self._say(f"run {other.run_id[:8]} of the daemon is {other.status.value}: {_WAITING}")
        runs, reports = planned_file_runs(self.sources, self.instance), []
        if not others:
            forget_gone_files(self.sources, self.instance)
        for run in runs:
            self._say(f"{run.source}: taking in {run.first if run.first == run.last else f'{run.first} to {run.last}'}")
            reports.append(self.build((dg.AssetKey(list(key)) for key in run.selection), run.tags))
            yield reports[-1]
        if all(report.succeeded for report in reports):
            yield from self._ask(open_file_checks(self.sources, self.instance, self.job))

    def days(self) -> Iterator[RunReport]:
        """Build what is dirty; a failed run stops those that would build on it. Then ask what was left unanswered."""
        for source in sorted(blocked_sources(self.sources)):
            self._say(f"{source}: a blocking check is red or was not asked; nothing is built on it")
        done: set[str] = set()
        while builds := planned_builds(self.sources):
            step = builds[0]
            if step.key in done:
                raise StuckError(f"building {', '.join(step.selection)} left it as dirty as it was: {step.reason}")
            done.add(step.key)
            self._say(f"building {len(step.selection)} assets: {step.reason}")
            report = self.build(map(dg.AssetKey.from_user_string, step.selection), tags_of(step))
            yield report
            if not report.succeeded:
                return
        yield from self._ask(open_model_checks(self.instance, self.job))

    def readouts(self) -> Iterator[RunReport]:
        """Read the experiments as of each day below which something has changed."""
        for step in planned_readouts(self.sources):
            self._say(f"reading experiments: {step.reason}")
            yield self.build(map(dg.AssetKey.from_user_string, step.selection), tags_of(step))

    def leaves(self) -> Iterator[RunReport]:
        """Write again what is made of the models themselves or of results, if they have changed."""
        due = due_leaves(self.sources)
        if due:
            self._say(f"building {', '.join(key.to_user_string() for key in due)}: the models or results have changed")
            yield self.build(due, {})

    def _ask(self, checks: OpenChecks) -> Iterator[RunReport]:
        if checks:
            self._say("asking checks again that were left unanswered or hold again")
        for source, partition in checks.steps.items():
            assets = [dg.AssetKey([layer, source]) for layer in ("staging", "quarantine")]
            yield self.build(assets, {RANGE_START: partition, RANGE_END: partition, SOURCE_TAG: source})
        if checks.others:
            yield _unless_cancelled(ask(checks.others, self.job, self.instance))

    def build(self, keys: Iterable[dg.AssetKey], tags: Mapping[str, str]) -> RunReport:
        """Materialise these assets in one run with these tags. Hold the lock."""
        tags = {**tags, **UNDER_LOCK}
        return _unless_cancelled(execute_assets(keys, tags, self.job, self.instance, self.watch, self._origin))

    @property
    def _origin(self) -> RemoteJobOrigin:
        return origin_of(self.job.name, MODULE, LOCATION, str(PROJECT))

    def _say(self, message: str) -> None:
        if self.announce:
            self.announce(message)


def _unless_cancelled(report: RunReport) -> RunReport:
    """Pass on what Dagster made of Ctrl-C: it ends the run as cancelled, and then nothing else must begin."""
    if report.cancelled:
        raise KeyboardInterrupt
    return report


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
with expected as (
    select source, check_name from unnest(%s::text[], %s::text[]) as each (source, check_name)
), latest as (
    select distinct on (asset, check_name) split_part(asset, '/', 2) as source, check_name, passed, evaluated_at
    from ops.check_results where asset like 'staging/%%' and check_name = any (%s)
    order by asset, check_name, check_result_id desc
), published as (
    select source, max(loaded_at) as published_at from ops.loads where status in ('loaded', 'replaced') group by source
)
select distinct source
from expected left join latest using (source, check_name) left join published using (source)
where not passed or coalesce(evaluated_at, '-infinity') < published_at
"""


def blocked_sources(sources: Sources) -> frozenset[str]:
    """Sources whose staging tables broke an invariant, or were not asked since rows were published; none is built on.

    A blocking check that failed to run blocks as well as one that is red.
    """
    from psycopg import errors

    asked, names = _blocking_checks(sources)
    with sources.connection(read_only=True) as connection:
        try:
            found = connection.execute(_BLOCKED.encode(), [asked, names, names]).fetchall()
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise LedgerError("The database has no tables of ours yet. Run `echoctl up`, which makes them.") from error
    return frozenset(source for (source,) in found)


def _blocking_checks(sources: Sources) -> tuple[list[str], list[str]]:
    """Source and name of every check of a staging table that blocks, as two lists."""
    invariants = [invariant.name for invariant in INVARIANTS if invariant.blocking]
    found = [
        (source, name)
        for source, contract in sources.contracts.items()
        for name in (*invariants, *(check.name for check in checks_over_time(contract) if check.blocking))
    ]
    return [source for source, _ in found], [name for _, name in found]


def planned_builds(sources: Sources) -> tuple[RunPlan, ...]:
    """The runs that would build what is dirty now, without what reads a blocked source."""
    blocked = blocked_sources(sources)
    targets = tuple(target for target in targets_from(load_project().manifest) if not target.reads & blocked)
    return plan(read_ledger(sources.url(read_only=True), targets), targets, days_of_partitions(sources))


def planned_readouts(sources: Sources) -> tuple[RunPlan, ...]:
    """The runs that would read experiments again; none before the models below are built, or while one is blocked."""
    target = due.readouts_target(load_project().manifest)
    waits = any(target.upstream & set(run.selection) for run in planned_builds(sources))
    if waits or target.reads & blocked_sources(sources):
        return ()
    partitions = days_of_partitions(sources)
    with sources.connection(read_only=True) as connection:
        days = due.readout_days(connection, partitions.last)
        dirty = frozenset(due.marks_of(connection, target, days, unseen=True))
    ledger = read_ledger(sources.url(read_only=True), ())
    return plan(replace(ledger, dirty_days=dirty), [target], partitions)


def days_of_partitions(sources: Sources) -> DayRange:
    """The first and the last day that there is a partition for."""
    days = daily_partitions(sources.settings)
    ends = (str(days.get_first_partition_key()), str(days.get_last_partition_key()))
    return DayRange(*map(date.fromisoformat, ends))

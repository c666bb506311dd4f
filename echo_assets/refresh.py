"""Bringing everything up to date: take in the files that wait, then build what they made dirty. One path for all.

`echoctl run`, the daily schedule and a click on a job come here; the sensors ask the same planners and leave the
execution to Dagster's queue. One advisory lock keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.due_stages import LIBRARIES, Stage, lanes, next_due
from echo_assets.erasure import finish_begun
from echo_assets.event_streams import DRAIN
from echo_assets.extract_files import due_tags, extract_key, extracted
from echo_assets.file_runs import RANGE_END, RANGE_START, SOURCE_TAG, FileRun
from echo_assets.open_checks import OpenChecks, ask, open_file_checks, open_model_checks
from echo_assets.planned import blocked_sources, planned_builds, planned_file_runs, planned_readouts
from echo_assets.planner.plan import RunPlan
from echo_assets.planner.report import Progress, RunReport
from echo_assets.planner.runs import execute_assets, origin_of, tags_of
from echo_assets.raw_files import forget_gone_files
from echo_assets.run_processes import RunProcesses
from echo_assets.settings import PROJECT
from echo_assets.side_by_side import side_by_side
from echo_assets.sources import Sources
from echo_assets.streaming.draining import is_left_to_a_consumer, there_is_a_broker
from echo_assets.streaming.progress import progress_of
from echo_assets.unfinished_runs import UNDER_LOCK, close_cut_off_runs, runs_of_the_daemon
from echo_quality.contract import Contract

if TYPE_CHECKING:
    from dagster._core.remote_origin import RemoteJobOrigin

LOCATION, MODULE = "echo", "echo_assets.definitions"
_WAITING = "what needs the same tables waits for it; if its process is gone, terminate it in the UI"
Watch = Callable[[Progress], None]
Announce = Callable[[str], None]


@dataclass(frozen=True)
class Work:
    """A run to execute, and what is told before."""

    said: str
    keys: tuple[dg.AssetKey, ...]
    tags: Mapping[str, str]


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
    processes: RunProcesses | None = None
    """Further processes for runs that do not wait for each other; without them all runs are executed here, in turn."""

    def all(self) -> Iterator[RunReport]:
        """Run whatever there is to run, in order. What fails holds back what reads it, nothing else. Hold the lock."""
        yield from self.extracts()
        yield from self.stream()
        yield from self.files()
        if self.processes:
            self.processes.load(LIBRARIES)
        yield from self.days()
        yield from self.stages(self._readouts())

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

    def stream(self) -> Iterator[RunReport]:
        """Read the topic of events to its end, unless there is none or a consumer does; nothing new is no report."""
        if not there_is_a_broker(self.sources) or is_left_to_a_consumer(self.sources):
            return
        self._say("reading the stream of events")
        before = self._records()
        report = self.build([DRAIN], {})
        if not report.succeeded or self._records() != before:
            yield report

    def files(self) -> Iterator[RunReport]:
        """Take in every file that waits, one run for each batch of neighbours; then ask what was left unanswered.

        The files of a source follow each other; sources do not wait for each other, the largest begins.
        """
        close_cut_off_runs(self.instance)
        if finish_begun(self.sources):
            self._say("an erasure has redacted files of the lake")
        others = runs_of_the_daemon(self.instance)
        for other in others:
            self._say(f"run {other.run_id[:8]} of the daemon is {other.status.value}: {_WAITING}")
        runs, succeeded = planned_file_runs(self.sources, self.instance), True
        if not others:
            forget_gone_files(self.sources, self.instance)
        for report in self._side_by_side(_by_source(runs)):
            succeeded &= report.succeeded
            yield report
        if succeeded:
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
        yield from self._side_by_side([self._readouts()])

    def _readouts(self) -> Iterator[Work]:
        for step in planned_readouts(self.sources):
            yield _work(f"reading experiments: {step.reason}", step)

    def stages(self, *others: Iterable[Work]) -> Iterator[RunReport]:
        """Serve features, train and score, forecast, and write the leaves: whatever is due, each once."""
        done: set[str] = set()
        yield from self._side_by_side([*(self._due(done, lane) for lane in lanes()), *others])
        yield from self._side_by_side([self._due(done)])

    def _due(self, done: set[str], stages: Sequence[Stage] | None = None) -> Iterator[Work]:
        while step := next_due(self.sources, done, stages):
            done.add(step.key)
            yield _work(f"building {', '.join(step.selection)}: {step.reason}", step)

    def _records(self) -> int:
        """How many records of the stream are written."""
        with self.sources.connection(read_only=True) as connection:
            return progress_of(connection, self.sources.settings.stream).records

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

    def _side_by_side(self, lanes: Collection[Iterable[Work]]) -> Iterator[RunReport]:
        others = self.processes.helping(len(lanes)) if self.processes else 0
        return side_by_side(lanes, self._here, self._elsewhere, others)

    def _here(self, work: Work) -> RunReport:
        self._say(work.said)
        return self.build(work.keys, work.tags)

    def _elsewhere(self, work: Work) -> RunReport:
        if self.processes is None:
            return self._here(work)
        self._say(work.said)
        return _unless_cancelled(self.processes.execute(work.keys, {**work.tags, **UNDER_LOCK}, self._origin))

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


def _by_source(runs: Iterable[FileRun]) -> list[list[Work]]:
    """The runs of each source, those of the most bytes first."""
    lanes: dict[str, list[FileRun]] = {}
    for run in runs:
        lanes.setdefault(run.source, []).append(run)
    largest_first = sorted(lanes.values(), key=lambda lane: -sum(run.size for run in lane))
    return [[_taking_in(run) for run in lane] for lane in largest_first]


def _taking_in(run: FileRun) -> Work:
    files = run.first if run.first == run.last else f"{run.first} to {run.last}"
    return Work(f"{run.source}: taking in {files}", tuple(dg.AssetKey(list(key)) for key in run.selection), run.tags)


def _work(said: str, step: RunPlan) -> Work:
    return Work(said, tuple(map(dg.AssetKey.from_user_string, step.selection)), tags_of(step))

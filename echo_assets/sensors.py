"""Sensors that keep the graph up to date by themselves: new files are taken in, dirty days are rebuilt.

Both look at the state of things, not at events: a lost tick, a crash or a restart heals with the next tick.
"""

import json

import dagster as dg

from echo_assets.due_stages import next_due
from echo_assets.file_runs import FINGERPRINT_TAG, SOURCE_TAG, FileRun, WaitingFile, file_runs, waiting_files
from echo_assets.planned import planned_builds, planned_readouts
from echo_assets.planner.locks import planning_lock
from echo_assets.planner.plan import RunPlan
from echo_assets.planner.runs import run_key, tags_of, was_done
from echo_assets.raw_files import files_of, forget_gone_files
from echo_assets.sources import Sources
from echo_assets.unfinished_runs import UNFINISHED, close_cut_off_runs, runs_of_the_daemon

_INTERVAL = 15
_ATTEMPTS = 3
_NAMED = 3
Files = dict[str, list[WaitingFile]]
_HELD = "someone else is planning or running: `echoctl run`, or the daily round"


def new_file_sensor(sources: Sources) -> dg.SensorDefinition:
    """Requests a run for each batch of files that have stopped growing; known bytes are passed over in silence."""

    @dg.sensor(
        name="new_file_sensor",
        asset_selection=dg.AssetSelection.groups("raw", "staging", "quarantine"),
        minimum_interval_seconds=_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Takes in new and changed files of the landing folder, once they are the same at two looks.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        with planning_lock(sources.url(), wait=False) as held:
            if not held:
                return dg.SkipReason(_HELD)
            close_cut_off_runs(context.instance)
            waiting = waiting_files(sources)
            if not runs_of_the_daemon(context.instance):
                forget_gone_files(sources, context.instance)
        seen_before = json.loads(context.cursor or "{}")
        cursor = json.dumps({_identity(waits): waits.version for each in waiting.values() for waits in each})
        still = {source: [waits for waits in each if _is_still(waits, seen_before)] for source, each in waiting.items()}
        requested = [_request(context.instance, source, each) for source, each in still.items() if each]
        runs = [request for requests, _ in requested for request in requests]
        if not runs:
            return dg.SensorResult(skip_reason=_why_nothing_runs(waiting, still), cursor=cursor)
        added = [request for _, request in requested if request]
        return dg.SensorResult(run_requests=runs, dynamic_partitions_requests=added, cursor=cursor)

    return sense


def _identity(waits: WaitingFile) -> str:
    return f"{waits.file.source}/{waits.file.partition_key}"


def _is_still(waits: WaitingFile, seen_before: dict[str, str]) -> bool:
    return seen_before.get(_identity(waits)) == waits.version


def _why_nothing_runs(waiting: Files, still: Files) -> str:
    if not waiting:
        return "no new files"
    if not any(still.values()):
        return "files may still be growing: they are taken in once they are the same at two looks"
    names = ", ".join(_identity(waits) for each in still.values() for waits in each[:_NAMED])
    return f"being taken in by another run, or given up after {_ATTEMPTS} failed attempts: {names}"


def _request(
    instance: dg.DagsterInstance, source: str, waiting: list[WaitingFile]
) -> tuple[list[dg.RunRequest], dg.AddDynamicPartitionsRequest | None]:
    """Runs for the files of one source, unless one is under way, and the partitions that they need."""
    if instance.get_runs_count(dg.RunsFilter(tags={SOURCE_TAG: source}, statuses=UNFINISHED)):
        return [], None
    definition = files_of(source)
    known = list(instance.get_dynamic_partitions(str(definition.name)))
    new = [key for key in (waits.file.partition_key for waits in waiting) if key not in set(known)]
    runs = [_run_request(run, instance) for run in file_runs(source, waiting, [*known, *new])]
    return [run for run in runs if run], definition.build_add_request(new) if new else None


def _run_request(run: FileRun, instance: dg.DagsterInstance) -> dg.RunRequest | None:
    """The request, with a key that is new for each attempt; None after several attempts on the same bytes."""
    attempts = instance.get_runs_count(dg.RunsFilter(tags={FINGERPRINT_TAG: run.fingerprint}))
    if attempts >= _ATTEMPTS:
        return None
    selection = [dg.AssetKey(list(key)) for key in run.selection]
    return dg.RunRequest(run_key=f"{run.fingerprint}-{attempts}", asset_selection=selection, tags=run.tags)


def refresh_sensor(sources: Sources) -> dg.SensorDefinition:
    """Requests the next run of the plan; the one after it when that has succeeded."""

    @dg.sensor(
        name="refresh_sensor",
        asset_selection=dg.AssetSelection.all() - dg.AssetSelection.groups("raw", "staging", "quarantine"),
        minimum_interval_seconds=_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Rebuilds the days that landed rows touched; reads experiments, serves features, trains, scores.",
    )
    def sense(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        with planning_lock(sources.url(), wait=False) as held:
            if not held:
                return dg.SkipReason(_HELD)
            close_cut_off_runs(context.instance)
            if runs_of_the_daemon(context.instance):
                return dg.SkipReason("files are being taken in, or a build is under way")
            builds = planned_builds(sources) or planned_readouts(sources)
            step = builds[0] if builds else _next_due(sources, context.instance)
        if step is None:
            return dg.SkipReason("nothing is dirty")
        key = run_key(step, context.instance)
        if key is None:
            return dg.SkipReason(f"this failed several times and waits for a person: {step.reason}")
        selection = [dg.AssetKey.from_user_string(asset) for asset in step.selection]
        return dg.RunRequest(run_key=key, asset_selection=selection, tags=tags_of(step))

    return sense


def _next_due(sources: Sources, instance: dg.DagsterInstance) -> RunPlan | None:
    """The next stage's run, past those that have run in this state of things or were given up."""
    done: set[str] = set()
    while step := next_due(sources, done):
        if run_key(step, instance) is not None and not was_done(step, instance):
            return step
        done.add(step.key)
    return None

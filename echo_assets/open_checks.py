"""Checks to ask again: a run that failed or was cut off left them unanswered, or what made them red is gone.

Which they are, and the run that asks them. Nothing is built here; a check that only its asset's step can evaluate is
asked by running that step on the newest file, which does not load again what is loaded.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from echo_assets.planner.report import RunReport, report_of
from echo_assets.source_checks import out_of_date
from echo_assets.sources import Sources
from echo_assets.unfinished_runs import UNDER_LOCK
from echo_assets.verdicts import Verdicts, standing_verdicts, unanswered_checks
from echo_quality.invariants import INVARIANTS, QUARANTINE_INVARIANTS, RAW_INVARIANTS
from echo_quality.loading.loads import standing_loads

_QUIET: Mapping[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_INVARIANTS = {
    (layer, invariant.name): invariant
    for layer, invariants in (("raw", RAW_INVARIANTS), ("staging", INVARIANTS), ("quarantine", QUARANTINE_INVARIANTS))
    for invariant in invariants
}
_LAYERS = {layer for layer, _ in _INVARIANTS}
_NO_REFUSAL = _INVARIANTS["staging", "no_refused_load_open"]


@dataclass(frozen=True)
class OpenChecks:
    """What to ask: steps by source, each with the file partition to run it on, and checks that need no step."""

    steps: Mapping[str, str]
    others: frozenset[dg.AssetCheckKey]

    def __bool__(self) -> bool:
        return bool(self.steps or self.others)


def open_file_checks(sources: Sources, instance: dg.DagsterInstance, job: dg.JobDefinition) -> OpenChecks:
    """Unanswered checks of the file assets, and those whose redness is over: mended, or the file taken away."""
    standing = standing_verdicts(instance, job)
    asked = {key for key in unanswered_checks(instance, job) if _is_of_files(key)}
    asked |= _over(sources, standing, job) | out_of_date(sources, standing.found)
    alone = {key for key in asked if not _needs_its_step(job, key)}
    steps = _newest_files(sources, {_source(key) for key in asked - alone})
    answered = {key for key in alone if _source(key) in steps and key.asset_key.path[0] != "raw"}
    return OpenChecks(steps, frozenset(alone - answered))


def open_model_checks(instance: dg.DagsterInstance, job: dg.JobDefinition) -> OpenChecks:
    """Unanswered tests of the models, and of what is built on them, that need no step of their asset."""
    open_ones = (key for key in unanswered_checks(instance, job) if not _is_of_files(key))
    return OpenChecks({}, frozenset(key for key in open_ones if not _needs_its_step(job, key)))


def ask(keys: Collection[dg.AssetCheckKey], job: dg.JobDefinition, instance: dg.DagsterInstance) -> RunReport:
    """Evaluate checks that need no step of an asset, in one run that builds nothing."""
    subset = job.with_executor_def(dg.in_process_executor).get_subset(
        asset_selection=frozenset(), asset_check_selection=frozenset(keys)
    )
    result = subset.execute_in_process(
        instance=instance, run_config=_QUIET, tags=UNDER_LOCK, raise_on_error=False
    )  # fmt: skip
    return report_of(result.run_id, subset, result.all_events)


def _place(key: dg.AssetCheckKey) -> tuple[str, str]:
    return key.asset_key.path[0], key.name


def _source(key: dg.AssetCheckKey) -> str:
    return key.asset_key.path[-1]


def _needs_its_step(job: dg.JobDefinition, key: dg.AssetCheckKey) -> bool:
    """Whether only the step that makes its asset evaluates it, as the suite of a load; the others ask the tables."""
    together = job.asset_layer.asset_graph.get_execution_set_asset_and_check_keys(key)
    return any(isinstance(each, dg.AssetKey) for each in together)


def _is_of_files(key: dg.AssetCheckKey) -> bool:
    return key.asset_key.path[0] in _LAYERS


def _over(sources: Sources, standing: Verdicts, job: dg.JobDefinition) -> set[dg.AssetCheckKey]:
    """Red checks that would not be red now: an invariant that holds, a suite while no file of its source is refused."""
    red = [verdict for verdict in standing.failures if verdict.is_failure]
    over = set()
    with sources.connection(read_only=True) as connection:
        for verdict in red:
            key = dg.AssetCheckKey(dg.AssetKey.from_user_string(verdict.asset), verdict.check)
            contract, invariant = sources.contracts.get(_source(key)), _INVARIANTS.get(_place(key))
            if invariant is None and _is_of_files(key) and _needs_its_step(job, key):
                invariant = _NO_REFUSAL
            if contract and invariant and not invariant.offenders(connection, contract):
                over.add(key)
    return over


def _newest_files(sources: Sources, asked: Collection[str]) -> dict[str, str]:
    """The partition of the newest load that has rows; a source without one has nothing for its suite to judge."""
    newest = {}
    with sources.connection(read_only=True) as connection:
        for source in sorted(sources.contracts.keys() & asked):
            judged = [load for load in standing_loads(connection, source).values() if load.rows_in_file]
            if judged:
                newest[source] = max(judged, key=lambda load: load.load_id).partition_key
    return newest

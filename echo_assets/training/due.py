"""Which assets of models are due: training once a newer month end can be tested on, scores once what they say is old.

The decision is a pure function of a state. Nothing is due while what is below is being rebuilt, or is blocked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.planned import blocked_sources, days_of_partitions, planned_builds
from echo_assets.planner.targets import targets_from
from echo_assets.sources import Sources
from echo_assets.training.churn_data import planned_split
from echo_assets.training.churn_scores import newest_snapshot, seen_now
from echo_assets.training.stored import Evaluation, Scoring, newest_evaluation, newest_scoring
from echo_ml.models.churn import MODEL
from echo_ml.models.churn.labels import READS
from echo_ml.models.churn.split import Split
from echo_ml.tracking.alias_history import newest_move
from echo_ml.tracking.registry import CHAMPION

TRAINING_SET = dg.AssetKey(["models", "churn_training_set"])
CHURN = dg.AssetKey(["models", "churn"])
SCORES = dg.AssetKey(["models", "churn_scores"])


@dataclass(frozen=True)
class State:
    """What is known: the split that the data allow, the last training; the newest snapshot, champion, last scoring."""

    horizon_days: int
    split: Split | str
    evaluation: Evaluation | None
    snapshot: date | None
    seen: str | None
    champion: int | None
    scoring: Scoring | None


@dataclass(frozen=True)
class Due:
    """Assets to build next, in one run, and why."""

    keys: tuple[dg.AssetKey, ...]
    reason: str


def decide(state: State) -> Due | None:
    """What is due next; ask again when it was built, since a new champion makes scores due."""
    evaluation = state.evaluation
    if isinstance(state.split, Split):
        keys = (TRAINING_SET, CHURN)
        if evaluation is None:
            return Due(keys, "churn was never trained")
        if evaluation.horizon_days != state.horizon_days:
            return Due(keys, f"the horizon is {state.horizon_days} days now")
        if evaluation.tested_on is None or evaluation.tested_on < state.split.test:
            return Due(keys, f"what came of {state.split.test} is known now")
    if state.champion is None or state.snapshot is None or not state.seen:
        return None
    wanted = Scoring(state.champion, state.snapshot, state.seen)
    if state.scoring == wanted:
        return None
    is_new = state.scoring is None or state.scoring.model_version != state.champion
    reason = f"version {state.champion} is champion" if is_new else f"the snapshot of {state.snapshot} is new"
    return Due((SCORES,), reason)


def due_models(sources: Sources) -> Due | None:
    """What is due next, if anything; None while what it reads is dirty or blocked."""
    targets = [target for target in targets_from(load_project().manifest) if target.key in READS]
    waited_for = frozenset(READS).union(*(target.upstream for target in targets))
    if any(waited_for & set(run.selection) for run in planned_builds(sources)):
        return None
    if frozenset[str]().union(*(target.reads for target in targets)) & blocked_sources(sources):
        return None
    return decide(state_of(sources))


def state_of(sources: Sources) -> State:
    """The state of an installation; neither MLflow nor Feast is asked, which would take seconds."""
    horizon, today = sources.settings.churn_horizon_days, days_of_partitions(sources).last
    with sources.connection(read_only=True) as connection:
        champion = newest_move(connection, MODEL, CHAMPION)
        return State(
            horizon,
            planned_split(connection, horizon, today),
            newest_evaluation(connection, MODEL),
            newest_snapshot(connection),
            seen_now(connection),
            champion.version if champion else None,
            newest_scoring(connection, MODEL),
        )

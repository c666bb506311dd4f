"""What is due beyond what dbt builds: feature views, trained models and scores, the forecast, the leaves.

Each stage tells one run that it needs now, as the planner does for tables, with a key that is another whenever the work
is. The stages follow each other: `next_due` asks them in order, and is asked again after every run, since scores make a
feature view due. What must be built or read first is told by `planned.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain
from typing import TypeAlias

import dagster as dg

from echo_assets.features.due import definitions_now, due_feature_views, seen_now
from echo_assets.features.places import declared_views
from echo_assets.forecast.due import due_forecast, forecast_state
from echo_assets.leaves import due_documents, due_result_pages, leaves_state
from echo_assets.planner.plan import RunPlan
from echo_assets.sources import Sources
from echo_assets.training.due import due_models, state_of

LIBRARIES = ("feast", "mlflow.sklearn", "sklearn.ensemble", "statsmodels.tsa.exponential_smoothing.ets")
"""What the stages load, in seconds; a process that waits for its turn may as well do it before."""

Stage: TypeAlias = "Callable[[Sources], RunPlan | None]"


def next_due(sources: Sources, done: Collection[str] = (), stages: Iterable[Stage] | None = None) -> RunPlan | None:
    """The first run that one of the stages (all, if not given) needs, without those whose keys are `done`, or None."""
    for stage in chain(*STAGES) if stages is None else stages:
        step = stage(sources)
        if step is not None and step.key not in done:
            return step
    return None


def lanes() -> Sequence[Sequence[Stage]]:
    """The stages that no other lane waits for: all but the last, which shows what the checks of all others found."""
    return STAGES[:-1]


def _feature_views(sources: Sources) -> RunPlan | None:
    due = due_feature_views(sources)
    if not due:
        return None
    with sources.connection(read_only=True) as connection:
        seen = [[view.name, seen_now(connection, view)] for view in declared_views()]
    return _step(due, [seen, definitions_now(sources.settings)], "their tables or their declarations have changed")


def _models(sources: Sources) -> RunPlan | None:
    due = due_models(sources)
    return _step(_names(due.keys), repr(state_of(sources)), due.reason) if due else None


def _forecast(sources: Sources) -> RunPlan | None:
    due = due_forecast(sources)
    return _step(_names(due), forecast_state(sources), "revenue has changed") if due else None


def _documents(sources: Sources) -> RunPlan | None:
    due = due_documents(sources)
    return _step(_names(due), leaves_state(sources), "the models have changed") if due else None


def _result_pages(sources: Sources) -> RunPlan | None:
    due = due_result_pages(sources)
    return _step(_names(due), leaves_state(sources), "there are newer results") if due else None


STAGES: tuple[tuple[Stage, ...], ...] = ((_feature_views, _models), (_forecast,), (_documents,), (_result_pages,))
"""In order. Models read features and scores become features again; otherwise only the last waits for others."""


def _names(keys: Iterable[dg.AssetKey]) -> list[str]:
    return [key.to_user_string() for key in keys]


def _step(selection: Iterable[str], state: object, reason: str) -> RunPlan:
    named = tuple(selection)
    key = hashlib.sha256(json.dumps([named, state]).encode()).hexdigest()[:32]
    return RunPlan(selection=named, days=None, key=key, reason=reason)

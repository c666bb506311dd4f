"""The churn training set out of the warehouse: which snapshots there are, what Feast finds of them, if it is sound.

Who is asked about and how parts are split is in `echo_ml/models/churn`; what Feast does not enforce is asked here of
the set that it gave.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from echo_assets import server
from echo_assets.features.materialising import opened_store
from echo_assets.features.places import declared_views, feature_places
from echo_assets.sources import Sources
from echo_ml.features.checks.verdict import Verdict
from echo_ml.models.churn import SERVICE
from echo_ml.models.churn.labels import MONTH_ENDS, Question
from echo_ml.models.churn.split import Split, split_of

if TYPE_CHECKING:
    import pandas as pd
    from psycopg import Connection

    from echo_ml.models.churn.training_set import TrainingSet

_LAST_DAY = "select max(day) from ops.dirty_days where source = 'revenue' and day <= %s"
_VIEW = "customer_daily"


@dataclass(frozen=True)
class Made:
    """A training set with what was found of it, and how long each step took; or why there is none."""

    training_set: TrainingSet | None = None
    why_not: str | None = None
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with the set itself; that there are too few customers is no fault."""
        return tuple(each.said for each in self.verdicts.values() if not each.passed and each.is_error)


def last_day(connection: Connection[Any], today: date) -> date | None:
    """The last day that sales are known of, whatever other sources say of later days; no outcome is known after it."""
    [last] = connection.execute(_LAST_DAY, [today]).fetchone() or (None,)
    return last


def planned_split(connection: Connection[Any], horizon_days: int, today: date) -> Split | str:
    """The split that the warehouse allows now, or why there is none."""
    last = last_day(connection, today)
    if last is None:
        return "no sale is known yet"
    return split_of([day for (day,) in connection.execute(MONTH_ENDS)], last, horizon_days)


def make(sources: Sources, today: date) -> Made:
    """Ask Feast for the set and ask the set whether it is sound."""
    running = sources.contracts["subscriptions"].column("status").counted
    question = Question(sources.settings.churn_horizon_days, running)
    with sources.connection() as connection:
        split = planned_split(connection, question.horizon_days, today)
        if isinstance(split, str):
            return Made(why_not=split)
        entities = question.entities(split.snapshots)
        [asked] = connection.execute(f"select count(*) from ({entities}) as asked".encode()).fetchone() or (0,)
        if not asked:
            return Made(why_not=f"no customer was active on any of the {len(split.snapshots)} month ends")
        orders = orders_around(connection, question, split)
        return _made(sources, connection, split, entities, asked, last_day(connection, today) or date.min, orders)


def orders_around(
    connection: Connection[Any], question: Question, split: Split
) -> dict[date, tuple[int, int]]:  # fmt: skip
    """The orders of the horizon before each snapshot, and of the one after it."""
    rows = connection.execute(question.orders_around(split.snapshots).encode())
    return {day: (before, after) for day, before, after in rows}


def _made(
    sources: Sources, connection: Connection[Any], split: Split, entities: str, asked: int, last: date,
    orders: Mapping[date, tuple[int, int]],
) -> Made:  # fmt: skip
    began = time.perf_counter()
    from echo_ml.features.training import historical_features
    from echo_ml.models.churn import conditions
    from echo_ml.models.churn.training_set import training_set_of

    with opened_store(sources) as store:
        imported = time.perf_counter()
        found = historical_features(store, SERVICE, entities)
    answered = time.perf_counter()
    training_set = training_set_of(found, split)
    verdicts = {
        **of_history(sources, connection, entities, found, asked),
        "label_windows_are_complete": conditions.label_windows_are_complete(training_set, last),
        "label_windows_hold_orders": conditions.label_windows_hold_orders(orders),
        "split_is_disjoint": conditions.split_is_disjoint(training_set),
        "outcomes_suffice": conditions.outcomes_suffice(training_set),
    }
    seconds = {
        "import": imported - began, "historical_features": answered - imported,
        "checks": time.perf_counter() - answered,
    }  # fmt: skip
    return Made(training_set, verdicts=verdicts, seconds=seconds)


def of_history(
    sources: Sources, connection: Connection[Any], entities: str, found: pd.DataFrame, asked: int
) -> dict[str, Verdict]:  # fmt: skip
    """Whether what Feast found is what was known then, all of it, and does not tell the outcome by itself."""
    from echo_ml.features.checks.leaks import tells_the_label
    from echo_ml.features.checks.training_set import (
        matches_brute_force,
        other_future_changes_nothing,
        preserves_rows,
    )
    from echo_ml.features.declared import view_named

    views = declared_views()
    view = view_named(views, _VIEW)
    features = [name for name in view.names if name in found]
    places = feature_places(sources.settings, server.databases(sources.settings))
    return {
        "rows_are_preserved": preserves_rows(found, asked, [view.key]),
        "matches_brute_force": matches_brute_force(connection, view, found),
        "other_future_changes_nothing": other_future_changes_nothing(places, views, SERVICE, entities, found),
        "no_feature_tells_the_outcome": tells_the_label(found, features, list(found["churned"])),
    }

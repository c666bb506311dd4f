"""Scoring the newest snapshot with the champion: what `models/churn_scores` writes, and what is due for it.

A score is of one customer as of one snapshot. It is written again if it has changed, and goes with its snapshot, so
that the table holds as many days as the features do.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from echo_assets.features import due as features_due
from echo_assets.features.places import declared_views
from echo_assets.sources import Sources
from echo_assets.training.places import tracking_of
from echo_assets.training.stored import Scoring, add_scoring
from echo_ml.features.declared import view_named
from echo_ml.models.churn import MODEL
from echo_ml.models.churn.labels import Question

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_ml.tracking.registry import Version
    from echo_ml.tracking.sklearn_models import LoadedModel

_NEWEST = "select max(snapshot_date) from ops.feature_snapshots where asset = 'features/customer_daily'"
_SCORED = """
create temporary table scored (customer_id text collate "C", event_timestamp timestamptz, churn_probability float8)
on commit drop
"""
_COPY = "copy scored (customer_id, event_timestamp, churn_probability) from stdin"
_WRITE = """
insert into models.churn_scores as kept
    (customer_id, snapshot_date, event_timestamp, churn_probability, model_version, mlflow_run_id)
select customer_id, %(day)s, event_timestamp, churn_probability, %(version)s, %(mlflow_run)s from scored
on conflict (snapshot_date, customer_id) do update set
    event_timestamp = excluded.event_timestamp, churn_probability = excluded.churn_probability,
    model_version = excluded.model_version, mlflow_run_id = excluded.mlflow_run_id, scored_at = clock_timestamp()
where (kept.churn_probability, kept.model_version, kept.event_timestamp)
    is distinct from (excluded.churn_probability, excluded.model_version, excluded.event_timestamp)
"""
_GONE = """
delete from models.churn_scores as kept
where (snapshot_date = %(day)s and not exists (select from scored where scored.customer_id = kept.customer_id))
    or snapshot_date not in (select snapshot_date from ops.feature_snapshots where asset = 'features/customer_daily')
"""


@dataclass(frozen=True)
class Scored:
    """What was scored: the snapshot, by which version, how many customers, how many scores are new or gone."""

    snapshot_date: date
    version: Version
    probabilities: Any
    changed: int
    removed: int
    seconds: Mapping[str, float]


def newest_snapshot(connection: Connection[Any]) -> date | None:
    """The day of the newest snapshot of customers."""
    [day] = connection.execute(_NEWEST).fetchone() or (None,)
    return day


def seen_now(connection: Connection[Any]) -> str | None:
    """What the snapshots of customers are made of now, as one text."""
    return features_due.seen_now(connection, view_named(declared_views(), "customer_daily"))


def score_churn(sources: Sources, run_id: str | None) -> Scored | str:
    """Score the newest snapshot and write what has changed, all of it or nothing; or why nothing was scored."""
    began = time.perf_counter()
    from echo_ml.models.churn.scoring import HORIZON, champion_of, probabilities
    from echo_ml.tracking.alias_history import adopt
    from echo_ml.tracking.registry import CHAMPION

    tracking = tracking_of(sources)
    with sources.connection() as connection:
        adopt(tracking, connection, MODEL, CHAMPION)
        day, seen = newest_snapshot(connection), seen_now(connection)
        if day is None or seen is None:
            return "there is no snapshot of customers yet: features/customer_daily was not built"
        champion = champion_of(tracking)
        if champion is None:
            return f"no version of {MODEL} is champion yet"
        loaded = time.perf_counter()
        frame = _features(connection, champion, day, int(champion.version.tags[HORIZON]))
        found = probabilities(champion, frame) if len(frame) else frame["customer_id"].to_numpy(dtype=float)
        rows = list(zip(frame["customer_id"], frame["event_timestamp"], map(float, found), strict=True))
        asked = time.perf_counter()
        scoring = Scoring(champion.version.number, day, seen)
        changed, removed = _written(connection, champion.version, scoring, rows, run_id)
    seconds = {"load": loaded - began, "predict": asked - loaded, "write": time.perf_counter() - asked}
    return Scored(day, champion.version, found, changed, removed, seconds)


def _features(connection: Connection[Any], champion: LoadedModel, day: date, horizon_days: int) -> Any:
    import pandas as pd

    cursor = connection.execute(Question(horizon_days).active_now(day, champion.columns).encode())
    names = [column.name for column in cursor.description or ()]
    return pd.DataFrame(cursor.fetchall(), columns=names)


def _written(
    connection: Connection[Any], version: Version, scoring: Scoring, rows: Sequence[tuple[Any, ...]], run_id: str | None
) -> tuple[int, int]:
    values = {"day": scoring.snapshot_date, "version": version.number, "mlflow_run": version.run_id}
    with connection.transaction():
        connection.execute(_SCORED)
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        changed = connection.execute(_WRITE, values).rowcount
        removed = connection.execute(_GONE, values).rowcount
        add_scoring(connection, MODEL, scoring, len(rows), changed, run_id)
    return changed, removed

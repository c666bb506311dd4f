"""The tables `models.training_sets`, `models.evaluations` and `models.scorings`: what was made, decided and scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

_ADD_SET = """
insert into models.training_sets (model, data_version, path, horizon_days, tested_on, rows, summary, run_id)
values (%(model)s, %(data_version)s, %(path)s, %(horizon_days)s, %(tested_on)s, %(rows)s, %(summary)s, %(run_id)s)
"""
_NEWEST_SET = """
select data_version, path, horizon_days, tested_on, rows, summary from models.training_sets
where model = %s order by training_set_id desc limit 1
"""
_ADD_EVALUATION = """
insert into models.evaluations
    (model, data_version, horizon_days, tested_on, decision, reasons, version, mlflow_run_id, evaluation, run_id)
values
    (%(model)s, %(data_version)s, %(horizon_days)s, %(tested_on)s, %(decision)s, %(reasons)s, %(version)s,
    %(mlflow_run_id)s, %(evaluation)s, %(run_id)s)
"""
_NEWEST_EVALUATION = """
select model, data_version, horizon_days, tested_on, decision, reasons, version, mlflow_run_id, evaluation
from models.evaluations where model = %s order by evaluation_id desc limit 1
"""
_ADD_SCORING = """
insert into models.scorings (model, model_version, snapshot_date, seen, rows, changed, run_id)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_NEWEST_SCORING = """
select model_version, snapshot_date, seen from models.scorings where model = %s order by scoring_id desc limit 1
"""
PROMOTED, NOT_PROMOTED, NOT_TRAINED = "promoted", "not promoted", "not trained"


@dataclass(frozen=True)
class StoredSet:
    """A training set as it was made; without `data_version` there was nothing to learn from, and `reason` says why."""

    data_version: str | None
    path: str | None
    horizon_days: int
    tested_on: date | None
    rows: int
    summary: dict[str, Any]

    @property
    def reason(self) -> str | None:
        """Why there is none."""
        return self.summary.get("reason")

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, in words."""
        return tuple(self.summary.get("faults", ()))


@dataclass(frozen=True)
class Evaluation:
    """One training: what it was measured on, and what was decided."""

    model: str
    data_version: str | None
    horizon_days: int
    tested_on: date | None
    decision: str
    reasons: Sequence[str]
    version: int | None
    mlflow_run_id: str | None
    evaluation: dict[str, Any]


@dataclass(frozen=True)
class Scoring:
    """One scoring of a snapshot: by which version, and what the snapshot was made of."""

    model_version: int
    snapshot_date: date
    seen: str


def add_training_set(connection: Connection[Any], model: str, made: StoredSet, run_id: str | None) -> None:
    """Keep that a training set was made, or why there was none."""
    values = {**vars(made), "model": model, "summary": Jsonb(made.summary), "run_id": run_id}
    connection.execute(_ADD_SET, values)


def newest_training_set(connection: Connection[Any], model: str) -> StoredSet | None:
    """What was made last."""
    with connection.cursor(row_factory=class_row(StoredSet)) as cursor:
        return cursor.execute(_NEWEST_SET, [model]).fetchone()


def add_evaluation(connection: Connection[Any], evaluation: Evaluation, run_id: str | None) -> None:
    """Keep what came of training."""
    values = {**vars(evaluation), "reasons": list(evaluation.reasons), "run_id": run_id}
    connection.execute(_ADD_EVALUATION, {**values, "evaluation": Jsonb(evaluation.evaluation)})


def newest_evaluation(connection: Connection[Any], model: str) -> Evaluation | None:
    """What came of the last training."""
    with connection.cursor(row_factory=class_row(Evaluation)) as cursor:
        return cursor.execute(_NEWEST_EVALUATION, [model]).fetchone()


def add_scoring(
    connection: Connection[Any], model: str, scoring: Scoring, rows: int, changed: int, run_id: str | None
) -> None:  # fmt: skip
    """Keep that a snapshot was scored."""
    values = [model, scoring.model_version, scoring.snapshot_date, scoring.seen, rows, changed, run_id]
    connection.execute(_ADD_SCORING, values)


def newest_scoring(connection: Connection[Any], model: str) -> Scoring | None:
    """What was scored last."""
    with connection.cursor(row_factory=class_row(Scoring)) as cursor:
        return cursor.execute(_NEWEST_SCORING, [model]).fetchone()


def path_of(made: StoredSet) -> Path:
    """Where the set lies."""
    return Path(str(made.path))

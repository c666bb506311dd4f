"""Asking the table `models.churn_scores` what must hold of it; of no scores, nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from echo_assets.training.stored import newest_scoring
from echo_ml.features.checks.verdict import Verdict
from echo_ml.models.churn import MODEL
from echo_ml.models.churn.labels import Question
from echo_ml.tracking.alias_history import newest_move
from echo_ml.tracking.registry import CHAMPION

if TYPE_CHECKING:
    from psycopg import Connection

_OF_DAY = "select churn_probability from models.churn_scores where snapshot_date = %s"
_HORIZON = "select horizon_days from models.evaluations where model = %s and version = %s"
_COMPARED = """
with active as ({active}), scores as (select customer_id from models.churn_scores where snapshot_date = %s)
select
    (select count(*) from active), (select count(*) from scores),
    (select count(*) from active where not exists (
        select from scores where scores.customer_id = active.customer_id collate "C")),
    (select count(*) from scores where not exists (
        select from active where active.customer_id collate "C" = scores.customer_id))
"""
_VERSIONS = """
select model_version, count(*) from models.churn_scores where snapshot_date = %s group by model_version order by 1
"""
_NONE = Verdict(True, "Nothing was scored yet.", is_error=False)


def scores_are_probabilities(connection: Connection[Any]) -> Verdict:
    """All scores of the newest scored snapshot lie between 0 and 1, and they are not all the same."""
    import numpy as np

    from echo_ml.models.churn.conditions import are_probabilities

    scoring = newest_scoring(connection, MODEL)
    if scoring is None:
        return _NONE
    scores = [score for (score,) in connection.execute(_OF_DAY, [scoring.snapshot_date])]
    return are_probabilities(np.array(scores, dtype=float), "scores")


def covers_the_snapshot(connection: Connection[Any]) -> Verdict:
    """Every customer who is active at the scored snapshot has a score there, and nobody else has."""
    scoring = newest_scoring(connection, MODEL)
    if scoring is None:
        return _NONE
    [horizon] = connection.execute(_HORIZON, [MODEL, scoring.model_version]).fetchone() or (None,)
    if horizon is None:
        said = (
            f"Version {scoring.model_version} scored, and no training of it is known: whom it is about is not either."
        )
        return Verdict(False, said)
    statement = _COMPARED.format(active=Question(horizon).active_now(scoring.snapshot_date, ()))
    counts = connection.execute(statement.encode(), [scoring.snapshot_date]).fetchone() or (0, 0, 0, 0)
    facts = dict(zip(("active", "scores", "without_score", "not_active"), counts, strict=True))
    facts["snapshot"] = str(scoring.snapshot_date)
    if facts["without_score"] or facts["not_active"]:
        said = f"{facts['without_score']} active customers have no score, {facts['not_active']} scores are of others."
        return Verdict(False, said, facts=facts)
    return Verdict(
        True, f"All {facts['active']} active customers of {scoring.snapshot_date} have a score.", facts=facts
    )


def is_of_the_champion(connection: Connection[Any]) -> Verdict:
    """All scores of the newest scored snapshot are those of the version that is champion."""
    scoring, champion = newest_scoring(connection, MODEL), newest_move(connection, MODEL, CHAMPION)
    if scoring is None:
        return _NONE
    wanted = champion.version if champion else None
    found = {int(version): rows for version, rows in connection.execute(_VERSIONS, [scoring.snapshot_date])}
    others = sum(rows for version, rows in found.items() if version != wanted)
    facts = {"champion": wanted, "rows_by_version": {str(version): rows for version, rows in found.items()}}
    if others:
        return Verdict(False, f"{others} scores are not of version {wanted}, which is champion.", facts=facts)
    return Verdict(True, f"All scores are of version {wanted}, the champion.", facts=facts)

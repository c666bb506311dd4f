"""What `echoctl run` says of the churn model: what was decided last, how good it was out of time, who is scored."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from echo_assets.training.stored import newest_evaluation
from echo_ml.models.churn import MODEL

_SCORES = """
select model_version, snapshot_date::text as snapshot, count(*) as customers, avg(churn_probability) as mean_probability
from models.churn_scores
where snapshot_date = (select max(snapshot_date) from models.churn_scores)
group by 1, 2
order by 1 desc
limit 1
"""


def newest_training(connection: Connection[Any]) -> dict[str, Any] | None:
    """The last training in figures; None where none was tried.

    Has `decision` (promoted, not promoted, not trained), `reasons`, `version`, `tested_on`, `auc` and `baseline_auc`
    (out of time, to four decimals, null where nothing was trained) and `scores` (`model_version`, `snapshot`,
    `customers`, `mean_probability`; null without scores).
    """
    found = newest_evaluation(connection, MODEL)
    if found is None:
        return None
    from echo_ml.models.churn.candidates import BASELINE

    competitors = found.evaluation.get("competitors", {})
    return {
        "decision": found.decision,
        "reasons": list(found.reasons),
        "version": found.version,
        "tested_on": found.tested_on.isoformat() if found.tested_on else None,
        "auc": _auc(competitors.get(found.evaluation.get("challenger"))),
        "baseline_auc": _auc(competitors.get(BASELINE)),
        "scores": _scores(connection),
    }


def training_in_words(training: dict[str, Any] | None) -> str:
    """One line for a person."""
    if training is None:
        return "churn was not trained yet"
    reason = training["reasons"][0] if training["reasons"] else ""
    if training["auc"] is None:
        return f"{training['decision']}: {reason}"
    measured = (
        f"AUC {training['auc']:.3f} out of time ({training['tested_on']}), recency alone {training['baseline_auc']:.3f}"
    )
    scores = training["scores"]
    scored = f"; {scores['customers']} customers scored by version {scores['model_version']}" if scores else ""
    return f"{training['decision']}: {measured}{scored}"


def _auc(competitor: dict[str, Any] | None) -> float | None:
    auc = competitor["out_of_time"]["auc"] if competitor else None
    return None if auc is None else round(float(auc), 4)


def _scores(connection: Connection[Any]) -> dict[str, Any] | None:
    row = connection.execute(_SCORES).fetchone()
    if row is None:
        return None
    version, snapshot, customers, mean = row
    return {
        "model_version": version, "snapshot": snapshot, "customers": customers,
        "mean_probability": round(float(mean), 4),
    }  # fmt: skip

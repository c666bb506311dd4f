"""Training churn on the newest set, logging it in MLflow, and moving aliases: what `models/churn` does in order.

How a model is trained and when it is promoted is in `echo_ml/models/churn`. What was decided is written last, so that a
training that was cut off is due again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.training.places import is_running, links_of, tags_of, tracking_of
from echo_assets.training.stored import (
    NOT_PROMOTED,
    NOT_TRAINED,
    PROMOTED,
    Evaluation,
    StoredSet,
    add_evaluation,
    newest_training_set,
    path_of,
)
from echo_ml.features.checks.verdict import Verdict
from echo_ml.models.churn import EXPERIMENT, MODEL, SERVICE

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_ml.models.churn.card import Card
    from echo_ml.models.churn.training import Trained
    from echo_ml.models.churn.training_set import TrainingSet
    from echo_ml.tracking import Run, Tracking
    from echo_ml.tracking.registry import Version

_MEASURED = ("beats_baseline", "is_calibrated", "holds_out_of_time", "predicts_probabilities")
_NO_SET = "no training set was made yet: materialise models/churn_training_set first"


@dataclass(frozen=True)
class Outcome:
    """What came of one training: the evaluation, the checks' verdicts, what the asset shows, the time of each step."""

    evaluation: Evaluation
    verdicts: Mapping[str, Verdict]
    shown: Mapping[str, Any] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


def train_churn(context: dg.AssetExecutionContext, sources: Sources) -> Outcome:
    """Train on the newest set and say what came of it; without enough to learn from, nothing is trained."""
    run_id = context.run.run_id
    with sources.connection() as connection:
        made = newest_training_set(connection, MODEL)
        if made is None:
            raise dg.Failure(_NO_SET, allow_retries=False)
        why_not = made.reason or _too_few(made)
        if why_not:
            found = Outcome(_evaluation(made, NOT_TRAINED, (why_not,), {}), _nothing(why_not))
        else:
            found = _trained(context, sources, connection, made)
        add_evaluation(connection, found.evaluation, run_id)
    return found


def page_of(settings: Settings) -> Path:
    """Where the card of the newest challenger is."""
    return settings.docs / "models" / "churn.html"


def _too_few(made: StoredSet) -> str | None:
    from echo_ml.models.churn.conditions import outcomes_suffice

    verdict = outcomes_suffice(_read(made))
    return None if verdict.passed else verdict.said


def _read(made: StoredSet) -> TrainingSet:
    from echo_ml.models.churn.training_set import read

    try:
        return read(path_of(made), made.horizon_days)
    except FileNotFoundError as error:
        raise dg.Failure(f"{made.path} is gone: build models/churn_training_set again", allow_retries=False) from error


def _trained(
    context: dg.AssetExecutionContext, sources: Sources, connection: Connection[Any], made: StoredSet
) -> Outcome:
    began = time.perf_counter()
    from echo_ml.models.churn.scoring import champion_for
    from echo_ml.models.churn.training import train
    from echo_ml.tracking.alias_history import adopt, disagreement
    from echo_ml.tracking.registry import CHAMPION

    tracking = tracking_of(sources)
    tracking.end_cut_off_runs(EXPERIMENT, lambda run_id: is_running(context.instance, run_id))
    said = disagreement(tracking, connection, MODEL, CHAMPION)
    adopt(tracking, connection, MODEL, CHAMPION)
    prepared = time.perf_counter()
    training_set = _read(made)
    champion = champion_for(tracking, training_set.horizon_days, training_set.columns)
    trained = train(training_set, champion, made.faults)
    fitted = time.perf_counter()
    run_name = f"{made.tested_on} {training_set.data_version[:8]}"
    with tracking.run(EXPERIMENT, run_name, tags_of(context)) as run:
        version, card, page = _logged(run, trained, made, context.run.run_id)
    _point(tracking, connection, version, trained, context.run.run_id)
    seconds = {
        "prepare": prepared - began, **trained.seconds, "train": fitted - prepared,
        "log": time.perf_counter() - fitted,
    }  # fmt: skip
    _replace(page_of(sources.settings), page)
    found = _outcome(sources, trained, made, run, version, card, seconds)
    recorded = Verdict(said is None, f"{said}." if said else "The champion is the recorded one.", is_error=False)
    return replace(found, verdicts={**found.verdicts, "champion_is_as_recorded": recorded})


def _logged(run: Run, trained: Trained, made: StoredSet, dagster_run: str) -> tuple[Version, Card, str]:
    """Everything of one training in its run of MLflow, and the model as the next version of its name.

    The version, its card, and the card as a page.
    """
    from echo_ml.models.churn import card_pages
    from echo_ml.models.churn.card import card_of
    from echo_ml.models.churn.documents import document_of, metrics_of
    from echo_ml.models.churn.scoring import HORIZON

    training_set, candidate = trained.training_set, trained.challenger.candidate
    columns = list(candidate.columns)
    run.log_params(
        {
            "model_type": candidate.name, **candidate.parameters, "calibration": "sigmoid",
            "horizon_days": training_set.horizon_days, "features": columns, "feature_service": SERVICE,
            "data_version": training_set.data_version,
        }
    )  # fmt: skip
    run.log_metrics(metrics_of(trained))
    run.log_dataset(
        "churn_training_set", training_set.data_version, str(made.path), training_set.columns, training_set.counts()
    )
    run.log_table([vars(each) for each in trained.importances], "feature_importance.json")
    tags = {"data_version": training_set.data_version, HORIZON: str(training_set.horizon_days), "model": candidate.name}
    version = run.log_sklearn_model(trained.challenger.model, candidate.columns, MODEL, tags)
    origin = {
        "registered version": version.uri, "MLflow run": run.run_id, "Dagster run": dagster_run,
        "training set": training_set.data_version,
    }  # fmt: skip
    card = card_of(trained, version.number, origin)
    run.log_text(card_pages.markdown(card), "model_card.md")
    page = card_pages.page(card, trained.best.figures)
    run.log_text(page, "model_card.html")
    run.log_text(json.dumps(document_of(trained), indent=2), "evaluation.json")
    return version, card, page


def _point(
    tracking: Tracking, connection: Connection[Any], version: Version, trained: Trained, run_id: str
) -> None:  # fmt: skip
    """The newest version is challenger, and champion if it has earned it."""
    from echo_ml.tracking.alias_history import move
    from echo_ml.tracking.registry import CHALLENGER, CHAMPION

    reasons = "; ".join(trained.promotion.reasons)
    move(tracking, connection, CHALLENGER, version, "trained last", run_id)
    if trained.promotion.is_promoted:
        move(tracking, connection, CHAMPION, version, reasons, run_id)


def _outcome(
    sources: Sources, trained: Trained, made: StoredSet, run: Run, version: Version, card: Card,
    seconds: Mapping[str, float],
) -> Outcome:  # fmt: skip
    from base64 import b64encode

    from echo_ml.models.churn import card_pages, conditions
    from echo_ml.models.churn.documents import document_of

    decision = PROMOTED if trained.promotion.is_promoted else NOT_PROMOTED
    evaluation = _evaluation(made, decision, trained.promotion.reasons, document_of(trained), version)
    found = (
        conditions.beats_baseline(trained), conditions.is_calibrated(trained), conditions.holds_out_of_time(trained),
        conditions.are_probabilities(trained.best.crossed.probabilities, "predictions"),
    )  # fmt: skip
    verdicts = dict(zip(_MEASURED, found, strict=True))
    picture = b64encode(card_pages.calibration_picture(trained.best.figures)).decode()
    shown = {
        **links_of(run),
        "registered_version": dg.MetadataValue.url(run.tracking.version_link(MODEL, version.number)),
        "auc": trained.best.figures.auc, "baseline_auc": trained.baseline.figures.auc,
        "calibration_error": trained.best.figures.ece, "lift_at_10_percent": trained.best.figures.lift,
        "model_card": dg.MetadataValue.md(card_pages.markdown(card)),
        "calibration": dg.MetadataValue.md(f"![calibration](data:image/png;base64,{picture})"),
        "page": dg.MetadataValue.path(page_of(sources.settings)),
    }  # fmt: skip
    return Outcome(evaluation, verdicts, shown, seconds)


def _evaluation(
    made: StoredSet, decision: str, reasons: tuple[str, ...], document: Mapping[str, Any],
    version: Version | None = None,
) -> Evaluation:  # fmt: skip
    return Evaluation(
        MODEL, made.data_version, made.horizon_days, made.tested_on, decision, reasons,
        version.number if version else None, version.run_id if version else None, dict(document),
    )  # fmt: skip


def _nothing(why_not: str) -> dict[str, Verdict]:
    verdict = Verdict(True, f"Nothing was trained: {why_not}", is_error=False)
    return dict.fromkeys((*_MEASURED, "champion_is_as_recorded"), verdict)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}-{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)

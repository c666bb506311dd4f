"""The assets of the layer `models`: the churn training set, the churn model and its scores.

What they do is in `training`; when they are due is told by `training/due.py`; what must hold of the scores is asked in
`model_checks.py`, of the others in the step that makes them.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.feature_views import REGISTRY
from echo_assets.model_checks import MODEL_CHECKS, TRAINING_SET_CHECKS, ModelCheck, results_of
from echo_assets.planned import days_of_partitions
from echo_assets.sources import Sources
from echo_assets.training import churn_data, churn_model, churn_scores
from echo_assets.training.due import CHURN, SCORES, TRAINING_SET
from echo_assets.training.stored import StoredSet, add_training_set
from echo_ml.models.churn import MODEL
from echo_ml.models.churn.labels import READS

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

GROUP, _OWNER = "models", "team:analytics_team"


def churn_assets(sources: Sources) -> list[dg.AssetsDefinition]:
    """The training set, the model, its scores."""
    return [_training_set(sources), _model(sources), _scores(sources)]


def _training_set(sources: Sources) -> dg.AssetsDefinition:
    @dg.asset(
        key=TRAINING_SET,
        group_name=GROUP,
        owners=[_OWNER],
        kinds={"feast", "parquet"},
        deps=[REGISTRY, *(dg.AssetKey.from_user_string(model) for model in READS)],
        check_specs=_specs(TRAINING_SET, TRAINING_SET_CHECKS),
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/table_name": "models.churn_training_set"},
        pool="training",
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """One row is one customer, active as of one month end: what was known then, and whether they left.

        As Parquet under the hash of its content, without any customer's id. Where the history is too short to learn,
        to calibrate and to test, nothing is written and the asset says so.
        """
        made = churn_data.make(sources, days_of_partitions(sources).last)
        stored = _stored(sources, made)
        with sources.connection() as connection:
            add_training_set(connection, MODEL, stored, context.run.run_id)
        version = dg.DataVersion(stored.data_version) if stored.data_version else None
        results = results_of(sources, context, TRAINING_SET, TRAINING_SET_CHECKS, _verdicts(made))
        yield dg.MaterializeResult(metadata=_told(stored, made), check_results=results, data_version=version)

    return build


def _stored(sources: Sources, made: churn_data.Made) -> StoredSet:
    horizon = sources.settings.churn_horizon_days
    if made.training_set is None:
        return StoredSet(None, None, horizon, None, 0, {"reason": made.why_not})
    from echo_ml.models.churn.split import TEST
    from echo_ml.models.churn.training_set import write

    training_set = made.training_set
    path = write(training_set, sources.settings.training_sets)
    summary = {"parts": training_set.counts(), "features": training_set.columns, "faults": list(made.faults)}
    [tested_on] = training_set.days(TEST)
    rows = len(training_set.frame)
    return StoredSet(training_set.data_version, str(path), horizon, tested_on, rows, summary)


def _verdicts(made: churn_data.Made) -> Mapping[str, Any]:
    if made.why_not is None:
        return made.verdicts
    from echo_ml.features.checks.verdict import Verdict

    said = f"There is nothing to learn from: {made.why_not}."
    names = {check.name: Verdict(True, said, is_error=False) for check in TRAINING_SET_CHECKS}
    return {**names, "outcomes_suffice": Verdict(False, said, is_error=False)}


def _told(stored: StoredSet, made: churn_data.Made) -> dict[str, Any]:
    if stored.data_version is None:
        return {"nothing_to_learn_from": str(stored.reason)}
    return {
        "data_version": stored.data_version,
        "dagster/row_count": stored.rows,
        "path": dg.MetadataValue.path(str(stored.path)),
        "parts": dg.MetadataValue.json(stored.summary["parts"]),
        "features": len(stored.summary["features"]),
        "seconds": dg.MetadataValue.json(dict(made.seconds)),
    }


def _model(sources: Sources) -> dg.AssetsDefinition:
    @dg.asset(
        key=CHURN,
        group_name=GROUP,
        owners=[_OWNER],
        kinds={"mlflow", "scikitlearn"},
        deps=[TRAINING_SET],
        check_specs=_specs(CHURN, MODEL_CHECKS),
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={
            "dagster/table_name": "models.churn",
            "registered_model": f"models:/{MODEL}@champion",
            "page": dg.MetadataValue.path(churn_model.page_of(sources.settings)),
        },
        pool="training",
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """One row is one version of the churn model: trained on the newest set, measured out of time, promoted or not.

        It becomes champion only if it beats recency alone and the champion on customers and times that it has not seen,
        by more than noise, and is calibrated. Otherwise the champion stays, and the asset says why.
        """
        found = churn_model.train_churn(context, sources)
        evaluation = found.evaluation
        metadata = {
            "decision": evaluation.decision,
            "reasons": dg.MetadataValue.md("\n".join(f"- {reason}" for reason in evaluation.reasons)),
            **({"version": evaluation.version} if evaluation.version else {}),
            **({"data_version": evaluation.data_version} if evaluation.data_version else {}),
            **found.shown,
            "seconds": dg.MetadataValue.json(dict(found.seconds)),
        }
        results = results_of(sources, context, CHURN, MODEL_CHECKS, found.verdicts)
        yield dg.MaterializeResult(metadata=metadata, check_results=results)

    return build


def _scores(sources: Sources) -> dg.AssetsDefinition:
    @dg.asset(
        key=SCORES,
        group_name=GROUP,
        owners=[_OWNER],
        kinds={"postgres", "scikitlearn"},
        deps=[CHURN, dg.AssetKey(["features", "customer_daily"])],
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={"dagster/table_name": "models.churn_scores"},
        pool="training",
    )
    def build(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """One row is one customer, active as of a snapshot: how likely they are to leave, and which version says so.

        The newest snapshot is scored by the champion; scores that say something else now are replaced, and go with
        their snapshot.
        """
        found = churn_scores.score_churn(sources, context.run.run_id)
        if isinstance(found, str):
            context.log.info(f"nothing was scored: {found}")
            return dg.MaterializeResult(metadata={"nothing_scored": found})
        mean = float(found.probabilities.mean()) if len(found.probabilities) else None
        return dg.MaterializeResult(
            metadata={
                "snapshot": str(found.snapshot_date), "version": found.version.number, "changed": found.changed,
                "removed": found.removed, "dagster/row_count": len(found.probabilities),
                "mlflow_run_id": found.version.run_id, "seconds": dg.MetadataValue.json(dict(found.seconds)),
                **({"mean_probability": mean} if mean is not None else {}),
            }
        )  # fmt: skip

    return build


def _specs(asset: dg.AssetKey, checks: tuple[ModelCheck, ...]) -> list[dg.AssetCheckSpec]:
    return [check.spec(asset) for check in checks]


def training_job() -> "UnresolvedAssetJobDefinition":
    """`training_job`: train and score at a click, whether or not it is due."""
    return dg.define_asset_job(
        "training_job",
        selection=dg.AssetSelection.assets(TRAINING_SET, CHURN, SCORES),
        description="Makes the churn training set, trains on it, promotes what has earned it, scores the customers.",
    )

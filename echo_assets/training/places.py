"""Where MLflow is, from the settings and the server that is up; tags and links between its runs and Dagster's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets import server
from echo_ml.tracking import Tracking
from echo_ml.tracking.places import DAGSTER_RUN

if TYPE_CHECKING:
    from echo_assets.sources import Sources
    from echo_ml.tracking import Run

DAGSTER_UI = "http://127.0.0.1:3000"
"""Where `make ui` shows Dagster."""


def tracking_of(sources: Sources) -> Tracking:
    """MLflow of the installation: the database `mlflow` with files in the home, or what MLFLOW_TRACKING_URI names."""
    settings = sources.settings
    uri = settings.mlflow_tracking_uri or server.databases(settings).url("mlflow")
    return Tracking.at(uri, settings.mlflow)


def tags_of(context: dg.AssetExecutionContext) -> dict[str, str]:
    """What leads from a run of MLflow to the step of Dagster that it is part of."""
    run_id = context.run.run_id
    return {
        DAGSTER_RUN: run_id,
        "dagster.asset_key": context.asset_key.to_user_string(),
        "dagster.job_name": context.run.job_name,
        "dagster.url": f"{DAGSTER_UI}/runs/{run_id}",
    }


def links_of(run: Run) -> dict[str, Any]:
    """What leads from an asset of Dagster to the run of MLflow."""
    return {"mlflow_run_id": run.run_id, "mlflow_run": dg.MetadataValue.url(run.link)}


def is_running(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run of Dagster has not ended yet; one that nobody knows any more has."""
    found = instance.get_run_by_id(run_id)
    return found is not None and not found.is_finished

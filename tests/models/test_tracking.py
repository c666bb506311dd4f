"""Runs of MLflow that always end and write into no other, models that are read only as they were written."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import psycopg
import pytest

from echo_ml.tracking import Run, Tracking, TrackingError
from echo_ml.tracking.alias_history import adopt, disagreement, move, newest_move
from echo_ml.tracking.places import DAGSTER_RUN
from echo_ml.tracking.registry import CHAMPION, Version, alias_of, point, version_of
from echo_ml.tracking.sklearn_models import SHA256, loaded

pytestmark = pytest.mark.database

EXPERIMENT = "a test of tracking"
COLUMNS = {"recency_days": "double", "segment": "string"}


def status(tracking: Tracking, run_id: str) -> str:
    return str(tracking.client().get_run(run_id).info.status)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"recency_days": rng.random(80) * 90, "segment": rng.choice(["smb", "large"], 80)})


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    columns = ColumnTransformer([("text", OneHotEncoder(), ["segment"])], remainder="passthrough")
    return make_pipeline(columns, LogisticRegression()).fit(frame, frame["recency_days"] > 40)


@pytest.fixture(scope="module")
def name() -> str:
    return f"tested_{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def versions(tracking: Tracking, model: Any, name: str) -> list[Version]:
    """Two versions of one model, each by a run of its own."""
    made = []
    for number in range(2):
        with tracking.run(EXPERIMENT, f"version {number}") as run:
            made.append(run.log_sklearn_model(model, COLUMNS, name, {"data_version": str(number)}))
    return made


def test_a_run_ends_with_its_block_and_holds_what_was_logged(tracking: Tracking) -> None:
    with tracking.run(EXPERIMENT, "whole", {DAGSTER_RUN: "d-1"}) as run:
        run.log_params({"features": ["a", "b"], "horizon": 90, "method": "sigmoid"})
        run.log_metrics({"auc": 0.75, "lift": None})
        run.log_dataset("churn", "ab" * 32, "somewhere.parquet", {"recency_days": "double"}, {"rows": 80})
        run.log_table([{"feature": "recency_days", "importance": 0.2}], "feature_importance.json")
        assert status(tracking, run.run_id) == "RUNNING"
    found = tracking.client().get_run(run.run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"features": '["a", "b"]', "horizon": "90", "method": "sigmoid"}
    assert found.data.metrics == {"auc": 0.75}
    assert found.data.tags[DAGSTER_RUN] == "d-1"
    [dataset] = found.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("churn", ("ab" * 32)[:36])
    assert run.link == f"{tracking.ui}/#/experiments/{run.experiment_id}/runs/{run.run_id}"


def test_a_body_that_fails_ends_its_run_as_failed_and_the_next_run_is_another_one(tracking: Tracking) -> None:
    def failing() -> None:
        with tracking.run(EXPERIMENT, "fails") as run:
            begun.append(run)
            raise ZeroDivisionError

    begun: list[Run] = []
    with pytest.raises(ZeroDivisionError):
        failing()
    assert status(tracking, begun[0].run_id) == "FAILED"
    with tracking.run(EXPERIMENT, "next") as after:
        after.log_metrics({"auc": 0.5})
    assert after.run_id != begun[0].run_id
    assert tracking.client().get_run(begun[0].run_id).data.metrics == {}


def test_an_interrupted_run_is_killed(tracking: Tracking) -> None:
    begun: list[Run] = []

    def interrupted() -> None:
        with tracking.run(EXPERIMENT, "interrupted") as run:
            begun.append(run)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert status(tracking, begun[0].run_id) == "KILLED"


def test_no_run_is_active_in_the_process_neither_within_a_block_nor_after_it(tracking: Tracking) -> None:
    import mlflow

    before = mlflow.get_tracking_uri()
    with tracking.run(EXPERIMENT, "alone"):
        assert mlflow.active_run() is None
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == before


def test_what_a_killed_process_left_open_is_ended_and_what_runs_or_is_not_ours_is_not(tracking: Tracking) -> None:
    client, experiment = tracking.client(), tracking.experiment("cut off")
    cut_off, runs, strange = (
        client.create_run(experiment, tags=tags).info.run_id
        for tags in ({DAGSTER_RUN: "gone"}, {DAGSTER_RUN: "there"}, {})
    )
    assert tracking.end_cut_off_runs("cut off", lambda run_id: run_id == "there") == [cut_off]
    assert [status(tracking, run_id) for run_id in (cut_off, runs, strange)] == ["KILLED", "RUNNING", "RUNNING"]


def test_an_experiment_that_was_deleted_is_named_with_what_brings_it_back(tracking: Tracking) -> None:
    tracking.client().delete_experiment(tracking.experiment("deleted"))
    with pytest.raises(TrackingError, match="mlflow experiments restore"):
        tracking.experiment("deleted")


def test_a_parameter_that_is_too_long_is_named(tracking: Tracking) -> None:
    with tracking.run(EXPERIMENT, "long") as run, pytest.raises(ValueError, match="features"):
        run.log_params({"features": ["a name"] * 2000})


def test_a_model_is_read_as_it_was_written_with_its_columns(
    tracking: Tracking, versions: list[Version], model: Any, frame: pd.DataFrame
) -> None:
    found = loaded(tracking, version_of(tracking, versions[0].model, 1))
    assert found.columns == COLUMNS
    assert np.array_equal(found.model.predict_proba(frame), model.predict_proba(frame))


def test_mlflow_itself_serves_the_model_as_probabilities_and_checks_its_input(
    tracking: Tracking, versions: list[Version], model: Any, frame: pd.DataFrame
) -> None:
    import mlflow

    served = mlflow.pyfunc.load_model(versions[0].source)
    assert np.array_equal(served.predict(frame), model.predict_proba(frame))
    with pytest.raises(mlflow.MlflowException, match="missing inputs"):
        served.predict(frame.drop(columns="segment"))


def test_requirements_are_written_out_and_every_version_leads_to_its_run(
    tracking: Tracking, versions: list[Version]
) -> None:
    assert [version.number for version in versions] == [1, 2]
    run = tracking.client().get_run(versions[1].run_id)
    assert [f"/{output.model_id}/" in versions[1].source for output in run.outputs.model_outputs] == [True]
    place = files_of(versions[0])
    required = (place / "requirements.txt").read_text()
    assert {line.split("==")[0] for line in required.split()} == {"scikit-learn", "skops", "mlflow", "pandas", "numpy"}


def files_of(version: Version) -> Path:
    return Path(unquote(version.source.removeprefix("file://")))


def test_files_that_somebody_has_changed_are_not_read(tracking: Tracking, versions: list[Version]) -> None:
    content = files_of(versions[1]) / "model.skops"
    kept = content.read_bytes()
    content.write_bytes(kept + b" ")
    try:
        with pytest.raises(TrackingError, match="not those that were registered"):
            loaded(tracking, versions[1])
    finally:
        content.write_bytes(kept)


def test_a_version_that_we_did_not_register_is_not_read(tracking: Tracking, name: str, versions: list[Version]) -> None:
    client = tracking.client()
    strange = client.create_model_version(name, source=versions[0].source, run_id=versions[0].run_id)
    with pytest.raises(TrackingError, match="not registered by this platform"):
        loaded(tracking, version_of(tracking, name, int(strange.version)))


def test_a_type_that_is_not_trusted_is_not_made_even_if_the_hash_fits(
    tracking: Tracking, frame: pd.DataFrame, name: str, tmp_path: Path
) -> None:
    """MLflow itself would believe the list beside the model, and make it."""
    from functools import partial

    from sklearn.preprocessing import FunctionTransformer

    harmless = tmp_path / "was_run"
    with tracking.run(EXPERIMENT, "hostile") as run:
        hostile = FunctionTransformer(partial(os.mkdir, str(harmless)))
        place = tmp_path / "model"
        from echo_ml.tracking import sklearn_models

        trusted = sklearn_models.TRUSTED
        sklearn_models.TRUSTED = (*trusted, "functools.partial", "posix.mkdir")  # type: ignore[assignment]
        try:
            sklearn_models._save(hostile, COLUMNS, place, "m-" + "0" * 32, run.run_id)
        finally:
            sklearn_models.TRUSTED = trusted
    tags = {SHA256: sklearn_models.sha256_of(place)}
    with pytest.raises(TrackingError, match="not trusted"):
        loaded(tracking, Version(name, 9, run.run_id, place.as_uri(), tags))
    assert not harmless.exists()


def test_files_that_are_gone_are_named(tracking: Tracking, name: str, tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="train again, or bring them back"):
        loaded(tracking, Version(name, 9, "", tmp_path.as_uri(), {SHA256: "0"}))


def test_an_alias_moves_once_and_every_move_is_remembered(
    tracking: Tracking, models_db: psycopg.Connection, versions: list[Version]
) -> None:
    first, second = versions
    assert alias_of(tracking, first.model, CHAMPION) is None
    assert move(tracking, models_db, CHAMPION, first, "the first", "d-1")
    assert not move(tracking, models_db, CHAMPION, first, "the first again")
    assert move(tracking, models_db, CHAMPION, second, "better")
    found = alias_of(tracking, first.model, CHAMPION)
    assert found is not None
    assert found.number == second.number
    rows = models_db.execute(
        "select version, previous_version, reason, run_id, mlflow_run_id from models.model_aliases where model = %s "
        "order by alias_move_id", [first.model],
    ).fetchall()  # fmt: skip
    assert rows == [(1, None, "the first", "d-1", first.run_id), (2, 1, "better", None, second.run_id)]


def test_a_move_that_mlflow_refuses_leaves_no_row(
    tracking: Tracking, models_db: psycopg.Connection, versions: list[Version]
) -> None:
    from mlflow import MlflowException

    missing = Version(versions[0].model, 77, "", "")
    before = newest_move(models_db, versions[0].model, CHAMPION)
    with pytest.raises(MlflowException):
        move(tracking, models_db, CHAMPION, missing, "is not there")
    assert newest_move(models_db, versions[0].model, CHAMPION) == before


def test_a_move_in_mlflow_itself_is_told_and_then_remembered(
    tracking: Tracking, models_db: psycopg.Connection, versions: list[Version]
) -> None:
    model = versions[0].model
    assert disagreement(tracking, models_db, model, CHAMPION) is None
    point(tracking, CHAMPION, versions[0])
    said = disagreement(tracking, models_db, model, CHAMPION)
    assert said is not None
    assert "version 1 in MLflow and version 2" in said
    assert adopt(tracking, models_db, model, CHAMPION)
    assert disagreement(tracking, models_db, model, CHAMPION) is None
    tracking.client().delete_registered_model_alias(model, CHAMPION)
    assert adopt(tracking, models_db, model, CHAMPION)
    newest = newest_move(models_db, model, CHAMPION)
    assert newest is not None
    assert (newest.version, newest.previous_version) == (None, 1)


@pytest.mark.parametrize(
    "statement", ["update models.model_aliases set reason = ''", "delete from models.model_aliases"]
)
def test_what_was_said_is_not_changed(models_db: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        models_db.execute(statement.encode())

"""Champions from a real registry, read with the rights of a reader: what training has written is what answers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from served_warehouse import NOW, VIEWS

from echo_assets import server
from echo_ml.features.declared import TEXT
from echo_ml.serving.backend import churn_features
from echo_ml.serving.champion import Champion
from echo_ml.serving.registry_models import RegistryModels
from echo_ml.tracking import Tracking
from echo_ml.tracking.registry import CHAMPION, Version, point

COLUMNS = {
    each.name: "string" if each.kind == TEXT else "double" for each in churn_features(tuple(VIEWS.values()))
}  # fmt: skip
_NUMBER = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
_VALUES = {name: st.none() | st.text() if kind == "string" else _NUMBER for name, kind in COLUMNS.items()}
ROWS = st.lists(st.fixed_dictionaries(_VALUES), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def registry(databases: server.Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Two versions of a small model, and MLflow as who may read sees it."""
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_serving_mlflow")
        admin.execute("create database test_serving_mlflow template template0")
        folder = tmp_path_factory.mktemp("mlflow")
        writing = Tracking.at(databases.url("test_serving_mlflow"), folder)
        models = [_trained(seed) for seed in (1, 2)]
        versions = [_registered(writing, model) for model in models]
        reading = Tracking.at(databases.url("test_serving_mlflow", read_only=True), folder)
        yield {"writing": writing, "reading": reading, "models": models, "versions": versions, "folder": folder}
        admin.execute("drop database test_serving_mlflow with (force)")


def _trained(seed: int) -> Any:
    import numpy as np
    import pandas as pd

    from echo_ml.models.churn.candidates import LABEL, LOGISTIC, Candidate

    random = np.random.default_rng(seed)
    candidate = Candidate(LOGISTIC, COLUMNS)
    frames = []
    for _ in range(2):
        made = {name: random.gamma(2, 5, 300) for name in COLUMNS}
        texts = {name: random.choice(["a", "b"], 300) for name, kind in COLUMNS.items() if kind == "string"}
        frames.append(pd.DataFrame(made | texts).assign(**{LABEL: random.integers(0, 2, 300)}))
    return candidate.fitted(*frames).model


def _registered(tracking: Tracking, model: Any) -> Version:
    with tracking.run("churn_prediction", "test") as run:
        return run.log_sklearn_model(model, COLUMNS, "churn_predictor")


def test_a_moved_alias_changes_who_answers_without_a_pause(registry: dict[str, Any]) -> None:
    one, two = registry["versions"]
    champion = Champion(RegistryModels(registry["reading"]), COLUMNS, lambda: NOW)
    champion.look()
    assert champion.is_settled and champion.loaded is None, "nobody was promoted yet"
    row = {name: "a" if kind == "string" else 3 for name, kind in COLUMNS.items()}
    answers = []
    for version in (one, two):
        point(registry["writing"], CHAMPION, version)
        champion.look()
        model = champion.model()
        assert (model.version, model.run_id) == (str(version.number), version.run_id)
        answers.append(model.predict([row]))
    assert answers[0] != answers[1]


@settings(max_examples=30, deadline=None)
@given(ROWS)
def test_a_row_is_what_training_would_make_of_it(registry: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    import pandas as pd

    from echo_ml.models.churn.training_set import model_input

    loaded = registry.setdefault("loaded", RegistryModels(registry["reading"]).load("1"))
    frame = loaded.predict._frame(rows)
    wide = pd.DataFrame(rows, dtype="object")
    pd.testing.assert_frame_equal(frame, model_input(wide, COLUMNS))
    expected = registry["models"][0].predict_proba(frame)[:, 1]
    assert loaded.predict(rows) == pytest.approx(list(expected), abs=1e-12)
    assert all(0 <= value <= 1 and math.isfinite(value) for value in loaded.predict(rows))


def test_files_that_are_not_those_that_were_registered_are_not_served(registry: dict[str, Any]) -> None:
    [first, second] = registry["versions"]
    point(registry["writing"], CHAMPION, first)
    champion = Champion(RegistryModels(registry["reading"]), COLUMNS, lambda: NOW)
    champion.look()
    place = Path(second.source.removeprefix("file://")) / "model.skops"
    genuine = place.read_bytes()
    place.write_bytes(genuine + b" ")
    try:
        point(registry["writing"], CHAMPION, second)
        champion.look()
        assert (champion.model().version, champion.state.error) == (str(first.number), "TrackingError")
    finally:
        place.write_bytes(genuine)


def test_a_registry_that_goes_away_changes_nothing_and_is_heard_again(
    registry: dict[str, Any], databases: server.Databases
) -> None:
    one, two = registry["versions"]
    point(registry["writing"], CHAMPION, one)
    champion = Champion(RegistryModels(registry["reading"]), COLUMNS, lambda: NOW)
    champion.look()
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("alter database test_serving_mlflow with allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = 'test_serving_mlflow' and backend_type = 'client backend'"
        )
        try:
            champion.look()
        finally:
            admin.execute("alter database test_serving_mlflow with allow_connections true")
    assert (champion.model().version, champion.state.failures) == (str(one.number), 1)
    point(registry["writing"], CHAMPION, two)
    champion.look()
    assert (champion.model().version, champion.state.failures) == (str(two.number), 0)

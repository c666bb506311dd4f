"""The training set as a versioned thing: the same data are the same version, and no customer is named in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_customers import SPLIT, found

from echo_ml.models.churn.training_set import (
    CUSTOMER,
    FOLD,
    LABEL,
    TrainingSet,
    content_hash,
    model_input,
    read,
    training_set_of,
    write,
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return found(customers=60)


@pytest.fixture(scope="module")
def made(rows: pd.DataFrame) -> TrainingSet:
    return training_set_of(rows, SPLIT)


def test_the_order_of_rows_changes_nothing(rows: pd.DataFrame, made: TrainingSet) -> None:
    again = training_set_of(rows.sample(frac=1, random_state=1), SPLIT)
    assert again.data_version == made.data_version
    assert again.frame.equals(made.frame)


@pytest.mark.parametrize("column", ["churned", "orders_last_90d", "plan_type", "recency_days"])
def test_any_changed_value_is_another_version(rows: pd.DataFrame, made: TrainingSet, column: str) -> None:
    other = rows.copy()
    changed = {"churned": lambda old: not old, "plan_type": lambda _: "other"}.get(column, lambda old: 1e6)
    other.loc[3, column] = changed(other.loc[3, column])
    assert training_set_of(other, SPLIT).data_version != made.data_version


def test_a_renamed_feature_or_another_horizon_is_another_version(made: TrainingSet) -> None:
    renamed = made.frame.rename(columns={"orders_last_90d": "orders"})
    versions = {content_hash(renamed, 90), content_hash(made.frame, 60), made.data_version}
    assert len(versions) == 3


def test_no_customer_is_named_and_one_person_has_one_number_and_one_fold(rows: pd.DataFrame, made: TrainingSet) -> None:
    assert "customer_id" not in made.frame
    assert not made.frame.astype(str).isin(set(rows["customer_id"])).any(axis=None)
    assert made.frame.groupby(CUSTOMER)[FOLD].nunique().max() == 1
    assert made.frame[CUSTOMER].nunique() == 60


def test_what_is_no_feature_is_no_input(made: TrainingSet) -> None:
    assert made.columns == {"recency_days": "double", "orders_last_90d": "double", "plan_type": "string"}
    assert made.frame[LABEL].isin([0, 1]).all()


def test_it_is_read_back_as_it_was_written(made: TrainingSet, tmp_path: Path) -> None:
    path = write(made, tmp_path)
    assert path.name == f"{made.data_version}.parquet"
    assert read(path, 90).frame.equals(made.frame)
    before = path.stat().st_mtime_ns
    assert write(made, tmp_path) == path
    assert path.stat().st_mtime_ns == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_file_that_was_changed_is_not_believed(made: TrainingSet, tmp_path: Path) -> None:
    path = write(made, tmp_path)
    made.frame.assign(**{LABEL: 0}).to_parquet(path, index=False)
    with pytest.raises(ValueError, match="build models/churn_training_set again"):
        read(path, 90)


def test_values_become_what_a_model_takes_and_a_missing_feature_is_named() -> None:
    given = pd.DataFrame({"truth": [True, None], "number": [None, None], "text": [None, "x"], "more": [1, 2]})
    wanted = {"text": "string", "truth": "double", "number": "double"}
    taken = model_input(given, wanted)
    assert list(taken) == list(wanted)
    assert taken["text"].tolist() == ["(none)", "x"]
    assert taken["truth"].iloc[0] == 1.0
    assert np.isnan(taken[["truth", "number"]].iloc[1]).all()
    with pytest.raises(KeyError, match="tenure_days"):
        model_input(given, {"tenure_days": "double"})

"""The training set: features and outcomes of active customers by snapshot, as one frame with a version of its own.

One row is one customer at one snapshot. It holds no customer's id: customers are numbered, since a model needs to know
which rows are of one person, and not of whom. Its version is the hash of its content, so that the same data are the
same version whenever they are read. Must not live here: where it comes from (`labels.py`) or what learns from it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_ml.models.churn.split import CALIBRATE, FIT, TEST, Split, fold_of

if TYPE_CHECKING:
    import pandas as pd

CUSTOMER, FOLD, SNAPSHOT, PART, LABEL = "customer_number", "fold", "snapshot_date", "part", "churned"
OWN = (CUSTOMER, FOLD, SNAPSHOT, PART, LABEL)
"""The columns that are no features."""
NO_TEXT = "(none)"
"""What stands for a text that is not known; numbers that are not known stay NaN."""


@dataclass(frozen=True)
class TrainingSet:
    """A frame with the columns `OWN` and the features: numbers as float64, texts as objects without gaps."""

    frame: pd.DataFrame
    horizon_days: int
    data_version: str

    @property
    def columns(self) -> dict[str, str]:
        """The features by MLflow's type, in their order."""
        return columns_of(self.frame.drop(columns=list(OWN)))

    def part(self, name: str) -> pd.DataFrame:
        """The rows that are for one purpose."""
        return self.frame[self.frame[PART] == name].reset_index(drop=True)

    def days(self, part: str) -> list[date]:
        """The snapshots of a part, in order."""
        found = self.frame.loc[self.frame[PART] == part, SNAPSHOT].unique()
        return sorted(date.fromisoformat(str(day)[:10]) for day in found)

    def counts(self) -> dict[str, dict[str, int]]:
        """Rows, customers and how many churned, by part."""
        return {
            name: {
                "rows": len(rows), "customers": int(rows[CUSTOMER].nunique()), "churned": int(rows[LABEL].sum()),
            }
            for name in (FIT, CALIBRATE, TEST)
            for rows in [self.part(name)]
        }  # fmt: skip


def training_set_of(found: pd.DataFrame, split: Split) -> TrainingSet:
    """The training set from what Feast has found for the entities of `labels.py`, with their features.

    Rows are put into the order of snapshots and customers, and customers are numbered in the order of their ids.
    """
    import pandas as pd

    rows = found.assign(snapshot_date=pd.to_datetime(found[SNAPSHOT]).dt.date)
    rows = rows.sort_values([SNAPSHOT, "customer_id"], kind="stable", ignore_index=True)
    ids = sorted(set(rows["customer_id"]))
    numbers = {customer: number for number, customer in enumerate(ids)}
    folds = {customer: fold_of(customer) for customer in ids}
    features = model_input(rows.drop(columns=["customer_id", "event_timestamp", SNAPSHOT, LABEL]))
    own = pd.DataFrame(
        {
            CUSTOMER: rows["customer_id"].map(numbers).astype("int64"),
            FOLD: rows["customer_id"].map(folds).astype("int64"),
            SNAPSHOT: [day.isoformat() for day in rows[SNAPSHOT]],
            PART: [split.part_of(day) for day in rows[SNAPSHOT]],
            LABEL: rows[LABEL].astype("int64"),
        }
    )
    frame = pd.concat([own, features], axis=1)
    return TrainingSet(frame, split.horizon_days, content_hash(frame, split.horizon_days))


def model_input(features: pd.DataFrame, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Features as a model takes them: numbers and truth values as float64, NaN where there is none; texts without gaps.

    `columns` are those of a model, by MLflow's type: they are chosen and ordered, and one that is missing is a KeyError
    with its name. Without it, all columns are taken, and those of text or object type are texts.
    """
    import pandas as pd

    wanted = columns_of(features) if columns is None else columns
    missing = [name for name in wanted if name not in features]
    if missing:
        raise KeyError(f"features that the model needs are missing: {', '.join(missing)}")
    made = {
        name: _text(features[name]) if kind == "string" else pd.to_numeric(features[name]).astype("float64")
        for name, kind in wanted.items()
    }
    return pd.DataFrame(made, index=features.index)


def columns_of(features: pd.DataFrame) -> dict[str, str]:
    """The columns of features by MLflow's type."""
    import pandas as pd

    return {
        str(name): "double" if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind) else "string"
        for name, kind in features.dtypes.items()
    }


def _text(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.astype("object").where(values.notna(), NO_TEXT).astype(str).astype("object")


def content_hash(frame: pd.DataFrame, horizon_days: int) -> str:
    """The sha256 of everything in a frame: names, types and values of its columns in their order."""
    import numpy as np

    found = hashlib.sha256(f"churn within {horizon_days} days\n".encode())
    for name in frame.columns:
        values = frame[name].to_numpy()
        if values.dtype == object:
            texts = [str(value).encode() for value in values]
            content = b"".join(len(text).to_bytes(4, "big") + text for text in texts)
        else:
            values = np.where(np.isnan(values), np.nan, values) if values.dtype.kind == "f" else values
            content = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes()
        found.update(f"{name} {values.dtype.kind} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def write(training_set: TrainingSet, folder: Path) -> Path:
    """Write it as Parquet under its version; the file of a version that is there already stays as it is."""
    path = folder / f"{training_set.data_version}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{os.getpid()}-{path.name}.part"
        training_set.frame.to_parquet(partial, index=False)
        partial.replace(path)
    return path


def read(path: Path, horizon_days: int) -> TrainingSet:
    """Read it back; ValueError if its content is not what its name says."""
    import pandas as pd

    frame = pd.read_parquet(path)
    version = content_hash(frame, horizon_days)
    if version != path.stem:
        raise ValueError(f"{path} is not what it was written as: build models/churn_training_set again")
    return TrainingSet(frame, horizon_days, version)

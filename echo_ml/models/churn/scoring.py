"""Asking a model that was registered: of a frame of features, or of values given one by one.

Must not live here: where features come from, and where scores go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from echo_ml.models.churn import MODEL
from echo_ml.models.churn.candidates import few_threads
from echo_ml.models.churn.figures import Floats
from echo_ml.models.churn.training import Champion
from echo_ml.models.churn.training_set import model_input
from echo_ml.tracking.registry import CHAMPION, alias_of
from echo_ml.tracking.sklearn_models import LoadedModel, loaded

if TYPE_CHECKING:
    import pandas as pd

    from echo_ml.tracking import Tracking

HORIZON = "echo.horizon_days"
"""The tag of a version with the horizon that it was trained for."""


def probabilities(model: LoadedModel, features: pd.DataFrame) -> Floats:
    """How likely each row is to churn. KeyError names features that the model needs and that are missing."""
    rows = model_input(features, model.columns)
    with few_threads(len(rows)):
        found: Floats = model.model.predict_proba(rows)[:, 1]
    return found


def probabilities_of(model: LoadedModel, customers: Sequence[Mapping[str, Any]]) -> list[float]:
    """The same of feature values by name, one mapping a customer; a value that is not known is None."""
    import pandas as pd

    return [float(each) for each in probabilities(model, pd.DataFrame([*customers], columns=list(model.columns)))]


def champion_of(tracking: Tracking) -> LoadedModel | None:
    """The model that serves, read from its files; None if there is no champion."""
    version = alias_of(tracking, MODEL, CHAMPION)
    return None if version is None else loaded(tracking, version)


def champion_for(tracking: Tracking, horizon_days: int, columns: Mapping[str, str]) -> Champion | None:
    """The champion as a rival in training, or why it cannot be asked about such a training set."""
    from echo_ml.tracking import TrackingError

    version = alias_of(tracking, MODEL, CHAMPION)
    if version is None:
        return None
    if version.tags.get(HORIZON) != str(horizon_days):
        asked = version.tags.get(HORIZON, "an unknown number of")
        return Champion(version.number, why_not=f"it answers another question, churn within {asked} days")
    try:
        model = loaded(tracking, version)
    except TrackingError as error:
        return Champion(version.number, why_not=str(error))
    gone = sorted(name for name, kind in model.columns.items() if columns.get(name) != kind)
    if gone:
        return Champion(version.number, why_not=f"features that it needs are gone: {', '.join(gone)}")
    return Champion(version.number, predict=lambda rows: probabilities(model, rows))

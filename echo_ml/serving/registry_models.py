"""Churn models from MLflow's registry: the version that is champion, and a version as a function of feature values.

How a model is read, and what its columns are, is not said here: `echo_ml/tracking` and `echo_ml/models/churn` say both
for training as well, so that serving cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from echo_ml.models.churn import MODEL
from echo_ml.serving.champion import LoadedModel, Rows
from echo_ml.tracking import Tracking
from echo_ml.tracking.registry import CHAMPION, alias_of, version_of

if TYPE_CHECKING:
    import pandas as pd


class RegistryModels:
    """The registered churn model of one MLflow."""

    name = MODEL

    def __init__(self, tracking: Tracking) -> None:
        """Ask for nothing yet: importing MLflow takes seconds."""
        self._tracking = tracking

    def champion(self) -> str | None:
        """The version that the alias points at."""
        found = alias_of(self._tracking, self.name, CHAMPION)
        return None if found is None else str(found.number)

    def load(self, version: str) -> LoadedModel:
        """A version in memory; TrackingError if it is not what was registered."""
        from echo_ml.tracking.sklearn_models import loaded

        found = loaded(self._tracking, version_of(self._tracking, self.name, int(version)))
        return LoadedModel(
            self.name, version, found.version.run_id, tuple(found.columns), _Predicting(found.model, found.columns)
        )


class _Predicting:
    """A classifier of scikit-learn as a function of feature values.

    On one thread: for a few rows, a second one takes longer to wake than the work takes, and requests share the cores.
    """

    def __init__(self, model: Any, columns: Mapping[str, str]) -> None:
        from threadpoolctl import ThreadpoolController

        self._model, self._columns = model, dict(columns)
        self._threads = ThreadpoolController()  # looks through all libraries once, and not at every call

    def __call__(self, rows: Rows) -> list[float]:
        """One probability a row."""
        with self._threads.limit(limits=1):
            return [float(value) for value in self._model.predict_proba(self._frame(rows))[:, 1]]

    def _frame(self, rows: Rows) -> pd.DataFrame:
        """What `model_input` makes of the same values (a test compares), without its detours for a few rows."""
        import numpy as np
        import pandas as pd

        from echo_ml.models.churn.training_set import NO_TEXT

        made: dict[str, Any] = {}
        for name, kind in self._columns.items():
            values = [row[name] for row in rows]
            if kind == "string":
                made[name] = np.array([NO_TEXT if value is None else value for value in values], dtype="object")
            else:
                made[name] = np.array([np.nan if value is None else value for value in values], dtype="float64")
        return pd.DataFrame(made)

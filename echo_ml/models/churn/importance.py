"""What a model goes by: how much of its AUC is lost when one feature is shuffled between customers.

The features of all repeats are predicted in one call, which takes a fraction of the time of one call each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from echo_ml.models.churn.figures import auc
from echo_ml.models.churn.training_set import LABEL

if TYPE_CHECKING:
    import pandas as pd

    from echo_ml.models.churn.candidates import Fitted

REPEATS = 3
MAX_ROWS = 2000
"""Of more rows the first so many are shuffled: the ranking needs no more."""


@dataclass(frozen=True)
class Importance:
    """The mean loss of AUC over the repeats, and its standard deviation. Two features that say the same share it."""

    feature: str
    loss: float
    deviation: float


def importances(fitted: Fitted, rows: pd.DataFrame, seed: int = 0) -> list[Importance]:
    """The features of a fitted model, the most important one first."""
    import pandas as pd

    rows = rows.iloc[:MAX_ROWS]
    outcomes, features = rows[LABEL].to_numpy(), list(fitted.candidate.columns)
    whole = auc(outcomes, fitted.raw_probabilities(rows))
    rng = np.random.default_rng(seed)
    shuffled = [
        rows[features].assign(**{name: rng.permutation(rows[name].to_numpy())})
        for name in features
        for _ in range(REPEATS)
    ]
    predicted = fitted.raw_probabilities(pd.concat(shuffled, ignore_index=True)).reshape(len(features), REPEATS, -1)
    losses = {
        name: np.array([whole - auc(outcomes, each) for each in of_feature])
        for name, of_feature in zip(features, predicted, strict=True)
    }
    found = [Importance(name, float(loss.mean()), float(loss.std())) for name, loss in losses.items()]
    return sorted(found, key=lambda each: -each.loss)

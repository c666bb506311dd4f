"""The models that compete: a logistic regression, boosted trees, and the baseline that only looks at recency.

Each is fitted on what teaches and then calibrated on a later snapshot (Platt's sigmoid over the frozen model): the
order that it puts customers into stays, its probabilities are those of then. Classes are not weighted, which changes no
order and spoils probabilities. Must not live here: how good they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from echo_ml.models.churn.split import FIT
from echo_ml.models.churn.training_set import FOLD, LABEL, TrainingSet

if TYPE_CHECKING:
    import pandas as pd

RECENCY = "recency_days"
LOGISTIC, BOOSTED, BASELINE = "logistic_regression", "gradient_boosting", "recency_only"
CANDIDATES = (LOGISTIC, BOOSTED)
"""Those that may become champion."""
_ONE_THREAD_UP_TO = 100_000
"""Rows up to which a second thread costs more than it brings."""
_PARAMETERS: Mapping[str, dict[str, Any]] = {
    LOGISTIC: {"C": 1.0, "max_iter": 500},
    BASELINE: {"C": 1.0, "max_iter": 500},
    BOOSTED: {
        "max_iter": 60, "learning_rate": 0.08, "max_leaf_nodes": 8, "min_samples_leaf": 20, "l2_regularization": 1.0,
        "early_stopping": False, "random_state": 0,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A model that is not fitted yet: its name, and the features that it takes by MLflow's type."""

    name: str
    columns: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, Any]:
        """What it is fitted with."""
        return dict(_PARAMETERS[self.name])

    def fitted(self, fit: pd.DataFrame, calibrate: pd.DataFrame) -> Fitted:
        """Fit it on rows that teach and calibrate it on later ones."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.frozen import FrozenEstimator

        columns = list(self.columns)
        raw = self._estimator().fit(fit[columns], fit[LABEL])
        # The model is frozen, so that its predictions are the same by whatever folds they are made; two are the fewest.
        model = CalibratedClassifierCV(FrozenEstimator(raw), method="sigmoid", cv=2)
        return Fitted(self, raw, model.fit(calibrate[columns], calibrate[LABEL]))

    def _estimator(self) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        numbers = [name for name, kind in self.columns.items() if kind == "double"]
        texts = [name for name, kind in self.columns.items() if kind == "string"]
        if self.name == BOOSTED:
            return make_pipeline(_for_trees(texts), HistGradientBoostingClassifier(**self.parameters))
        return make_pipeline(_for_sums(numbers, texts), LogisticRegression(**self.parameters))


@dataclass(frozen=True)
class Fitted:
    """A fitted model, before and after its calibration."""

    candidate: Candidate
    raw: Any
    model: Any

    def probabilities(self, rows: pd.DataFrame) -> Any:
        """How likely each row is to churn, calibrated."""
        return self.model.predict_proba(rows[list(self.candidate.columns)])[:, 1]

    def raw_probabilities(self, rows: pd.DataFrame) -> Any:
        """The same before the calibration."""
        return self.raw.predict_proba(rows[list(self.candidate.columns)])[:, 1]


def candidates_of(training_set: TrainingSet) -> list[Candidate]:
    """The baseline and those that must beat it; ValueError if there is no recency, which the baseline is made of."""
    columns = telling(training_set)
    if RECENCY not in columns:
        raise ValueError(f"{RECENCY} is the same for everybody, or no feature: there is no baseline to beat")
    baseline = Candidate(BASELINE, {RECENCY: columns[RECENCY]})
    return [baseline, *(Candidate(name, columns) for name in CANDIDATES)]


def telling(training_set: TrainingSet) -> dict[str, str]:
    """The features that say anything, by MLflow's type: with two values where one learns, in two folds at least.

    One without any value in some fold's customers could not be learnt from when that fold is left out.
    """
    fit = training_set.part(FIT)
    return {
        name: kind
        for name, kind in training_set.columns.items()
        if fit[name].nunique(dropna=False) > 1 and fit.loc[fit[name].notna(), FOLD].nunique() > 1
    }


def _for_trees(texts: Sequence[str]) -> Any:
    """Texts as numbers; trees take gaps as they are."""
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_column_transformer((encoder, list(texts)), remainder="passthrough")


def _for_sums(numbers: Sequence[str], texts: Sequence[str]) -> Any:
    """Numbers by their rank, so that one large customer does not decide, with a flag for each gap; texts as flags."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer

    ranks = QuantileTransformer(n_quantiles=100, subsample=10_000, random_state=0)
    gaps = SimpleImputer(strategy="constant", fill_value=0.5, add_indicator=True, keep_empty_features=True)
    flags = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=20, max_categories=20)
    return make_column_transformer((make_pipeline(ranks, gaps), list(numbers)), (flags, list(texts)))


@contextmanager
def few_threads(rows: int) -> Iterator[None]:
    """Fit small data on one thread: waiting for the others takes longer than the work, many times on busy cores.

    What sets the number knows only libraries that are loaded already.
    """
    import sklearn.ensemble  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1 if rows <= _ONE_THREAD_UP_TO else None):
        yield

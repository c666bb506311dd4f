"""Predictions of customers and times that a model has not seen: one model for each fold of customers.

The model of a fold learns from the other folds' customers at the early snapshots and is calibrated on them at a later
one. It then predicts the fold's customers twice: at the early snapshots, which is the cross-validation, and at the last
snapshot, which is out of time as well. So every customer of the last snapshot counts as a test, and none of them was
learnt from. What is registered is fitted on all customers: it is at least as good as the models that are measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from echo_ml.models.churn.candidates import Candidate
from echo_ml.models.churn.figures import Floats, auc
from echo_ml.models.churn.split import CALIBRATE, FIT, FOLDS, TEST
from echo_ml.models.churn.training_set import FOLD, LABEL, TrainingSet


@dataclass(frozen=True)
class CrossFitted:
    """What came of it: the AUC of each fold at the early snapshots, and the test's probabilities, row by row."""

    candidate: Candidate
    auc_by_fold: tuple[float, ...]
    probabilities: Floats
    raw_probabilities: Floats

    @property
    def auc_mean(self) -> float:
        """The cross-validated AUC."""
        return sum(self.auc_by_fold) / len(self.auc_by_fold)

    @property
    def auc_deviation(self) -> float:
        """The standard deviation between folds."""
        mean = self.auc_mean
        return float((sum((each - mean) ** 2 for each in self.auc_by_fold) / len(self.auc_by_fold)) ** 0.5)


def cross_fitted(candidate: Candidate, training_set: TrainingSet) -> CrossFitted:
    """Fit and calibrate one model for each fold. Every fold must have customers who churned and others who did not."""
    fit, calibrate, test = (training_set.part(name) for name in (FIT, CALIBRATE, TEST))
    by_fold: list[float] = []
    probabilities: Any = np.full(len(test), np.nan)
    raw: Any = np.full(len(test), np.nan)
    for fold in range(FOLDS):
        fitted = candidate.fitted(fit[fit[FOLD] != fold], calibrate[calibrate[FOLD] != fold])
        unseen, asked = fit[fit[FOLD] == fold], (test[FOLD] == fold).to_numpy()
        by_fold.append(auc(unseen[LABEL].to_numpy(), fitted.raw_probabilities(unseen)))
        if asked.any():
            probabilities[asked] = fitted.probabilities(test[asked])
            raw[asked] = fitted.raw_probabilities(test[asked])
    return CrossFitted(candidate, tuple(by_fold), probabilities, raw)

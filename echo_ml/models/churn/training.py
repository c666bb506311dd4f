"""Training in order: compete, choose by cross-validation, measure out of time, compare with the champion, decide.

Must not live here: MLflow, tables, files. What is written of all this is the caller's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from echo_ml.models.churn.candidates import BASELINE, Fitted, candidates_of, few_threads
from echo_ml.models.churn.cross_fitting import CrossFitted, cross_fitted
from echo_ml.models.churn.figures import BINS, Figures, Floats, Outcomes, figures_of
from echo_ml.models.churn.importance import Importance, importances
from echo_ml.models.churn.noise import auc_difference, calibration_error_by_chance
from echo_ml.models.churn.promotion import Promotion, Rival, Standing, promotion_of
from echo_ml.models.churn.split import CALIBRATE, FIT, TEST
from echo_ml.models.churn.training_set import LABEL, TrainingSet

if TYPE_CHECKING:
    import pandas as pd

Predict = Callable[["pd.DataFrame"], Floats]


@dataclass(frozen=True)
class Champion:
    """The model that serves: its version and how to ask it, or why it cannot be asked about this training set."""

    version: int
    predict: Predict | None = None
    why_not: str | None = None


@dataclass(frozen=True)
class Competitor:
    """One model in the competition: its cross-validation, its figures out of time, before calibration, and standing."""

    crossed: CrossFitted
    figures: Figures
    raw_figures: Figures
    standing: Standing

    @property
    def name(self) -> str:
        """The model's."""
        return self.crossed.candidate.name


@dataclass(frozen=True)
class Trained:
    """What came of training: the challenger, fitted on everybody, all competitors, and the decision.

    `champion` has the champion's figures on the same test, where there is one that could be asked.
    """

    training_set: TrainingSet
    challenger: Fitted
    competitors: Mapping[str, Competitor]
    champion: Figures | None
    rival: Rival | None
    promotion: Promotion
    importances: list[Importance]
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def best(self) -> Competitor:
        """The challenger among the competitors."""
        return self.competitors[self.challenger.candidate.name]

    @property
    def baseline(self) -> Competitor:
        """What knows recency only."""
        return self.competitors[BASELINE]


def train(training_set: TrainingSet, champion: Champion | None = None, faults: tuple[str, ...] = ()) -> Trained:
    """Train on a set that has enough of both outcomes in every part (`conditions.enough`)."""
    began = time.perf_counter()
    test = training_set.part(TEST)
    outcomes = test[LABEL].to_numpy()
    with few_threads(len(training_set.frame)):
        candidates = {each.name: each for each in candidates_of(training_set)}
        crossed = {name: cross_fitted(each, training_set) for name, each in candidates.items()}
        competed = time.perf_counter()
        best = max((each for name, each in crossed.items() if name != BASELINE), key=lambda each: each.auc_mean)
        challenger = best.candidate.fitted(training_set.part(FIT), training_set.part(CALIBRATE))
        fitted = time.perf_counter()
        important = importances(challenger, test)
    baseline = crossed[BASELINE].probabilities
    competitors = {name: _competitor(each, outcomes, baseline) for name, each in crossed.items()}
    figures, rival = _rival(champion, test, outcomes, best.probabilities, baseline)
    decision = promotion_of(competitors[best.candidate.name].standing, rival, faults)
    seconds = {"compete": competed - began, "fit": fitted - competed, "explain": time.perf_counter() - fitted}
    return Trained(training_set, challenger, competitors, figures, rival, decision, important, seconds)


def _competitor(crossed: CrossFitted, outcomes: Outcomes, baseline: Floats) -> Competitor:
    return Competitor(
        crossed,
        figures_of(outcomes, crossed.probabilities),
        figures_of(outcomes, crossed.raw_probabilities),
        standing_of(outcomes, crossed.probabilities, baseline),
    )


def standing_of(outcomes: Outcomes, probabilities: Floats, baseline: Floats) -> Standing:
    """How one model stands on the test, beside the baseline."""
    return Standing(
        figures_of(outcomes, probabilities).ece,
        calibration_error_by_chance(probabilities, BINS),
        auc_difference(outcomes, probabilities, baseline),
    )


def _rival(
    champion: Champion | None, test: pd.DataFrame, outcomes: Outcomes, challenger: Floats, baseline: Floats
) -> tuple[Figures | None, Rival | None]:
    """The champion on the same test, which it has not seen either: it was trained on earlier snapshots."""
    if champion is None:
        return None, None
    if champion.predict is None:
        return None, Rival(champion.version, why_not=champion.why_not)
    probabilities = champion.predict(test)
    rival = Rival(
        champion.version,
        standing_of(outcomes, probabilities, baseline),
        auc_difference(outcomes, challenger, probabilities),
    )
    return figures_of(outcomes, probabilities), rival

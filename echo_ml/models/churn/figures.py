"""How good probabilities are, given what came of it: the usual figures, as functions of two arrays.

`outcomes` are 1 where a customer churned and 0 where not, `probabilities` lie between 0 and 1. A figure that there is
none of, such as an AUC with one class only, is NaN. Must not live here: what is good enough (`promotion.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Outcomes = NDArray[np.int64]

BINS = 10
LIFT_SHARE = 0.1


@dataclass(frozen=True)
class Bin:
    """Customers of similar probability: how many, what was predicted on average, and what came of it."""

    customers: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Figures:
    """Out of time and out of sample: `ece` is the expected calibration error, `lift` the one of the top tenth."""

    customers: int
    churned: int
    auc: float
    average_precision: float
    brier: float
    ece: float
    lift: float
    mean_probability: float
    curve: tuple[Bin, ...] = ()

    @property
    def share(self) -> float:
        """How many of them churned."""
        return self.churned / self.customers if self.customers else float("nan")

    def metrics(self, prefix: str = "") -> dict[str, float]:
        """The figures by name, without the curve."""
        figures = {name: value for name, value in asdict(self).items() if name != "curve"}
        return {f"{prefix}{name}": float(value) for name, value in figures.items()}


def figures_of(outcomes: Outcomes, probabilities: Floats) -> Figures:
    """All figures of one set of predictions."""
    curve = calibration_curve(outcomes, probabilities)
    return Figures(
        customers=len(outcomes),
        churned=int(outcomes.sum()),
        auc=auc(outcomes, probabilities),
        average_precision=average_precision(outcomes, probabilities),
        brier=float(((probabilities - outcomes) ** 2).mean()),
        ece=expected_calibration_error(curve),
        lift=lift(outcomes, probabilities),
        mean_probability=float(probabilities.mean()),
        curve=curve,
    )


def auc(outcomes: Outcomes, probabilities: Floats) -> float:
    """The chance that one who churned was given more than one who did not; a tie counts half (Mann and Whitney)."""
    positives = int(outcomes.sum())
    negatives = len(outcomes) - positives
    if not positives or not negatives:
        return float("nan")
    above = mid_ranks(probabilities)[outcomes == 1].sum() - positives * (positives + 1) / 2
    return float(above / positives / negatives)


def mid_ranks(values: Floats) -> Any:
    """Ranks from 1, equal values having the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + 1 + ends) / 2)[inverse]


def average_precision(outcomes: Outcomes, probabilities: Floats) -> float:
    """The area under precision over recall, in steps: the mean precision at each one who churned."""
    if not outcomes.sum():
        return float("nan")
    order = np.argsort(-probabilities, kind="stable")
    values, hits = probabilities[order], np.cumsum(outcomes[order])
    last_of_value = np.append(values[1:] != values[:-1], True)
    found, chosen = hits[last_of_value], np.flatnonzero(last_of_value) + 1
    return float((np.diff(found, prepend=0) / outcomes.sum() * found / chosen).sum())


def lift(outcomes: Outcomes, probabilities: Floats, share: float = LIFT_SHARE) -> float:
    """How many times more of the likeliest tenth churned than of all."""
    chosen = max(1, round(len(outcomes) * share))
    top = np.argsort(-probabilities, kind="stable")[:chosen]
    return float(outcomes[top].mean() / outcomes.mean()) if outcomes.any() else float("nan")


def calibration_curve(outcomes: Outcomes, probabilities: Floats, bins: int = BINS) -> tuple[Bin, ...]:
    """Customers in the order of their probability, in bins of equal size."""
    parts = np.array_split(np.argsort(probabilities, kind="stable"), min(bins, len(outcomes)) or 1)
    return tuple(
        Bin(len(part), float(probabilities[part].mean()), float(outcomes[part].mean())) for part in parts if len(part)
    )


def expected_calibration_error(curve: tuple[Bin, ...]) -> float:
    """The mean distance between what was predicted and what came of it, over bins, weighted by customers."""
    customers = sum(each.customers for each in curve)
    return sum(each.customers * abs(each.predicted - each.observed) for each in curve) / customers

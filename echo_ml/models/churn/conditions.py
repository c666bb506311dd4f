"""What must hold of a training set, of what was trained on it and of scores, each as a function to a verdict.

A fault of the set (a leak, an outcome that is not known yet) is an error. A model that is not good enough is no fault
of the platform: it is a warning, and is not promoted. Must not live here: the decision (`promotion.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from echo_ml.features.checks.verdict import Verdict, sample_of
from echo_ml.models.churn.figures import Floats
from echo_ml.models.churn.split import CALIBRATE, FIT, FOLDS, TEST
from echo_ml.models.churn.training_set import CUSTOMER, FOLD, LABEL, SNAPSHOT, TrainingSet

if TYPE_CHECKING:
    from echo_ml.models.churn.training import Trained

MINIMUM = 30
"""How many who churned, and how many others, each part must have: with fewer a figure says little."""
_FEWEST_ORDERS = 0.3
"""What share of the orders of the horizon before a snapshot the horizon after it must have."""
_LOST_OUT_OF_TIME = 0.05
"""How far the AUC may fall from the cross-validation to the test, beyond what folds differ by."""


def label_windows_are_complete(training_set: TrainingSet, last_day: date) -> Verdict:
    """What came of every row is known: the horizon after its snapshot lies within the data."""
    horizon = timedelta(days=training_set.horizon_days)
    days = sorted({day for part in (FIT, CALIBRATE, TEST) for day in training_set.days(part)})
    open_ones = [day for day in days if day + horizon > last_day]
    facts = {"last_day": str(last_day), "horizon_days": training_set.horizon_days, "snapshots": len(days)}
    if open_ones:
        sample = [{"snapshot_date": str(day), "window_ends": str(day + horizon)} for day in open_ones]
        said = f"The outcomes of {len(open_ones)} snapshots are not known yet: the data end on {last_day}."
        return Verdict(False, said, facts=facts, sample=sample_of(sample))
    return Verdict(True, f"The outcomes of all {len(days)} snapshots are known.", facts=facts)


def label_windows_hold_orders(orders: Mapping[date, tuple[int, int]]) -> Verdict:
    """The label window of every snapshot has orders, measured by the horizon before it.

    One row that is dated ahead lets the data seem to reach further than they do, and everybody seem to have left.
    `orders` are those of the horizon before each snapshot and of the one after it.
    """
    empty = [
        {"snapshot_date": str(day), "orders_before": before, "orders_after": after}
        for day, (before, after) in sorted(orders.items())
        if after < _FEWEST_ORDERS * before
    ]
    facts = {"snapshots": len(orders), "of_too_few": len(empty)}
    if empty:
        named = ", ".join(str(each["snapshot_date"]) for each in empty)
        said = f"The label windows of {named} have far fewer orders than the time before: do the data end earlier?"
        return Verdict(False, said, facts=facts, sample=sample_of(empty))
    return Verdict(True, "Every label window has as many orders as the time before lets expect.", facts=facts)


def split_is_disjoint(training_set: TrainingSet) -> Verdict:
    """Outcomes of one part are known before the next begins, and each customer is in one fold only."""
    horizon, faults = timedelta(days=training_set.horizon_days), []
    fit, calibrate, test = (training_set.days(part) for part in (FIT, CALIBRATE, TEST))
    for earlier, later, names in ((fit, calibrate, "fit and calibrate"), (calibrate, test, "calibrate and test")):
        if earlier and later and max(earlier) + horizon > min(later):
            known = max(earlier) + horizon
            faults.append(f"{names}: what came of {max(earlier)} is known on {known}, after {min(later)}")
    folds = training_set.frame.groupby(CUSTOMER)[FOLD].nunique()
    if (folds > 1).any():
        faults.append(f"{int((folds > 1).sum())} customers are in more than one fold")
    twice = int(training_set.frame.duplicated([CUSTOMER, SNAPSHOT]).sum())
    if twice:
        faults.append(f"{twice} rows repeat a customer and a snapshot")
    facts = {"fit": [str(day) for day in fit], "calibrate": [str(day) for day in calibrate], "test": [*map(str, test)]}
    if faults:
        return Verdict(False, f"Parts overlap: {'; '.join(faults)}.", facts=facts)
    said = "Each part ends before the next begins, and no customer is in two folds."
    return Verdict(True, said, facts=facts)


def outcomes_suffice(training_set: TrainingSet) -> Verdict:
    """Every part has enough customers who churned and enough others, and every fold has both."""
    counts, few = training_set.counts(), []
    for part, count in counts.items():
        stayed = count["rows"] - count["churned"]
        if min(count["churned"], stayed) < MINIMUM:
            few.append(
                f"{part} has {count['churned']} who churned and {stayed} others, and {MINIMUM} of each are needed"
            )
    fit = training_set.part(FIT)
    lonely = [fold for fold in range(FOLDS) if fit.loc[fit[FOLD] == fold, LABEL].nunique() < 2]
    if not few and lonely:
        few.append(f"folds {lonely} have one outcome only")
    shares = {part: round(count["churned"] / count["rows"], 4) for part, count in counts.items() if count["rows"]}
    facts = {"share_churned": shares, **{f"rows_{part}": count["rows"] for part, count in counts.items()}}
    if few:
        return Verdict(False, f"Too few to learn from: {'; '.join(few)}.", is_error=False, facts=facts)
    said = f"Of those tested {shares[TEST]:.1%} churned; every part and fold has enough of both."
    return Verdict(True, said, is_error=False, facts=facts)


def beats_baseline(trained: Trained) -> Verdict:
    """Out of time, the challenger is better than recency alone, by more than noise."""
    lead, best = trained.best.standing.over_baseline, trained.best
    facts = {
        "model": best.name, "auc": round(best.figures.auc, 4), "baseline_auc": round(trained.baseline.figures.auc, 4),
        "difference": round(lead.value, 4), "standard_error": round(lead.standard_error, 4),
    }  # fmt: skip
    verb = "beats" if best.standing.beats_baseline else "does not beat"
    said = f"{best.name} {verb} recency by more than noise: AUC {facts['auc']} against {facts['baseline_auc']}."
    return Verdict(best.standing.beats_baseline, said, is_error=False, facts=facts)


def is_calibrated(trained: Trained) -> Verdict:
    """Out of time, the challenger's probabilities are what came of it, up to what chance explains."""
    standing = trained.best.standing
    facts = {
        "calibration_error": round(standing.ece, 4), "limit": round(standing.ece_limit, 4),
        "before_calibration": round(trained.best.raw_figures.ece, 4),
        "mean_probability": round(trained.best.figures.mean_probability, 4),
        "share_churned": round(trained.best.figures.share, 4),
    }  # fmt: skip
    said = f"The calibration error is {standing.ece:.3f}; up to {standing.ece_limit:.3f} is allowed."
    return Verdict(standing.is_calibrated, said, is_error=False, facts=facts)


def holds_out_of_time(trained: Trained) -> Verdict:
    """The order that the model puts customers into is no worse in the test than in the cross-validation."""
    crossed, auc = trained.best.crossed, trained.best.figures.auc
    floor = crossed.auc_mean - _LOST_OUT_OF_TIME - 2 * crossed.auc_deviation
    facts = {"auc": round(auc, 4), "cross_validated": round(crossed.auc_mean, 4), "lowest_expected": round(floor, 4)}
    said = f"AUC {auc:.3f} out of time, {crossed.auc_mean:.3f} in cross-validation."
    return Verdict(auc >= floor, said, is_error=False, facts=facts)


def are_probabilities(probabilities: Floats, of_what: str) -> Verdict:
    """Every one lies between 0 and 1, and they are not all the same."""
    outside = int((~((probabilities >= 0) & (probabilities <= 1))).sum())
    distinct = len(np.unique(probabilities))
    facts = {"rows": len(probabilities), "outside": outside, "distinct": distinct}
    if outside:
        return Verdict(False, f"{outside} of {len(probabilities)} {of_what} are no probabilities.", facts=facts)
    if len(probabilities) > 1 and distinct == 1:
        return Verdict(False, f"All {len(probabilities)} {of_what} are the same: {probabilities[0]:.3f}.", facts=facts)
    return Verdict(True, f"{len(probabilities)} {of_what}, all between 0 and 1.", facts=facts)

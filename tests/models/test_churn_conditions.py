"""Every condition of a training set and of a model: it holds where it should, and breaking it turns it red."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from made_customers import SPLIT, made_set

from echo_ml.models.churn import conditions
from echo_ml.models.churn.split import CALIBRATE, FIT, TEST, Split
from echo_ml.models.churn.training import Trained, train
from echo_ml.models.churn.training_set import CUSTOMER, FOLD, LABEL, PART, SNAPSHOT, TrainingSet

LAST_DAY = SPLIT.test + timedelta(days=90)


@pytest.fixture(scope="module")
def good() -> TrainingSet:
    return made_set()


@pytest.fixture(scope="module")
def trained(good: TrainingSet) -> Trained:
    return train(good)


def changed(good: TrainingSet, **columns: object) -> TrainingSet:
    return replace(good, frame=good.frame.assign(**columns))


def test_label_windows_must_lie_within_the_data(good: TrainingSet) -> None:
    assert conditions.label_windows_are_complete(good, LAST_DAY).passed
    broken = conditions.label_windows_are_complete(good, LAST_DAY - timedelta(days=1))
    assert not broken.passed
    assert broken.is_error
    assert broken.sample == ({"snapshot_date": str(SPLIT.test), "window_ends": str(LAST_DAY)},)


def test_label_windows_must_hold_orders(good: TrainingSet) -> None:
    """As when one row is dated far ahead: the data seem to reach further than they do."""
    usual = dict.fromkeys(SPLIT.snapshots, (100, 90))
    assert conditions.label_windows_hold_orders(usual).passed
    broken = conditions.label_windows_hold_orders({**usual, SPLIT.test: (100, 4)})
    assert not broken.passed
    assert str(SPLIT.test) in broken.said


def test_a_part_must_end_before_the_next_begins(good: TrainingSet) -> None:
    assert conditions.split_is_disjoint(good).passed
    late = Split((date(2024, 1, 31), date(2024, 4, 30)), date(2024, 5, 31), date(2024, 8, 31), 90)
    broken = conditions.split_is_disjoint(made_set(split=late))
    assert not broken.passed
    assert "fit and calibrate: what came of 2024-04-30 is known on 2024-07-29, after 2024-05-31" in broken.said


def test_a_customer_must_be_in_one_fold(good: TrainingSet) -> None:
    folds = good.frame[FOLD].where(good.frame[PART] != TEST, (good.frame[FOLD] + 1) % 5)
    broken = conditions.split_is_disjoint(changed(good, **{FOLD: folds}))
    assert not broken.passed
    assert "600 customers are in more than one fold" in broken.said


def test_a_row_must_not_repeat(good: TrainingSet) -> None:
    numbers = good.frame[CUSTOMER].where(good.frame[CUSTOMER] != 5, 6)
    folds = good.frame[FOLD].where(good.frame[CUSTOMER] != 5, good.frame.loc[good.frame[CUSTOMER] == 6, FOLD].iloc[0])
    broken = conditions.split_is_disjoint(changed(good, **{CUSTOMER: numbers, FOLD: folds}))
    assert not broken.passed
    assert f"{len(SPLIT.snapshots)} rows repeat a customer and a snapshot" in broken.said


@pytest.mark.parametrize("part", [FIT, CALIBRATE, TEST])
@pytest.mark.parametrize("outcome", [0, 1])
def test_every_part_needs_enough_of_both_outcomes(good: TrainingSet, part: str, outcome: int) -> None:
    holds = conditions.outcomes_suffice(good)
    assert holds.passed
    assert 0 < holds.facts["share_churned"][TEST] < 0.5
    labels = good.frame[LABEL].where(good.frame[PART] != part, outcome)
    broken = conditions.outcomes_suffice(changed(good, **{LABEL: labels}))
    assert not broken.passed
    assert not broken.is_error, "too few customers are no fault of the platform"
    assert f"{part} has" in broken.said


def test_a_model_must_beat_recency_by_more_than_noise(trained: Trained) -> None:
    holds = conditions.beats_baseline(trained)
    assert holds.passed
    assert holds.facts["auc"] > holds.facts["baseline_auc"]
    name, best = trained.best.name, trained.best
    level = replace(best.standing, over_baseline=replace(best.standing.over_baseline, standard_error=1.0))
    broken = replace(trained, competitors={**trained.competitors, name: replace(best, standing=level)})
    assert not conditions.beats_baseline(broken).passed


def test_a_model_must_be_calibrated(trained: Trained) -> None:
    assert conditions.is_calibrated(trained).passed
    best = trained.best
    off = replace(best, standing=replace(best.standing, ece=best.standing.ece_limit + 0.001))
    broken = conditions.is_calibrated(replace(trained, competitors={**trained.competitors, best.name: off}))
    assert not broken.passed
    assert not broken.is_error


def test_a_model_must_hold_out_of_time(trained: Trained) -> None:
    assert conditions.holds_out_of_time(trained).passed
    lost = replace(trained.best, figures=replace(trained.best.figures, auc=0.5))
    broken = replace(trained, competitors={**trained.competitors, trained.best.name: lost})
    assert not conditions.holds_out_of_time(broken).passed


@pytest.mark.parametrize("broken", [[0.1, 1.2], [0.1, -0.1], [0.1, np.nan], [0.3, 0.3]])
def test_scores_must_be_probabilities_and_not_all_the_same(broken: list[float]) -> None:
    assert conditions.are_probabilities(np.array([0.1, 0.2]), "scores").passed
    assert not conditions.are_probabilities(np.array(broken), "scores").passed


def test_the_snapshots_of_a_set_are_those_of_its_split(good: TrainingSet) -> None:
    days = [day for part in (FIT, CALIBRATE, TEST) for day in good.days(part)]
    assert tuple(days) == SPLIT.snapshots
    assert good.frame[SNAPSHOT].nunique() == len(SPLIT.snapshots)

"""Figures of probabilities: against scikit-learn, by their laws, and against what chance does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from echo_ml.models.churn.figures import (
    auc,
    average_precision,
    calibration_curve,
    expected_calibration_error,
    figures_of,
    lift,
)
from echo_ml.models.churn.noise import auc_difference, calibration_error_by_chance

Arrays = tuple[NDArray[np.int64], NDArray[np.float64]]


@st.composite
def predictions(draw: st.DrawFn) -> Arrays:
    """Outcomes of both kinds, with probabilities that tie often."""
    size = draw(st.integers(2, 60))
    outcomes = draw(st.lists(st.integers(0, 1), min_size=size, max_size=size).filter(lambda each: len(set(each)) == 2))
    chances = draw(st.lists(st.integers(0, 10), min_size=size, max_size=size))
    return np.array(outcomes), np.array(chances) / 10


@given(predictions())
def test_they_are_those_of_scikit_learn(arrays: Arrays) -> None:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    figures = figures_of(*arrays)
    assert figures.auc == pytest.approx(roc_auc_score(*arrays))
    assert figures.average_precision == pytest.approx(average_precision_score(*arrays))
    assert figures.brier == pytest.approx(brier_score_loss(*arrays))


@given(predictions())
def test_bins_hold_every_customer_once_and_the_error_lies_between_nothing_and_all(arrays: Arrays) -> None:
    outcomes, probabilities = arrays
    curve = calibration_curve(outcomes, probabilities)
    assert sum(each.customers for each in curve) == len(outcomes)
    assert max(each.customers for each in curve) - min(each.customers for each in curve) <= 1
    assert sum(each.customers * each.observed for each in curve) == pytest.approx(outcomes.sum())
    assert 0 <= figures_of(outcomes, probabilities).ece <= 1


def test_the_calibration_error_by_hand() -> None:
    """Of ten who were given 0.1 two churned, of ten who were given 0.9 all: each bin is off by 0.1."""
    outcomes = np.array([0] * 8 + [1] * 12)
    probabilities = np.array([0.1] * 10 + [0.9] * 10)
    curve = calibration_curve(outcomes, probabilities, bins=2)
    assert [each.predicted for each in curve] == pytest.approx([0.1, 0.9])
    assert [each.observed for each in curve] == pytest.approx([0.2, 1.0])
    assert expected_calibration_error(curve) == pytest.approx(0.1)


def test_the_lift_is_of_the_likeliest_tenth() -> None:
    outcomes, probabilities = np.zeros(100, dtype=np.int64), np.linspace(0, 1, 100)
    outcomes[-5:], outcomes[:5] = 1, 1
    assert lift(outcomes, probabilities) == pytest.approx(0.5 / 0.1)


def test_one_outcome_only_has_no_area() -> None:
    assert np.isnan(auc(np.ones(3, dtype=np.int64), np.array([0.1, 0.2, 0.3])))
    assert np.isnan(average_precision(np.zeros(3, dtype=np.int64), np.array([0.1, 0.2, 0.3])))


def test_the_error_of_a_difference_is_that_of_many_repetitions() -> None:
    """DeLong's standard error against the deviation of the difference over fresh samples."""
    rng = np.random.default_rng(1)
    differences, errors = [], []
    for _ in range(300):
        outcomes = (rng.random(300) < 0.3).astype(np.int64)
        signal = outcomes + rng.normal(0, 1.2, 300)
        one, other = signal + rng.normal(0, 0.5, 300), signal + rng.normal(0, 1.5, 300)
        found = auc_difference(outcomes, one, other)
        assert found.value == pytest.approx(auc(outcomes, one) - auc(outcomes, other))
        differences.append(found.value)
        errors.append(found.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.15)


def test_a_model_does_not_differ_from_itself() -> None:
    outcomes, probabilities = np.array([0, 1, 0, 1, 1]), np.array([0.2, 0.1, 0.4, 0.9, 0.4])
    found = auc_difference(outcomes, probabilities, probabilities)
    assert (found.value, found.standard_error) == (0.0, 0.0)


@pytest.mark.parametrize("customers", [200, 2000])
def test_perfect_probabilities_stay_below_what_chance_allows_as_often_as_is_asked(customers: int) -> None:
    rng = np.random.default_rng(2)
    probabilities = rng.beta(1, 6, customers)
    limit = calibration_error_by_chance(probabilities, 10, level=0.95)
    drawn = [(rng.random(customers) < probabilities).astype(np.int64) for _ in range(600)]
    below = np.mean([figures_of(outcomes, probabilities).ece <= limit for outcomes in drawn])
    assert 0.92 <= below <= 0.98
    assert calibration_error_by_chance(probabilities, 10) > limit

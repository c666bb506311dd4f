"""What training decides: planted churn is found, luck and recency alone are not, a champion is not lightly lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from made_customers import NO_SIGNAL, RECENCY_ONLY, Chance, made_set
from planted_churn import HORIZON, Shop, month_ends

from echo_ml.models.churn.candidates import BASELINE, BOOSTED, LOGISTIC
from echo_ml.models.churn.card import card_of
from echo_ml.models.churn.card_pages import calibration_picture, markdown, page
from echo_ml.models.churn.documents import document_of, metrics_of
from echo_ml.models.churn.promotion import MAX_CALIBRATION_ERROR
from echo_ml.models.churn.split import FOLDS, Split, split_of
from echo_ml.models.churn.training import Champion, Trained, train
from echo_ml.models.churn.training_set import FOLD, LABEL, PART, training_set_of
from echo_quality.synthetic import generate

pytestmark = pytest.mark.slow

SALES = 100_000


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Trained on generated files, in which leaving depends on plan, channel and segment."""
    folder = tmp_path_factory.mktemp("shop") / "landing"
    generate(SALES, folder)
    shop = Shop(folder)
    split = split_of(month_ends(date(2024, 1, 1), shop.last_day), shop.last_day, HORIZON)
    assert isinstance(split, Split)
    return train(training_set_of(pd.concat(map(shop.snapshot, split.snapshots)), split))


@pytest.fixture(scope="module")
def champion() -> Trained:
    return train(made_set(customers=1000, seed=1))


@pytest.mark.slow
def test_planted_churn_is_found_beyond_recency_and_its_probabilities_are_true(planted: Trained) -> None:
    best, baseline = planted.best, planted.baseline
    assert best.figures.auc > baseline.figures.auc + 0.03
    assert best.standing.over_baseline.low > 0
    assert best.figures.ece < MAX_CALIBRATION_ERROR
    assert best.figures.average_precision > baseline.figures.average_precision
    assert best.figures.brier < baseline.figures.brier
    assert best.figures.lift > 2
    assert planted.promotion.is_promoted, planted.promotion.reasons


def test_what_was_planted_is_what_the_model_goes_by(planted: Trained) -> None:
    first = {each.feature for each in planted.importances[:7]}
    assert {"recency_days", "has_active_subscription"} <= first
    assert {"plan_type", "acquisition_channel", "segment"} & first


def test_every_competitor_was_cross_validated_by_customer(planted: Trained) -> None:
    assert planted.competitors.keys() == {BASELINE, LOGISTIC, BOOSTED}
    for each in planted.competitors.values():
        assert len(each.crossed.auc_by_fold) == FOLDS
        assert np.isfinite(each.crossed.probabilities).all()
    names = [name for name in planted.competitors if name != BASELINE]
    assert planted.best.name == max(names, key=lambda name: planted.competitors[name].crossed.auc_mean)


@pytest.mark.parametrize("chance", [NO_SIGNAL, RECENCY_ONLY], ids=["luck", "recency only"])
@pytest.mark.parametrize("seed", [11, 13])
def test_without_a_signal_beyond_recency_nothing_is_promoted(chance: Chance, seed: int) -> None:
    found = train(made_set(chance=chance, seed=seed))
    assert not found.promotion.is_promoted
    assert any("does not beat the recency baseline" in reason for reason in found.promotion.reasons)


def test_a_champion_of_the_same_data_is_not_beaten(champion: Trained) -> None:
    asked: list[pd.DataFrame] = []

    def predict(rows: pd.DataFrame) -> np.ndarray:
        asked.append(rows)
        found: np.ndarray = champion.challenger.probabilities(rows)
        return found

    again = train(champion.training_set, Champion(4, predict))
    assert not again.promotion.is_promoted
    assert "does not beat the champion (version 4)" in again.promotion.reasons[0]
    assert again.champion is not None
    test = champion.training_set.part("test")
    assert asked[0].equals(test), "on the same customers and the same day"
    assert again.champion.customers == again.best.figures.customers == len(test)


def test_a_champion_that_knows_nothing_any_more_is_replaced(champion: Trained) -> None:
    def stale(rows: pd.DataFrame) -> np.ndarray:
        return np.linspace(0.01, 0.6, len(rows))

    found = train(champion.training_set, Champion(4, stale))
    assert found.promotion.is_promoted
    assert found.rival is not None
    assert found.rival.standing is not None
    assert not found.rival.standing.is_sound


def test_a_fault_of_the_training_set_forbids_promotion(champion: Trained) -> None:
    assert champion.promotion.is_promoted
    found = train(champion.training_set, faults=("The label is told by recency_days alone.",))
    assert not found.promotion.is_promoted


def test_a_customer_is_predicted_by_a_model_that_has_not_learnt_from_them(champion: Trained) -> None:
    """Customers of one fold get contrary outcomes; their own predictions in the test stay as they were."""
    training_set = champion.training_set
    frame = training_set.frame
    of_fold = frame[FOLD] == 0
    contrary = frame[LABEL].where(~of_fold | (frame[PART] == "test"), 1 - frame[LABEL])
    again = train(replace(training_set, frame=frame.assign(**{LABEL: contrary})))
    test = training_set.part("test")
    same, other = (test[FOLD] == 0).to_numpy(), (test[FOLD] == 1).to_numpy()
    before, after = (each.competitors[LOGISTIC].crossed.probabilities for each in (champion, again))
    assert np.allclose(before[same], after[same])
    assert not np.allclose(before[other], after[other])


def test_a_feature_that_says_the_same_of_everybody_is_left_out_and_named(champion: Trained) -> None:
    training_set = champion.training_set
    frame = training_set.frame.assign(nothing=np.nan, always=1.0, once=np.nan, nowhere="(none)")
    frame.loc[0, "once"] = 3.0
    found = train(replace(training_set, frame=frame))
    assert found.challenger.candidate.columns == champion.challenger.candidate.columns
    assert "Left out, since they say the same of everybody: always, nothing, nowhere, once." in markdown(
        card_of(found, 1, {})
    )


def test_training_is_the_same_every_time(champion: Trained) -> None:
    again = train(made_set(customers=1000, seed=1))
    assert metrics_of(again) == metrics_of(champion)


def test_the_card_tells_data_figures_decision_and_limits(planted: Trained) -> None:
    card = card_of(planted, 7, {"MLflow run": "<abc>"})
    text = markdown(card)
    assert text.startswith("# churn_predictor, version 7\n")
    assert planted.training_set.data_version in text
    assert f"{planted.best.figures.auc:.3f}" in text
    for said in ("It became champion", "recency_only", "## Limits", "## By segment", "acquisition_channel"):
        assert said in text
    html = page(card, planted.best.figures)
    assert "&lt;abc&gt;" in html
    assert html.count("<svg") == 1
    assert "http" not in html.replace("http://www.w3.org", ""), "it needs no network"
    assert calibration_picture(planted.best.figures).startswith(b"\x89PNG")


def test_what_is_kept_of_training_is_plain_json(champion: Trained) -> None:
    document = json.loads(json.dumps(document_of(champion), allow_nan=False))
    assert document["competitors"][document["challenger"]]["out_of_time"]["auc"] == champion.best.figures.auc
    assert document["parts"]["test"]["rows"] == champion.best.figures.customers

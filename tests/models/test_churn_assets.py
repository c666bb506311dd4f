"""Churn in the graph: from snapshots to a champion and its scores, what is due, and what turns each check red."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from churn_warehouse import CUSTOMERS, HORIZON, MONTH_ENDS, NEWEST, ChurnWarehouse, job_of

from echo_assets.model_checks import MODEL_CHECKS, SCORE_CHECKS, TRAINING_SET_CHECKS
from echo_assets.open_checks import ask
from echo_assets.runbook import section
from echo_assets.training import due
from echo_assets.training.churn_model import page_of
from echo_assets.training.places import tracking_of
from echo_assets.training.stored import newest_evaluation, newest_training_set
from echo_ml.models.churn import MODEL
from echo_ml.models.churn.labels import Question
from echo_ml.models.churn.scoring import champion_of, probabilities
from echo_ml.tracking.alias_history import newest_move
from echo_ml.tracking.places import DAGSTER_RUN
from echo_ml.tracking.registry import CHALLENGER, CHAMPION, alias_of

pytestmark = [pytest.mark.database, pytest.mark.slow]

SET, CHURN, SCORES = "models/churn_training_set", "models/churn", "models/churn_scores"
ALL = [f"models/{name}" for name in ("churn_training_set", "churn", "churn_scores")]


@pytest.fixture(scope="module")
def shop(churn_warehouse: ChurnWarehouse) -> ChurnWarehouse:
    """The warehouse, on which Feast's registry was applied and nothing was trained."""
    assert churn_warehouse.build("feature_views/registry").succeeded
    return churn_warehouse


def next_due(shop: ChurnWarehouse) -> tuple[tuple[str, ...], str] | None:
    found = due.decide(due.state_of(shop.sources))
    return None if found is None else (tuple(key.to_user_string() for key in found.keys), found.reason)


def test_nothing_is_scored_before_there_is_a_champion(shop: ChurnWarehouse) -> None:
    assert next_due(shop) == ((SET, CHURN), "churn was never trained")
    assert shop.build(SCORES).succeeded
    assert "champion yet" in shop.metadata(SCORES)["nothing_scored"]
    assert shop.value("select count(*) from models.churn_scores") == 0


def test_a_model_without_a_training_set_says_what_to_do(shop: ChurnWarehouse) -> None:
    [failed] = shop.build(CHURN).failed
    assert "materialise models/churn_training_set first" in failed.message


def test_one_run_makes_the_set_and_a_champion_and_the_next_one_scores(shop: ChurnWarehouse) -> None:
    report = shop.build(SET, CHURN)
    assert report.failed == ()
    assert next_due(shop) == ((SCORES,), "version 1 is champion")
    assert shop.build(SCORES).failed == ()
    assert next_due(shop) is None


def test_the_set_is_a_file_under_its_version_without_any_id(shop: ChurnWarehouse) -> None:
    made = newest_training_set(shop.connection, MODEL)
    assert made is not None
    told = shop.metadata(SET)
    path = Path(str(made.path))
    assert (
        (told["data_version"], told["dagster/row_count"])
        == (path.stem, len(shop.churned))
        == (made.data_version, made.rows)
    )
    rows = pd.read_parquet(path)
    assert not rows.astype(str).isin({customer for customer, _ in shop.churned}).any(axis=None)
    event = shop.instance.get_latest_materialization_event(dg.AssetKey.from_user_string(SET))
    assert event is not None
    assert event.asset_materialization is not None
    tags = event.asset_materialization.tags or {}
    assert tags["dagster/data_version"] == made.data_version


def test_every_check_was_asked_and_is_green(shop: ChurnWarehouse) -> None:
    assert shop.verdicts(SET) == {check.name: True for check in TRAINING_SET_CHECKS}
    assert shop.verdicts(CHURN) == {check.name: True for check in MODEL_CHECKS}
    assert shop.verdicts(SCORES) == {check.name: True for check in SCORE_CHECKS}


def test_every_check_leads_to_a_section_of_the_runbook() -> None:
    sections = {check.section for check in (*TRAINING_SET_CHECKS, *MODEL_CHECKS, *SCORE_CHECKS)}
    assert [name for name in sections if not section(f"docs/runbook.md#{name}")] == []


def test_the_champion_is_recorded_with_its_reasons_in_both_places(shop: ChurnWarehouse) -> None:
    tracking = tracking_of(shop.sources)
    move, evaluation = newest_move(shop.connection, MODEL, CHAMPION), newest_evaluation(shop.connection, MODEL)
    assert move is not None
    assert evaluation is not None
    assert (evaluation.decision, evaluation.version, evaluation.tested_on) == ("promoted", 1, MONTH_ENDS[-1])
    assert "beats the recency baseline" in move.reason
    for alias in (CHAMPION, CHALLENGER):
        version = alias_of(tracking, MODEL, alias)
        assert version is not None
        assert (version.number, version.run_id) == (1, evaluation.mlflow_run_id)
    assert page_of(shop.settings).read_text(encoding="utf-8").count("<svg") == 1


def test_runs_of_mlflow_and_dagster_lead_to_each_other(shop: ChurnWarehouse) -> None:
    told, tracking = shop.metadata(CHURN), tracking_of(shop.sources)
    run = tracking.client().get_run(told["mlflow_run_id"])
    assert run.info.status == "FINISHED"
    assert shop.instance.get_run_by_id(run.data.tags[DAGSTER_RUN]) is not None
    assert run.data.tags["dagster.asset_key"] == CHURN
    assert told["mlflow_run"] == tracking.run_link(run.info.experiment_id, run.info.run_id)
    [given] = run.inputs.dataset_inputs
    assert str(told["data_version"]).startswith(given.dataset.digest)
    assert {
        "cv_auc_mean",
        "cv_auc_std",
        "test_auc",
        "test_average_precision",
        "test_brier",
        "test_ece",
        "test_lift",
    } <= (run.data.metrics.keys())
    files = {each.path for each in tracking.client().list_artifacts(run.info.run_id)}
    assert files == {"feature_importance.json", "model_card.md", "model_card.html", "evaluation.json"}


def test_scores_are_the_champions_of_exactly_the_active_customers(shop: ChurnWarehouse) -> None:
    champion = champion_of(tracking_of(shop.sources))
    assert champion is not None
    cursor = shop.connection.execute(Question(HORIZON).active_now(NEWEST, champion.columns).encode())
    rows = pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description or ()])
    expected = dict(zip(rows["customer_id"], probabilities(champion, rows), strict=True))
    found = shop.rows("select customer_id, churn_probability, model_version, mlflow_run_id from models.churn_scores")
    assert {customer: score for customer, score, *_ in found} == pytest.approx(expected)
    assert {(version, run) for *_, version, run in found} == {(1, champion.version.run_id)}
    assert 0 < len(found) < CUSTOMERS


def test_scoring_again_changes_nothing(shop: ChurnWarehouse) -> None:
    before = shop.rows("select * from models.churn_scores order by customer_id")
    assert shop.build(SCORES).succeeded
    assert shop.metadata(SCORES)["changed"] == 0
    assert shop.rows("select * from models.churn_scores order by customer_id") == before


SOMEBODY = "customer_id = (select min(customer_id) from models.churn_scores)"


@pytest.mark.parametrize(
    ("check", "breaking"),
    [
        ("scores_are_probabilities", f"update models.churn_scores set churn_probability = 1.5 where {SOMEBODY}"),
        ("scores_are_probabilities", "update models.churn_scores set churn_probability = 0.5"),
        ("scores_cover_the_snapshot", f"delete from models.churn_scores where {SOMEBODY}"),
        (
            "scores_cover_the_snapshot",
            f"insert into models.churn_scores select 'nobody', snapshot_date, event_timestamp, 0.5, 1, mlflow_run_id "
            f"from models.churn_scores where {SOMEBODY}",
        ),
        ("scores_are_of_the_champion", f"update models.churn_scores set model_version = 9 where {SOMEBODY}"),
    ],
)
def test_a_broken_score_turns_its_check_red_and_scoring_repairs_it(
    shop: ChurnWarehouse, check: str, breaking: str
) -> None:
    asked = frozenset({dg.AssetCheckKey(dg.AssetKey.from_user_string(SCORES), each.name) for each in SCORE_CHECKS})
    shop.execute(breaking)
    ask(asked, shop.job, shop.instance)
    assert [name for name, passed in shop.verdicts(SCORES).items() if not passed] == [check]
    assert shop.build(SCORES).succeeded
    assert all(shop.verdicts(SCORES).values())


def test_a_changed_snapshot_makes_scores_due_and_goes_with_those_it_has_lost(shop: ChurnWarehouse) -> None:
    left = "update features.customer_daily set recency_days = 400, has_active_subscription = false"
    shop.execute(f"{left} where snapshot_date = %s and {SOMEBODY}", NEWEST)
    shop.execute("update ops.built_days set mark = 2")
    assert next_due(shop) == ((SCORES,), f"the snapshot of {NEWEST} is new")
    assert shop.build(SCORES).succeeded
    assert shop.metadata(SCORES)["removed"] == 1
    assert next_due(shop) is None


def test_scores_go_with_their_snapshot(shop: ChurnWarehouse) -> None:
    shop.execute(
        "insert into models.churn_scores "
        "select customer_id, snapshot_date - 40, event_timestamp, 0.5, 1, 'a run' from models.churn_scores"
    )
    assert shop.build(SCORES).succeeded
    assert shop.rows("select distinct snapshot_date from models.churn_scores") == [(NEWEST,)]


def test_another_horizon_or_another_month_end_makes_training_due(shop: ChurnWarehouse) -> None:
    state = due.state_of(shop.sources)
    assert due.decide(state) is None
    other = due.decide(dataclasses.replace(state, horizon_days=30))
    assert other is not None
    assert other.reason == "the horizon is 30 days now"
    later = dataclasses.replace(state.split, test=MONTH_ENDS[-1] + timedelta(days=30))  # type: ignore[type-var]
    found = due.decide(dataclasses.replace(state, split=later))
    assert found is not None
    assert [key.to_user_string() for key in found.keys] == [SET, CHURN]


def test_nothing_is_due_while_what_is_below_is_being_built(
    shop: ChurnWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = due.state_of(shop.sources)
    monkeypatch.setattr(due, "state_of", lambda _: dataclasses.replace(state, evaluation=None))
    assert due.due_models(shop.sources) is None, "no model of dbt is built here"
    monkeypatch.setattr(due, "planned_builds", lambda _: ())
    monkeypatch.setattr(due, "blocked_sources", lambda _: frozenset())
    assert due.due_models(shop.sources) is not None
    monkeypatch.setattr(due, "blocked_sources", lambda _: frozenset({"revenue"}))
    assert due.due_models(shop.sources) is None


def test_a_history_with_a_row_twice_is_refused_with_its_cause(shop: ChurnWarehouse) -> None:
    twice = "insert into features.customer_daily select * from features.customer_daily where snapshot_date = %s limit 1"
    shop.execute(twice, MONTH_ENDS[0])
    try:
        [failed, *_] = shop.build(SET, CHURN).failed
        assert "a key or moment repeats" in failed.message or "asked for twice" in failed.message
    finally:
        shop.execute(
            "delete from features.customer_daily as one using features.customer_daily as other where "
            "one.ctid > other.ctid and one.customer_id = other.customer_id and one.snapshot_date = other.snapshot_date"
        )


def test_a_leak_and_a_move_in_mlflow_turn_their_checks_red_and_nothing_is_promoted(shop: ChurnWarehouse) -> None:
    """One feature has the answer, as if it were read after the window; somebody has taken the alias away in MLflow."""
    tracking = tracking_of(shop.sources)
    tracking.client().delete_registered_model_alias(MODEL, CHAMPION)
    with shop.connection.cursor() as cursor:
        cursor.executemany(
            "update features.customer_daily set total_orders = %s where customer_id = %s and snapshot_date = %s",
            [(0 if churned else 9, customer, day) for (customer, day), churned in shop.churned.items()],
        )
    assert shop.build(SET, CHURN).failed == ()
    assert not shop.verdicts(SET)["no_feature_tells_the_outcome"]
    assert not shop.verdicts(CHURN)["champion_is_as_recorded"]
    evaluation = newest_evaluation(shop.connection, MODEL)
    assert evaluation is not None
    assert evaluation.decision == "not promoted"
    assert evaluation.reasons[0] == "The label is told by total_orders alone."
    assert alias_of(tracking, MODEL, CHAMPION) is None
    challenger, move = alias_of(tracking, MODEL, CHALLENGER), newest_move(shop.connection, MODEL, CHAMPION)
    assert challenger is not None
    assert challenger.number == 2
    assert move is not None
    assert (move.version, move.reason) == (None, "moved in MLflow itself; by whom and why is not known")


def test_a_history_that_is_too_short_is_told_and_nothing_is_trained(shop: ChurnWarehouse) -> None:
    before = len(tracking_of(shop.sources).client().search_runs(["1"]))
    settings = dataclasses.replace(shop.settings, churn_horizon_days=200)
    short = dataclasses.replace(shop, settings=settings, job=job_of(settings))
    assert short.build(SET, CHURN).failed == ()
    assert "the history is too short" in short.metadata(SET)["nothing_to_learn_from"]
    assert short.metadata(CHURN)["decision"] == "not trained"
    assert "the history is too short" in short.metadata(CHURN)["reasons"]
    assert [name for name, passed in shop.verdicts(SET).items() if not passed] == ["outcomes_suffice"]
    assert len(tracking_of(shop.sources).client().search_runs(["1"])) == before

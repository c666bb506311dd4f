"""`POST /predict/churn`: the value is the model's on the features that are online, and says where it comes from."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from served_model import INPUTS, Registry, churn_of
from served_warehouse import NOW, evaluate, hours_before, know
from serving_under_test import CUSTOMER, Served

from echo_ml.features.declared import TEXT, TRUTH


def predict(served: Served, body: Any, path: str = "/predict/churn") -> Any:
    return served.client.post(path, json=body)


def given(served: Served, **values: Any) -> dict[str, Any]:
    """Every feature of the model, null unless it is named."""
    return {feature.name: values.get(feature.name) for feature in served.backend.churn_features}


def test_a_customer_is_predicted_from_what_is_online_and_the_answer_says_all_of_it(served: Served) -> None:
    answer = predict(served, {"customer_id": "C1"}).json()
    assert answer["value"] == pytest.approx(churn_of(CUSTOMER, "1"), abs=1e-12)
    assert answer["customer_id"] == "C1"
    assert answer["as_of"] == "2024-07-01T00:00:00Z"
    assert answer["asked_at"] == "2024-07-01T06:00:00Z"
    assert answer["model"] == {"name": "churn_predictor", "version": "1", "run_id": "run-1"}
    assert answer["features"] == {name: CUSTOMER[name] for name in INPUTS}
    assert answer["feature_ages"] == {
        "customer_daily": {
            "event_timestamp": "2024-07-01T00:00:00Z", "age_hours": 6.0, "max_age_hours": 48.0, "is_stale": False,
            "is_refused": False,
        }
    }  # fmt: skip
    assert answer["verdict"]["status"] == "green"
    assert {"models/churn", "feature_views/customer_daily", "staging/revenue"} <= set(answer["verdict"]["assets"])


def test_features_that_are_given_are_used_instead(served: Served) -> None:
    answer = predict(served, {"features": given(served, orders_last_30d=7, recency_days=1)}).json()
    assert answer["value"] == pytest.approx(
        churn_of({**dict.fromkeys(INPUTS), "orders_last_30d": 7, "recency_days": 1}, "1")
    )
    assert (answer["customer_id"], answer["feature_ages"], answer["as_of"]) == (None, {}, answer["asked_at"])


def test_an_unknown_customer_is_a_404(served: Served) -> None:
    answer = predict(served, {"customer_id": "nobody"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "there is no customer 'nobody'"})


def test_a_customer_of_whom_the_models_features_are_not_known_is_a_404(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    know(owner, "customer_exposures", "C-seen", {"experiment_exposure_count": 1})
    answer = predict(served, {"customer_id": "C-seen"})
    assert answer.status_code == 404
    assert "customer_daily" in answer.json()["detail"]


def _bad_fields(served: Served) -> list[tuple[Any, list[Any]]]:
    whole = given(served)
    text = next(feature.name for feature in served.backend.churn_features if feature.kind == TEXT)
    truth = next(feature.name for feature in served.backend.churn_features if feature.kind == TRUTH)
    return [
        ({}, ["body", "customer_id", "customer_id"]),
        ({"customer_id": ""}, ["body", "customer_id", "customer_id"]),
        ({"customer_id": 7}, ["body", "customer_id", "customer_id"]),
        ({"customer_id": "a\x00b"}, ["body", "customer_id", "customer_id"]),
        ({"customer_id": "C1", "features": whole}, ["body", "customer_id", "features"]),
        ({"features": {}}, ["body", "features", "features", INPUTS[0]]),
        ({"features": {**whole, "nonsense": 1}}, ["body", "features", "features", "nonsense"]),
        ({"features": {**whole, INPUTS[0]: "three"}}, ["body", "features", "features", INPUTS[0]]),
        ({"features": {**whole, INPUTS[0]: 1e300}}, ["body", "features", "features", INPUTS[0]]),
        ({"features": {**whole, truth: "yes"}}, ["body", "features", "features", truth]),
        ({"features": {**whole, text: "x" * 201}}, ["body", "features", "features", text]),
    ]  # fmt: skip


def test_bad_input_is_a_422_that_names_the_field_and_repeats_nothing(served: Served) -> None:
    for body, place in _bad_fields(served):
        answer = predict(served, body)
        assert answer.status_code == 422, (body, answer.text)
        told = answer.json()["detail"]
        assert any(each["loc"][: len(place)] == place for each in told), (place, told)
        assert all(each.keys() == {"type", "loc", "msg"} for each in told)


@pytest.mark.parametrize(
    "body", ["", "{", "[1, 2]", '{"customer_id": NaN}', '"C1"', "null", '{"customer_id": "\\ud800"}']
)
def test_what_is_no_such_document_is_a_422(served: Served, body: str) -> None:
    answer = served.client.post("/predict/churn", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422, answer.text


def test_a_body_that_is_no_text_is_a_422_as_well(served: Served) -> None:
    answer = served.client.post("/predict/churn", content=b"\x80abc", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body"])


def test_an_infinite_number_is_a_422(served: Served) -> None:
    text = str({"features": given(served)}).replace("None", "Infinity").replace("'", '"')
    answer = served.client.post("/predict/churn", content=text, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_features_past_their_age_are_refused_as_their_declaration_says(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    know(owner, "customer_daily", "C-old", CUSTOMER, since=hours_before(NOW, 49))
    answer = predict(served, {"customer_id": "C-old"})
    assert answer.status_code == 409
    assert answer.json()["stale"] == ["customer_daily"]
    assert "49.0 hours old" in answer.json()["detail"]
    served.clock.append(hours_before(NOW, 2))
    try:
        assert predict(served, {"customer_id": "C-old"}).status_code == 200, "two hours earlier it was still good"
    finally:
        served.clock.pop()


def test_a_batch_is_answered_in_its_order_and_nobody_in_it_stops_the_others(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    know(owner, "customer_daily", "C-old", CUSTOMER, since=hours_before(NOW, 49))
    items = [{"customer_id": "nobody"}, {"customer_id": "C1"}, {"features": given(served)}, {"customer_id": "C-old"},
             {"customer_id": "C1"}]  # fmt: skip
    answer = predict(served, {"items": items}, "/predict/churn/batch").json()
    found = answer["predictions"]
    assert [(each["problem"] or {}).get("status") for each in found] == [404, None, None, 409, None]
    assert [each["customer_id"] for each in found] == ["nobody", "C1", None, "C-old", "C1"]
    one = predict(served, {"customer_id": "C1"}).json()
    assert found[1]["value"] == found[4]["value"] == one["value"]
    assert found[2]["value"] == pytest.approx(churn_of(dict.fromkeys(INPUTS), "1"))
    assert (answer["model"], answer["verdict"]) == (one["model"], one["verdict"])


@pytest.mark.parametrize("count", [0, 6])
def test_a_batch_has_a_size(served: Served, count: int) -> None:
    answer = predict(served, {"items": [{"customer_id": "C1"}] * count}, "/predict/churn/batch")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "items"]


def test_a_red_check_behind_the_features_is_told_with_its_name_and_the_value_still_given(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    evaluate(owner, "feature_views/customer_daily", "online_is_offline", passed=False)
    evaluate(owner, "models/churn", "is_calibrated", passed=False, severity="WARN")
    served.backend.verdicts.refresh()
    verdict = predict(served, {"customer_id": "C1"}).json()["verdict"]
    assert verdict["status"] == "red"
    named = [(each["asset"], each["check"], each["severity"]) for each in verdict["red"]]
    assert named == [
        ("feature_views/customer_daily", "online_is_offline", "ERROR"), ("models/churn", "is_calibrated", "WARN"),
    ]  # fmt: skip
    evaluate(owner, "feature_views/customer_daily", "online_is_offline")
    served.backend.verdicts.refresh()
    assert predict(served, {"customer_id": "C1"}).json()["verdict"]["status"] == "warned"
    evaluate(owner, "models/churn", "is_calibrated")
    served.backend.verdicts.refresh()
    assert predict(served, {"customer_id": "C1"}).json()["verdict"]["status"] == "green"


def test_without_a_champion_there_is_no_prediction_and_the_answer_says_why(served: Served) -> None:
    before = served.registry.version
    served.registry.version = None
    served.backend.champion.look()
    try:
        answer = predict(served, {"customer_id": "C1"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert "no version of churn_predictor is champion" in answer.json()["detail"]
        assert served.get("/health")["ready"], "nobody has promised a model"
    finally:
        served.registry.version = before
        served.backend.champion.look()
    assert predict(served, {"customer_id": "C1"}).status_code == 200


def test_the_registry_of_the_tests_knows_versions() -> None:
    assert (
        Registry().load("2").predict([dict.fromkeys(INPUTS)])[0]
        != Registry().load("1").predict([dict.fromkeys(INPUTS)])[0]
    )

"""The application as a whole: health, keys from end to end, its page without a network, figures, and what it hides."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from served_model import Registry
from served_warehouse import NOW
from serving_under_test import Served, backend_over
from starlette.testclient import TestClient

from echo_ml.serving import app as app_module
from echo_ml.serving.app import create_app
from echo_ml.serving.limits import ServingLimits

KEY = "a-key-of-sixteen-or-more"
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def away() -> Iterator[TestClient]:
    """The API while its database is away."""
    backend = backend_over(NOWHERE, Registry(), [NOW], ServingLimits(rate=10_000))
    with TestClient(create_app(backend, watch=False), base_url="http://127.0.0.1") as client:
        backend.champion.look()
        yield client


@pytest.mark.parametrize(
    "path", ["/metrics", "/metrics/total_revenue", "/features/customer/C1", "/experiments/EXP-001/readout"]
)
def test_a_database_that_is_away_is_a_503_that_says_when_to_try_again(away: TestClient, path: str) -> None:
    answer = away.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["detail"] == "the database is away"


def test_predictions_are_a_503_as_well_even_of_given_features_since_no_check_can_be_told(away: TestClient) -> None:
    assert away.post("/predict/churn", json={"customer_id": "C1"}).status_code == 503


def test_it_lives_while_it_is_not_ready(away: TestClient, served: Served) -> None:
    assert away.get("/health/live").json() == {"live": True}
    health = away.get("/health")
    assert (health.status_code, health.headers["retry-after"]) == (503, "2")
    assert (health.json()["live"], health.json()["ready"], health.json()["database"]) == (True, False, "away")
    good = served.get("/health")
    assert (good["ready"], good["database"], good["model"]["answering"]["version"]) == (True, "up", "1")


def test_a_model_that_cannot_be_loaded_is_told_by_health(served: Served) -> None:
    served.registry.version, served.registry.broken["9"] = "9", ValueError("no")
    served.backend.champion.look()
    try:
        health = served.get("/health")
        assert health["ready"], "the old one answers"
        model = health["model"]
        assert (model["answering"]["version"], model["champion"], model["failures"]) == ("1", "9", 1)
        assert model["error"] == "ValueError"
        assert "echo_model_failures 1.0" in served.client.get("/prometheus").text
    finally:
        served.registry.version = "1"
        served.backend.champion.look()


def test_keys_are_asked_for_from_end_to_end(warehouse: object, served: Served) -> None:
    backend = backend_over(served.url, Registry(), [NOW], ServingLimits(rate=3))
    with TestClient(create_app(backend, [KEY], watch=False), base_url="http://echo.example.com") as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/prometheus").status_code == 401
        known = {"Authorization": f"Bearer {KEY}"}
        assert client.get("/metrics", headers=known).status_code == 200
        assert client.get("/health/live").status_code == 200
        schema = client.get("/openapi.json").json()
        assert schema["paths"]["/metrics"]["get"]["security"] == [{"HTTPBearer": []}]
        statuses = {client.get("/metrics", headers=known).status_code for _ in range(10)}
        assert statuses == {200, 429}


def test_without_keys_no_page_of_another_name_can_reach_it(served: Served) -> None:
    assert served.client.get("/metrics", headers={"Host": "evil.example.com"}).status_code == 400
    assert served.client.get("/metrics", headers={"Host": "localhost:8000"}).status_code == 200


def test_a_form_of_a_page_elsewhere_cannot_ask_for_a_prediction(served: Served) -> None:
    answer = served.client.post(
        "/predict/churn", content=b'{"customer_id": "C1"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 422


def test_a_body_over_the_limit_is_a_413(served: Served) -> None:
    answer = served.client.post("/predict/churn", content=iter([b"x" * 300_000]))
    assert answer.status_code == 413


def test_the_page_fetches_nothing_from_elsewhere_and_all_that_it_names_is_there(served: Served) -> None:
    page = served.client.get("/docs")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    named = re.findall(r"(?:src|href|url)[=:] ?[\"']([^\"']+)", page.text)
    assert {"docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "openapi.json"} <= set(named)
    assert not [link for link in named if "//" in link], "nothing may come from the network"
    for link in named:
        assert served.client.get(f"/{link}").status_code == 200, link
    assert served.client.get("/", follow_redirects=False).headers["location"] == "docs"
    assert served.client.get("/docs/../app.py").status_code == 404


def test_the_schema_names_every_feature_of_the_model_with_its_meaning(served: Served) -> None:
    schema = served.get("/openapi.json")
    given = schema["components"]["schemas"]["ChurnFeatures"]
    assert given["required"] == [feature.name for feature in served.backend.churn_features]
    assert "Window: 30 days." in given["properties"]["orders_last_30d"]["description"]


def test_predictions_and_ages_are_counted(served: Served) -> None:
    served.client.post("/predict/churn", json={"customer_id": "C1"})
    figures = served.client.get("/prometheus").text
    assert re.search(r'echo_predictions_total\{model="churn_predictor",version="1"\} [1-9]', figures)
    assert 'echo_feature_age_hours_bucket{le="6.0",view="customer_daily"}' in figures
    assert "echo_ready 1.0" in figures


def test_a_metric_may_have_any_name_beside_the_services_own_figures(served: Served) -> None:
    assert served.client.get("/metrics/prometheus").status_code == 404
    assert served.client.get("/prometheus").headers["content-type"].startswith("text/plain")


def test_a_running_application_looks_at_the_alias_by_itself(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "CHAMPION_SECONDS", 0.01)
    monkeypatch.setattr(app_module, "VERDICT_SECONDS", 0.01)
    registry = Registry()
    backend = backend_over(served.url, registry, [NOW], ServingLimits(rate=10_000))
    with TestClient(create_app(backend), base_url="http://127.0.0.1") as client:
        for version in ("1", "2"):
            registry.version = version
            seen, deadline = set(), time.monotonic() + 30
            while version not in seen and time.monotonic() < deadline:
                answer = client.post("/predict/churn", json={"customer_id": "C1"})
                if answer.status_code == 200:
                    seen.add(answer.json()["model"]["version"])
                else:
                    assert version == "1" and answer.status_code == 503, "once a model answers, one always does"
            assert version in seen

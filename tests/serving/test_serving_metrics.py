"""`GET /metrics/{name}`: the figure of the mart, by period and key, with its definition's version, or a refusal."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from served_warehouse import evaluate
from serving_under_test import Served


@pytest.mark.law(9)
def test_a_headline_metric_is_over_all_data_as_of_its_last_day(served: Served) -> None:
    answer = served.get("/metrics/total_revenue")
    assert (answer["value"], answer["period"], answer["key"]) == (600.25, "all", {})
    assert answer["as_of"] == "2024-07-01T00:00:00Z", "the ledger's days of the future and of plans are no data"
    assert answer["definition_version"] == "0123456789ab"
    assert (answer["unit"], answer["source"]) == ("currency", "finance.headline_metrics.total_revenue")
    assert answer["verdict"]["status"] == "green"
    assert answer["verdict"]["assets"] == [
        "finance/headline_metrics", "finance/revenue_daily", "raw/revenue", "staging/revenue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "key", "as_of"),
    [
        ("total_revenue?period=day", 500.25, {"transaction_date": "2024-06-30"}, "2024-07-01"),
        ("total_revenue?as_of=2024-06-29", 100.0, {"transaction_date": "2024-06-29"}, "2024-06-30"),
        ("total_revenue?where=transaction_date=2024-06-29", 100.0, {"transaction_date": "2024-06-29"}, "2024-06-30"),
        ("conversion_rate", 0.1021, {}, "2024-06-30"),
        ("conversion_rate?where=channel=email", 0.2, {"channel": "email"}, "2024-06-30"),
        ("conversion_rate?where=channel=paid%20search", None, {"channel": "paid search"}, "2024-06-30"),
        ("conversion_rate?period=day", 0.25, {"metric": "conversion_rate", "metric_date": "2024-06-30"}, "2024-06-30"),
        ("revenue_growth", 0.5, {"month": "2024-06-01"}, "2024-07-01"),
        ("revenue_growth?as_of=2024-05-17", None, {"month": "2024-05-01"}, "2024-06-01"),
        ("cac?where=channel=email", 12.5, {"month": "2024-06-01", "channel": "email"}, "2024-07-01"),
        (
            "cac?where=channel=email&where=month=2024-05-01",
            10.0,
            {"month": "2024-05-01", "channel": "email"},
            "2024-06-01",
        ),
        ("cac?where=channel=email&as_of=2024-05-31", 10.0, {"month": "2024-05-01", "channel": "email"}, "2024-06-01"),
        ("arr", 2400.0, {"quarter": "2024-04-01"}, "2024-07-01"),
        ("arr?period=quarter&as_of=2024-02-29", 1200.0, {"quarter": "2024-01-01"}, "2024-04-01"),
    ],
)
def test_a_value_is_that_of_the_row_that_was_asked_for(
    served: Served, path: str, value: float | None, key: dict[str, str], as_of: str
) -> None:
    answer = served.client.get(f"/metrics/{path}").json()
    assert (answer["value"], answer["key"], answer["as_of"][:10]) == (value, key, as_of)


@pytest.mark.parametrize(
    ("path", "place", "says"),
    [
        ("conversion_rate?period=month", ["query", "period"], "period=all, day"),
        ("conversion_rate?period=year", ["query", "period"], "Input should be"),
        ("total_revenue?period=all&as_of=2024-06-30", ["query", "as_of"], "another period"),
        ("total_revenue?as_of=yesterday", ["query", "as_of"], "date"),
        ("total_revenue?period=all&where=channel=email", ["query", "where"], "no rows"),
        ("cac", ["query", "where"], "where=channel="),
        ("cac?where=colour=red", ["query", "where"], "month, channel"),
        ("cac?where=channel=a&where=channel=b", ["query", "where"], "named twice"),
        ("cac?where=channel", ["query", "where", 0], "pattern"),
        ("conversion_rate?where=channel=email&as_of=2024-06-30", ["query", "as_of"], "no period"),
        ("total_revenue?accept=anything", ["query", "accept"], "pattern"),
    ],
)
def test_what_cannot_be_asked_is_a_422_that_names_the_field_and_what_can(
    served: Served, path: str, place: list[Any], says: str
) -> None:
    answer = served.client.get(f"/metrics/{path}")
    [told] = answer.json()["detail"]
    assert (answer.status_code, told["loc"]) == (422, place)
    assert says in told["msg"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("total_revenu", "did you mean total_revenue"),
        ("zzz", "/metrics lists all"),
        ("total_revenue?as_of=2020-01-01", "has no row where transaction_date is '2020-01-01'"),
        ("conversion_rate?period=day&as_of=2020-01-01", "no value on 2020-01-01"),
        ("conversion_rate?where=channel=fax", "channel is 'fax'"),
        ("revenue_per_user", "/experiments/<name>/readout"),
    ],
)
def test_what_is_not_there_is_a_404_that_helps(served: Served, path: str, says: str) -> None:
    answer = served.client.get(f"/metrics/{path}")
    assert answer.status_code == 404
    assert says in answer.json()["detail"]


def test_the_list_says_what_can_be_asked(served: Served) -> None:
    found = {each["metric"]: each for each in served.get("/metrics")["metrics"]}
    assert found["conversion_rate"]["periods"] == ["all", "day"]
    assert found["revenue_growth"]["periods"] == ["month"], "its headline is about one month"
    assert found["cac"]["key_columns"] == ["month", "channel"]
    assert found["revenue_per_user"]["periods"] == []


def test_a_warning_behind_the_value_is_told(served: Served) -> None:
    verdict = served.get("/metrics/conversion_rate")["verdict"]
    assert (verdict["status"], [each["check"] for each in verdict["red"]]) == ("warned", ["some_rates_are_odd"])


def test_a_value_is_refused_while_a_check_that_blocks_is_red_behind_it_and_can_be_had_knowingly(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    evaluate(owner, "staging/revenue", "rows_are_conserved", passed=False, blocking=True)
    served.backend.verdicts.refresh()
    refused = served.client.get("/metrics/total_revenue")
    assert refused.status_code == 409
    assert "staging/revenue: rows_are_conserved" in refused.json()["detail"]
    assert refused.json()["verdict"]["red"][0]["blocking"]
    knowingly = served.get("/metrics/total_revenue", accept="red")
    assert (knowingly["value"], knowingly["verdict"]["status"]) == (600.25, "red")
    assert served.get("/metrics/conversion_rate")["verdict"]["status"] == "warned", "it is not made of revenue"
    evaluate(owner, "staging/revenue", "rows_are_conserved", blocking=True)
    served.backend.verdicts.refresh()
    assert served.get("/metrics/total_revenue")["verdict"]["status"] == "green"

"""`GET /experiments/{name}/readout`: the decision as it was recorded."""

from __future__ import annotations

from datetime import date

import psycopg
from served_warehouse import add_readout
from serving_under_test import Served


def test_the_newest_decision_with_its_reasons_and_the_metric_that_decides(served: Served) -> None:
    answer = served.get("/experiments/EXP-001/readout")
    assert (answer["value"], answer["variant"], answer["day"]) == ("SHIP", "b", "2024-06-30")
    assert answer["as_of"] == "2024-07-01T00:00:00Z"
    assert (answer["metric"], answer["definition_version"]) == ("revenue_per_user", "5123456789ab")
    assert (answer["reasons"], answer["would_change"]) == (["It wins."], ["Nothing."])
    assert answer["readout"]["experiment_id"] == "EXP-001"
    assert answer["verdict"]["status"] == "green"


def test_the_decision_of_a_day(served: Served) -> None:
    assert served.get("/experiments/EXP-001/readout", as_of="2024-06-29")["value"] == "KEEP_RUNNING"


def test_what_was_never_read_is_a_404_with_near_names_or_the_days_that_there_are(served: Served) -> None:
    other = served.client.get("/experiments/EXP-002/readout")
    assert (other.status_code, "did you mean EXP-001?" in other.json()["detail"]) == (404, True)
    day = served.client.get("/experiments/EXP-001/readout?as_of=2020-01-01")
    assert (day.status_code, "from 2024-06-29 to 2024-06-30" in day.json()["detail"]) == (404, True)


def test_a_name_may_hold_a_slash(served: Served, owner: psycopg.Connection) -> None:
    add_readout(owner, "checkout/v2", date(2024, 6, 30), "BLOCKED")
    assert served.get("/experiments/checkout%2Fv2/readout")["value"] == "BLOCKED"

"""`GET /features/{entity}/{id}`: what the online tables hold, how old it is, and what is too old to be given out."""

from __future__ import annotations

from typing import Any

import psycopg
from served_warehouse import NOW, VIEWS, hours_before, know
from serving_under_test import CUSTOMER, Served

EXPOSURES = "customer_exposures"


def test_every_feature_is_that_of_the_primary_key_select(served: Served, owner: psycopg.Connection[Any]) -> None:
    found = served.get("/features/customer/C1")["value"]
    names = VIEWS["customer_daily"].names
    columns = ", ".join(f'"{name}"' for name in names)
    row = owner.execute(f"select {columns} from feature_online.customer_daily where customer_id = 'C1'").fetchone()
    assert row is not None
    expected = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in zip(names, row, strict=True)
    }
    assert {name: found[name] for name in names} == expected
    assert found["experiment_exposure_count"] == 2
    assert "churn_probability" not in found, "there is no row of that view"


def test_what_depends_on_the_moment_is_computed_when_it_is_asked_for(served: Served) -> None:
    assert served.get("/features/customer/C1")["value"]["days_since_last_order"] == 11
    served.clock.append(hours_before(NOW, 24))
    try:
        assert served.get("/features/customer/C1")["value"]["days_since_last_order"] == 10
    finally:
        served.clock.pop()


def test_each_view_says_how_old_it_is(served: Served) -> None:
    answer = served.get("/features/customer/C1")
    assert answer["as_of"] == "2024-07-01T00:00:00Z"
    assert answer["feature_ages"].keys() == {"customer_daily", EXPOSURES}
    assert answer["feature_ages"][EXPOSURES]["max_age_hours"] is None
    assert answer["verdict"]["status"] == "green"


def test_a_state_that_does_not_age_does_not_make_the_answer_old(served: Served, owner: psycopg.Connection[Any]) -> None:
    know(owner, "customer_daily", "C-exposed", CUSTOMER)
    know(owner, EXPOSURES, "C-exposed", {"experiment_exposure_count": 1}, since=hours_before(NOW, 5000))
    answer = served.get("/features/customer/C-exposed")
    assert answer["as_of"] == "2024-07-01T00:00:00Z"
    assert answer["feature_ages"][EXPOSURES]["age_hours"] == 5000


def test_a_row_of_the_day_that_is_still_open_has_no_age_yet(served: Served, owner: psycopg.Connection[Any]) -> None:
    know(owner, "customer_daily", "C-today", CUSTOMER, since=hours_before(NOW, -18))
    assert served.get("/features/customer/C-today")["feature_ages"]["customer_daily"]["age_hours"] == 0


def test_a_view_that_flags_is_given_out_as_stale(served: Served, owner: psycopg.Connection[Any]) -> None:
    know(owner, "product_daily", "P-old", {"price": 1.5}, since=hours_before(NOW, 73))
    answer = served.get("/features/product/P-old")
    assert answer["value"]["price"] == 1.5
    age = answer["feature_ages"]["product_daily"]
    assert (age["is_stale"], age["is_refused"], age["age_hours"]) == (True, False, 73.0)


def test_a_view_that_refuses_is_left_out_and_is_a_409_where_nothing_else_is_known(
    served: Served, owner: psycopg.Connection[Any]
) -> None:
    know(owner, "customer_daily", "C-stale", CUSTOMER, since=hours_before(NOW, 49))
    refused = served.client.get("/features/customer/C-stale")
    assert (refused.status_code, refused.json()["stale"]) == (409, ["customer_daily"])
    know(owner, EXPOSURES, "C-stale", {"experiment_exposure_count": 1})
    answer = served.get("/features/customer/C-stale")
    assert answer["value"] == {"experiment_exposure_count": 1}
    assert answer["feature_ages"]["customer_daily"]["is_refused"]


def test_an_id_may_hold_anything_but_control_characters(served: Served) -> None:
    assert served.get("/features/product/P%201%2F2")["value"]["price"] == 9.5
    refused = served.client.get("/features/product/P%00")
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["path", "id"])


def test_what_is_unknown_is_a_404_that_says_what(served: Served) -> None:
    assert served.client.get("/features/customer/nobody").json() == {"detail": "there is no customer 'nobody'"}
    told = served.client.get("/features/planet/1")
    assert told.status_code == 404
    assert "channel, customer, product" in told.json()["detail"]

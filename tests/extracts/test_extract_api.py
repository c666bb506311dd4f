"""A source that is a REST API with pages, and everything that such an API does wrong."""

from __future__ import annotations

import datetime
import json

import pytest
from extracts.shop_api import order

from echo_quality.extracts.errors import ExtractError, Unreachable
from echo_quality.extracts.windows import Range

pytestmark = pytest.mark.slow

PAGINGS = {
    "page": {"paging": "page", "pageSize": 2},
    "offset": {"paging": "offset", "pageSize": 2},
    "cursor": {"paging": "cursor", "next": "next"},
    "link in the header": {"paging": "link"},
}
FIVE = [order(number, f"2024-03-0{number}") for number in range(1, 6)]


@pytest.fixture
def shop(shop_of, shop_api):
    """shop(paging, ...): orders read from the API that way."""
    shop_api.orders = list(FIVE)

    def made(paging="page", secrets=None, **properties):
        return shop_of(shop_api.declared(**PAGINGS[paging], **properties), **(secrets or {}))

    return made


def once(answer, when=lambda asked: True):
    """A trick that is played one time."""
    left = [answer]
    return lambda asked: left.pop() if left and when(asked) else None


def failing(status, **headers):
    return (status, headers, b"no")


@pytest.mark.parametrize("paging", PAGINGS)
def test_all_pages_are_read_by_every_way_of_paging(shop, shop_api, paging):
    orders = shop(paging)
    found = orders.extract()
    assert found.rows == 5
    assert orders.files == [f"shop_api/2024-03-0{day}.csv" for day in range(1, 6)]
    assert orders.staged() == [(f"o{number}", "10.5000") for number in range(1, 6)]
    assert orders.extract().changed == (), "the same records are the same bytes"


def test_numbers_and_nested_values_arrive_as_they_were_written(shop, shop_api):
    exact = b'{"id": "o1", "changed_at": "2024-03-01T10:00:00Z", "amount": 12345678901234.5600, "is_gift": true,'
    nested = b' "details": {"n": 1.10, "m": [1e2]}, "ship": {"city": "K\\u00f6ln"}, "note": null}'
    body = b'{"data": {"orders": [' + exact + nested + b'], "total": 1}}'
    shop_api.tricks = [lambda asked: (200, {}, body)]
    orders = shop()
    orders.extract()
    assert orders.staged("order_id, amount::text, is_gift, details, city, note") == [
        ("o1", "12345678901234.5600", True, '{"m":[1e2],"n":1.10}', "K\u00f6ln", None)
    ]


def test_failures_and_throttling_pass_with_backoff_and_retry_after_is_honoured(shop, shop_api):
    cut_off = (200, {"Content-Length": "500"}, b'{"data": ')
    shop_api.tricks = [
        once(failing(503)),
        once(failing(429, **{"Retry-After": "7"})),
        once((200, {}, b"<html>")),
        once(cut_off),
    ]
    orders = shop()
    assert orders.extract().rows == 5
    first, throttled, *_ = orders.waited
    assert 0.25 <= first <= 0.5
    assert throttled == 7
    assert len(orders.waited) == 4


def test_an_api_that_keeps_failing_is_unreachable_and_nothing_is_written(shop, shop_api):
    shop_api.tricks = [lambda asked: failing(500)]
    orders = shop(attempts=4)
    with pytest.raises(Unreachable, match="answered 500, after 4 attempts"):
        orders.extract()
    assert (len(shop_api.asked), len(orders.waited)) == (4, 3)
    assert orders.waited == sorted(orders.waited), "each wait is longer than the one before"
    assert orders.files == []


def test_a_page_that_comes_twice_is_asked_for_again_and_not_doubled(shop, shop_api):
    shop_api.tricks = [once(shop_api.page({"page": "1"}), when=lambda asked: asked.get("page") == "2")]
    orders = shop(total=None)
    assert orders.extract().rows == 5
    assert [asked["page"] for asked in shop_api.asked] == ["1", "2", "2", "3", "4"]


def test_pages_that_never_advance_end_with_an_error(shop, shop_api):
    shop_api.tricks = [lambda asked: shop_api.page({"page": "1"})]
    with pytest.raises(ExtractError, match="page 2 is page 1 again, so the pages do not advance"):
        shop(total=None).extract()
    shop_api.tricks = [
        lambda asked: (200, {}, json.dumps({"data": {"orders": [], "total": 0}, "next": "same"}).encode())
    ]
    with pytest.raises(ExtractError, match="round in a circle"):
        shop("cursor").extract()


def test_records_that_slip_to_the_next_page_are_there_once(shop, shop_api):
    def grows(asked):
        if asked.get("page") == "2" and len(shop_api.orders) == 5:
            shop_api.orders.insert(0, order(6, "2024-03-06"))
        return

    shop_api.tricks = [grows]
    orders = shop(total=None)
    orders.extract()
    assert orders.staged() == [(f"o{number}", "10.5000") for number in range(1, 6)], "o6 is read next time"
    orders.extract()
    assert len(orders.staged()) == 6


def test_records_that_slip_to_the_page_before_are_not_lost(shop, shop_api):
    def shrinks(asked):
        if asked.get("page") == "2" and len(shop_api.orders) == 5:
            del shop_api.orders[0]

    shop_api.tricks = [shrinks]
    orders = shop()
    orders.extract()
    assert [key for key, _ in orders.staged()] == ["o2", "o3", "o4", "o5"], "all pages were walked again"


def test_fewer_records_than_the_api_says_there_are_is_an_error(shop, shop_api):
    shop_api.total = lambda api: len(api.orders) + 1
    with pytest.raises(ExtractError, match="says that there are 6 records and gives 5"):
        shop().extract()


def test_only_what_is_new_is_asked_for_where_the_api_can_be_asked(shop, shop_api):
    orders = shop(sinceParameter="since", lag="1d", timeFormat="%Y-%m-%d")
    orders.extract()
    shop_api.orders += [order(7, "2024-03-06"), order(8, "2024-03-04")]
    again = orders.extract()
    assert again.since == datetime.date(2024, 3, 4)
    assert shop_api.asked[-1]["since"] == "2024-03-04"
    assert [file.name for file in again.changed] == ["shop_api/2024-03-04.csv", "shop_api/2024-03-06.csv"]
    orders.extract(Range(datetime.date(2024, 3, 1), datetime.date(2024, 3, 2)))
    assert len(orders.staged()) == 7


def test_an_api_that_ignores_what_it_was_asked_for_is_an_error(shop, shop_api):
    orders = shop(sinceParameter="since", lag="1d")
    orders.extract()
    shop_api.tricks = [lambda asked: shop_api.page({"page": asked["page"]})]
    with pytest.raises(ExtractError, match="asked for what is new since 2024-03-04, it gives a record of 2024-03-01"):
        orders.extract()


def test_records_without_a_date_or_a_required_value_are_kept_for_the_quarantine(shop, shop_api):
    shop_api.orders = [*FIVE, {"id": "o9", "changed_at": None, "amount": "1"}]
    orders = shop()
    orders.extract()
    assert orders.rows_of("shop_api/undated.csv") == ["1,,o9"]
    del shop_api.orders[-1]["amount"]
    shop_api.orders[0] = {"id": "o1", "changed_at": "2024-03-01T10:00:00Z"}
    orders.extract()
    assert (orders.folder / "shop_api/2024-03-01.csv").read_text().startswith("changed_at,id,amount\n")


def test_the_token_is_sent_to_the_declared_host_and_shown_nowhere(shop, shop_api):
    token = {"SHOP_TOKEN": "s3cret\n"}
    orders = shop(authVariable="SHOP_TOKEN", secrets=token)
    orders.extract()
    assert shop_api.asked[0]["authorization"] == "Bearer s3cret"
    page = json.dumps({"data": {"orders": FIVE[:1], "total": 9}}).encode()
    shop_api.tricks = [lambda asked: (200, {"Link": '<http://other.example/orders>; rel="next"'}, page)]
    with pytest.raises(ExtractError, match="another host than declared") as raised:
        shop("link in the header", authVariable="SHOP_TOKEN", secrets=token).extract()
    assert "s3cret" not in str(raised.value)
    assert "s3cret" not in repr(orders.contract)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (failing(401), "answered 401, it does not know us"),
        (failing(404), "answered 404, there is nothing: check `location`"),
        (failing(302, Location="http://127.0.0.1/elsewhere"), "answered 302, it has moved"),
        ((200, {}, b'{"items": []}'), "no 'data.orders' in the answer, which has items"),
        ((200, {}, b'{"data": {"orders": [1]}}'), "data.orders is no list of objects"),
        ((200, {}, b'{"data": {"orders": [], "total": "many"}}'), "total 'many' is no number"),
    ],
)
def test_mistakes_name_the_offender_and_the_fix(shop, shop_api, answer, says):
    shop_api.tricks = [lambda asked: answer]
    with pytest.raises(ExtractError, match=says):
        shop().extract()
    assert len(shop_api.asked) == 1, "asking again would not help"

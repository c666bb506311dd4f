"""Every feature of every snapshot is what a count over the rows up to its day gives."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from feature_snapshots import MODELS, differing, snapshots
from plain_features import PlainBusiness
from random_business import LAST, fill, publish

pytestmark = pytest.mark.database

STAGING = ("stg_customers", "stg_subscriptions", "stg_products", "stg_transactions", "stg_marketing_events")
MONTH_ENDS = {date(2024, month, 1) - timedelta(1) for month in range(2, 8)}
RECENT = {LAST - timedelta(days) for days in range(35)}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_feature_is_what_a_count_of_the_rows_up_to_its_day_gives(
    dbt: Dbt, warehouse: Warehouse, seed: int
) -> None:
    fill(warehouse, seed)
    publish(warehouse, 1)
    dbt("run", "--select", *MODELS)
    _compare(warehouse, "UTC")


def test_days_end_at_the_midnight_of_the_business(dbt: Dbt, warehouse: Warehouse) -> None:
    """In this zone a second before half past six in UTC is still today, and half past six is tomorrow."""
    zone = "Asia/Kolkata"
    fill(warehouse, 3)
    publish(warehouse, 1, zone)
    try:
        dbt("run", "--select", *STAGING, *MODELS, variables=f"{{timezone: {zone}}}")
        _compare(warehouse, zone)
    finally:
        dbt("run", "--select", *STAGING)
    assert warehouse.rows("select distinct event_timestamp::time from features.customer_daily")[0][0].hour == 18


def _compare(warehouse: Warehouse, zone: str) -> None:
    for entity in ("customer", "channel", "product"):
        assert set(snapshots(warehouse, entity)) == MONTH_ENDS | RECENT
    assert differing(warehouse, PlainBusiness.read(warehouse, zone)) == []
    business = PlainBusiness.read(warehouse, zone)
    stored, counted = snapshots(warehouse, "customer")[LAST], business.customer_features(LAST)
    [names] = {frozenset(features) for features in counted.values()}
    assert {frozenset(row) for row in stored.values()} == {names | {"customer_id", "snapshot_date", "event_timestamp"}}


CHECKS = (
    "customer_daily_equals_revenue_daily", "channel_daily_equals_fact", "product_daily_equals_fact",
    *(f"{entity}_daily_{entity}_and_day_unique" for entity in ("customer", "channel", "product")),
)  # fmt: skip
MISTAKES = {
    "insert into features.customer_daily select * from features.customer_daily limit 1": {
        "customer_daily_customer_and_day_unique", "customer_daily_equals_revenue_daily",
    },
    "insert into features.channel_daily select * from features.channel_daily where leads_28d > 0 limit 1": {
        "channel_daily_channel_and_day_unique", "channel_daily_equals_fact",
    },
    "insert into features.product_daily select * from features.product_daily where orders_28d > 0 limit 1": {
        "product_daily_product_and_day_unique", "product_daily_equals_fact",
    },
}  # fmt: skip


def test_totals_that_are_wrong_and_rows_that_are_there_twice_are_found(dbt: Dbt, warehouse: Warehouse) -> None:
    fill(warehouse, 6)
    publish(warehouse, 1)
    dbt("run", "--select", *MODELS, "revenue_daily")
    assert set(dbt("test", "--select", *CHECKS).status.values()) == {"pass"}
    for mistake in MISTAKES:
        warehouse.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", *CHECKS, fails=True).status
    assert {name for name, status in statuses.items() if status == "fail"} == set.union(*MISTAKES.values())

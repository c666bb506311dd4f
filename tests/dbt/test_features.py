"""Every feature of every snapshot is what a count over the rows up to its day gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from plain_features import PlainBusiness
from random_business import LAST, fill, publish

pytestmark = pytest.mark.database

STAGING = ("stg_customers", "stg_subscriptions", "stg_products", "stg_transactions", "stg_marketing_events")
FEATURES = ("customer_daily", "channel_daily", "product_daily")
MODELS = (
    "int_transaction_members", "int_customer_scd2", "int_product_scd2", "dim_customer", "dim_product", "dim_channel",
    "dim_campaign", "fact_transactions", "fact_marketing", "int_customer_transactions", *FEATURES,
)  # fmt: skip
MONTH_ENDS = [date(2024, month, 1) - timedelta(1) for month in range(2, 8)]
RECENT = [LAST - timedelta(days) for days in range(35)]


@pytest.fixture(params=[(1, "UTC"), (2, "UTC"), (3, "Asia/Kolkata")], ids=["one", "two", "in another zone"])
def business(request: pytest.FixtureRequest, dbt: Dbt, warehouse: Warehouse) -> Iterator[PlainBusiness]:
    """A random business, built; in the zone its midnights are those of half past six in UTC."""
    seed, zone = request.param
    variables = f"{{timezone: {zone}}}"
    fill(warehouse, seed)
    publish(warehouse, 1, zone)
    dbt("run", "--select", *STAGING, variables=variables)
    dbt("run", "--select", *MODELS, variables=variables)
    yield PlainBusiness.read(warehouse, zone)
    if zone != "UTC":
        dbt("run", "--select", *STAGING)


def snapshots(warehouse: Warehouse, entity: str) -> dict[date, dict[str, dict[str, Any]]]:
    """What is stored, by day and entity."""
    cursor = warehouse.connection.execute(f"select * from features.{entity}_daily".encode())
    names = [column.name for column in cursor.description or ()]
    found: dict[date, dict[str, dict[str, Any]]] = {}
    for values in cursor:
        row = dict(zip(names, values, strict=True))
        found.setdefault(row["snapshot_date"], {})[row[f"{entity}_id"]] = row
    return found


def test_every_feature_is_what_a_count_of_the_rows_up_to_its_day_gives(
    business: PlainBusiness, warehouse: Warehouse
) -> None:
    for entity in ("customer", "channel", "product"):
        stored = snapshots(warehouse, entity)
        assert sorted(stored) == sorted({*MONTH_ENDS, *RECENT})
        for day, rows in stored.items():
            expected = getattr(business, f"{entity}_features")(day)
            assert set(rows) == set(expected), f"another population of {entity}_daily on {day}"
            for name, features in expected.items():
                assert {"snapshot_date", "event_timestamp", f"{entity}_id", *features} == set(rows[name])
                for feature, value in features.items():
                    assert _equal(rows[name][feature], value), f"{feature} of {name} on {day}"


def _equal(stored: Any, counted: Any) -> bool:
    """Ratios are kept to sixteen places."""
    if isinstance(counted, Fraction) and stored is not None:
        return abs(Fraction(stored) - counted) <= Fraction(1, 10**15)
    return bool(stored == counted)

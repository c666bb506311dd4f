"""What a closed snapshot said before late data changed it is kept, if the snapshot had been there in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = [pytest.mark.database, pytest.mark.slow]

MODELS = (
    "int_transaction_members", "int_customer_scd2", "int_product_scd2", "dim_customer", "dim_product", "dim_channel",
    "fact_transactions", "int_customer_transactions", "customer_daily",
)  # fmt: skip
LAST = date(2024, 3, 10)
VERSIONS = """
    select snapshot_date::text, entity_id, (features ->> 'customer_lifetime_value')::numeric, known_at,
        nullif(superseded_at, 'infinity')
    from ops.superseded_features where asset = 'features/customer_daily' order by 1, 2, 4
"""


@pytest.fixture
def built(dbt: Dbt, warehouse: Warehouse) -> Warehouse:
    """Two customers with ten days of sales; all snapshots were built an hour after their days had ended."""
    for number in range(1, 11):
        warehouse.sell(f"t{number}", f"2024-03-{number:02}", "10.00", customer_id=f"c{number % 2}")
    warehouse.touch("revenue", 1, *(f"2024-03-{number:02}" for number in range(1, 11)))
    dbt.build_models(*MODELS)
    warehouse.connection.execute(
        "update ops.feature_snapshots set first_built_at = snapshot_date + interval '1 day 1 hour'"
    )
    return warehouse


def _late(dbt: Dbt, warehouse: Warehouse, mark: int, day: str, customer: str = "c1", **how: bool) -> None:
    warehouse.sell(f"late {mark}", day, "5.00", customer_id=customer)
    _changed(dbt, warehouse, mark, day, **how)


def _changed(dbt: Dbt, warehouse: Warehouse, mark: int, day: str, *, full_refresh: bool = False) -> None:
    warehouse.touch("revenue", mark, day)
    window = ("-infinity" if full_refresh else day, "infinity")
    dbt.build_models(*MODELS, window=window, full_refresh=full_refresh)


def _lifetime(warehouse: Warehouse, day: str, customer: str) -> Any:
    query = "select customer_lifetime_value from features.customer_daily where snapshot_date = %s and customer_id = %s"
    return warehouse.rows(query, day, customer)


@pytest.mark.parametrize("full_refresh", [False, True])
def test_late_data_leave_the_old_row_of_closed_snapshots_and_of_no_other(
    dbt: Dbt, built: Warehouse, full_refresh: bool
) -> None:
    [before] = built.rows(
        "select to_jsonb(t) from features.customer_daily as t where snapshot_date = '2024-03-08' and customer_id = 'c1'"
    )
    _late(dbt, built, 2, "2024-03-08", full_refresh=full_refresh)
    found = built.rows(VERSIONS)
    assert [(day, who, value) for day, who, value, _, _ in found] == [
        ("2024-03-08", "c1", Decimal("40.00")), ("2024-03-09", "c1", Decimal("50.00")),
    ]  # fmt: skip
    assert [known.isoformat() for *_, known, _ in found] == ["2024-03-09T00:00:00+00:00", "2024-03-10T00:00:00+00:00"]
    [kept] = built.rows("select features from ops.superseded_features where snapshot_date = '2024-03-08'")
    assert kept == before
    assert _lifetime(built, "2024-03-08", "c1") == [(Decimal("45.00"),)]
    assert _lifetime(built, "2024-03-10", "c1") == [(Decimal("55.00"),)], "the open day is simply made anew"


def test_each_version_is_known_from_when_the_one_before_was_superseded(dbt: Dbt, built: Warehouse) -> None:
    _late(dbt, built, 2, "2024-03-09")
    _late(dbt, built, 3, "2024-03-09")
    first, second = built.rows(VERSIONS)
    assert (first[2], second[2]) == (Decimal("50.00"), Decimal("55.00"))
    assert first[3] < first[4] == second[3] < second[4]
    _changed(dbt, built, 4, "2024-03-09")
    assert built.rows(VERSIONS) == [first, second], "a build that changes nothing ends no version"


def test_a_snapshot_that_was_built_long_after_the_fact_is_overwritten(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute(
        "update ops.feature_snapshots set first_built_at = snapshot_date + interval '8 days'"
        " where snapshot_date <= '2024-03-08'"
    )
    _late(dbt, built, 2, "2024-03-07")
    assert [(day, who) for day, who, *_ in built.rows(VERSIONS)] == [("2024-03-09", "c1")]


def test_a_day_without_a_row_is_a_version_too(dbt: Dbt, built: Warehouse) -> None:
    """So that a newcomer is not known before it came, and one that was taken back is known no longer."""
    _late(dbt, built, 2, "2024-03-09", "newcomer")
    [(_, who, value, known, came)] = built.rows(VERSIONS)
    assert (who, value, known.isoformat()) == ("newcomer", None, "2024-03-10T00:00:00+00:00")
    built.connection.execute("delete from staging.revenue where transaction_id = 'late 2'")
    _changed(dbt, built, 3, "2024-03-09")
    _, there, gone = built.rows(VERSIONS)
    assert there[2:4] == (Decimal("5.00"), came)
    assert gone[2:4] == (None, there[4])
    [(is_open,)] = built.rows("select count(*) from ops.superseded_features where superseded_at = 'infinity'")
    assert is_open == 1
    _late(dbt, built, 4, "2024-03-09", "newcomer")
    versions = built.rows(VERSIONS)
    assert len(versions) == 3
    assert versions[2][3] == there[4] < versions[2][4]


def test_versions_go_with_their_snapshot(dbt: Dbt, built: Warehouse) -> None:
    _late(dbt, built, 2, "2024-03-09")
    assert len(built.rows(VERSIONS)) == 1
    _late(dbt, built, 3, "2024-05-20")
    assert built.rows(VERSIONS) == []

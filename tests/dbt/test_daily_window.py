"""The daily models: exactly the window is emptied and filled again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = [pytest.mark.database, pytest.mark.slow]

FEBRUARY_2ND = ("2024-02-02", "2024-02-03")
HISTORY = ("int_customer_scd2", "int_product_scd2", "int_transaction_members")
DIMENSIONS = (*HISTORY, "dim_customer", "dim_product", "dim_channel", "dim_campaign")
FACTS = ("fact_transactions", "fact_marketing")


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """Three days of sales, each built; customers and products are in the dimensions."""
    prepared.reset()
    for day in (1, 2, 3):
        prepared.sell(f"t{day}", f"2024-02-0{day}", f"{day}00.00")
        prepared.add("marketing", event_id=f"m{day}", event_date=f"2024-02-0{day}", leads=day)
    dbt.build_models(*DIMENSIONS, *FACTS)
    return kept.keep()


@pytest.fixture
def built(state: Kept) -> Warehouse:
    return state.again()


def _fact(warehouse: Warehouse) -> list[tuple[str, Decimal]]:
    return warehouse.rows("select transaction_id, amount from core.fact_transactions order by 1")


def _places(warehouse: Warehouse) -> dict[str, str]:
    """Where each row of the fact physically is: a row that was not touched stays there."""
    return dict(warehouse.rows("select transaction_id, ctid::text from core.fact_transactions"))


def test_building_a_window_again_changes_nothing(dbt: Dbt, built: Warehouse) -> None:
    expected = built.content()
    dbt.build_models(*FACTS, window=FEBRUARY_2ND)
    assert built.content() == expected


def test_a_late_row_is_taken_in_by_its_day_alone(dbt: Dbt, built: Warehouse) -> None:
    before = _places(built)
    built.sell("late", "2024-02-02", "7.00")
    dbt.build_models("fact_transactions", window=FEBRUARY_2ND)
    assert _fact(built) == [
        ("late", Decimal("7.00")), ("t1", Decimal("100.00")), ("t2", Decimal("200.00")), ("t3", Decimal("300.00")),
    ]  # fmt: skip
    after = _places(built)
    assert {name for name in before if before[name] == after[name]} == {"t1", "t3"}


@pytest.mark.law(11)
def test_a_late_row_leaves_what_a_full_rebuild_would_give(dbt: Dbt, built: Warehouse) -> None:
    built.sell("late", "2024-02-02", "7.00", customer_id="new", product="New", channel="new")
    built.touch("revenue", 1, "2024-02-02")
    dbt.build_models(*DIMENSIONS, *FACTS, window=FEBRUARY_2ND)
    expected = built.content()
    dbt.build_models(*DIMENSIONS, *FACTS, full_refresh=True)
    assert built.content() == expected


def test_a_row_that_vanished_from_staging_vanishes_from_the_fact(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute("delete from staging.revenue where transaction_id = 't2'")
    dbt.build_models("fact_transactions", window=FEBRUARY_2ND)
    assert [name for name, _ in _fact(built)] == ["t1", "t3"]


def test_a_corrected_date_moves_the_row_when_both_days_are_built(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute("update staging.revenue set transaction_date = '2024-02-03' where transaction_id = 't2'")
    dbt.build_models("fact_transactions", window=("2024-02-02", "2024-02-04"))
    assert built.rows("select transaction_date::text from core.fact_transactions where transaction_id = 't2'") == [
        ("2024-02-03",)
    ]


def test_rows_outside_of_the_window_are_neither_read_nor_written(dbt: Dbt, built: Warehouse) -> None:
    built.sell("later", "2024-02-03", "7.00")
    dbt.build_models("fact_transactions", window=("-infinity", "2024-02-03"))
    assert [name for name, _ in _fact(built)] == ["t1", "t2", "t3"]
    dbt.build_models("fact_transactions", window=("2024-02-03", "infinity"))
    assert [name for name, _ in _fact(built)] == ["later", "t1", "t2", "t3"]


def test_the_first_build_of_a_window_holds_that_window(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute("drop table core.fact_transactions")
    dbt.build_models("fact_transactions", window=FEBRUARY_2ND)
    assert [name for name, _ in _fact(built)] == ["t2"]


def test_tests_of_a_daily_model_look_at_the_window(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute("delete from core.fact_transactions where transaction_id = 't3'")
    check = ("test", "--select", "fact_transactions_equals_staging")
    dbt(*check, variables="{min_date: 2024-02-01, max_date: 2024-02-03}")
    assert dbt(*check, fails=True).status == {"fact_transactions_equals_staging": "fail"}

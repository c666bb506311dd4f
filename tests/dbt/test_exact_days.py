"""Late rows and late history move exactly what they touch: days of facts, months of marts, figures once told."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = [pytest.mark.database, pytest.mark.slow]

HISTORY = ("int_transaction_members", "int_customer_scd2", "dim_customer")
SALES = ("int_product_scd2", "dim_product", "dim_channel", "fact_transactions")
MARTS = ("int_customer_transactions", "revenue_daily", "revenue_summary")
DAYS = ("2024-01-05", "2024-01-15", "2024-02-25", "2024-03-01")
MOVED = "select day::text, mark from ops.dirty_days where source = 'core/dim_customer' order by 1"


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """Two customers, one of them with a record, buy on the same four days of three months; all of it is built."""
    prepared.reset()
    prepared.add("customers", customer_id="known", segment="small", updated_at="2024-01-10T12:00Z")
    prepared.touch("customers", 1, "2024-01-10")
    for number, day in enumerate(DAYS):
        for customer in ("known", "other"):
            prepared.sell(f"{customer}{number}", day, "100.00", customer_id=customer, product="Basic")
    prepared.touch("revenue", 2, *DAYS)
    prepared.connection.execute("select setval(pg_get_serial_sequence('ops.loads', 'load_id'), 10)")
    dbt.build_models(*HISTORY, *SALES, *MARTS)
    return kept.keep()


@pytest.fixture
def built(state: Kept) -> Warehouse:
    return state.again()


def _grow(warehouse: Warehouse, at: str, segment: str, mark: int) -> None:
    warehouse.add("customers", customer_id="known", segment=segment, updated_at=at, _row_id=mark)
    warehouse.touch("customers", mark, at[:10])


def test_a_first_build_and_a_build_without_changes_move_no_day(dbt: Dbt, built: Warehouse) -> None:
    assert built.rows(MOVED) == []
    dbt.build_models(*HISTORY)
    assert built.rows(MOVED) == []


def test_a_new_version_moves_the_days_from_its_beginning_on(dbt: Dbt, built: Warehouse) -> None:
    _grow(built, "2024-02-25T23:59:59Z", "large", 3)
    dbt.build_models(*HISTORY)
    assert built.rows(MOVED) == [("2024-02-25", 11), ("2024-03-01", 11)]


def test_a_late_version_moves_the_days_up_to_the_next_one(dbt: Dbt, built: Warehouse) -> None:
    _grow(built, "2024-03-01T00:00Z", "large", 3)
    dbt.build_models(*HISTORY)
    _grow(built, "2024-01-12T00:00Z", "middle", 4)
    dbt.build_models(*HISTORY)
    assert built.rows(MOVED) == [("2024-01-15", 12), ("2024-02-25", 12), ("2024-03-01", 11)]


def test_days_that_moved_are_rebuilt_as_a_full_rebuild_would_and_are_then_clean(dbt: Dbt, built: Warehouse) -> None:
    _grow(built, "2024-02-01T00:00Z", "large", 3)
    dbt.build_models(*HISTORY)
    dbt.build_models("fact_transactions", window=("2024-02-25", "2024-03-02"))
    rows = built.rows("select * from core.fact_transactions order by transaction_id")
    assert built.rows(
        """select count(*) from ops.dirty_days as dirty left join ops.built_days as built
           on built.asset = 'core/fact_transactions' and built.source = dirty.source and built.day = dirty.day
               and built.mark = dirty.mark
           where dirty.source = 'core/dim_customer' and built.mark is null"""
    ) == [(0,)]
    dbt.build_models("fact_transactions", full_refresh=True)
    assert built.rows("select * from core.fact_transactions order by transaction_id") == rows


@pytest.mark.law(7)
def test_a_late_row_rebuilds_its_month_and_touches_no_other(dbt: Dbt, built: Warehouse) -> None:
    built.connection.execute("update intermediate.int_customer_transactions set revenue = -1")
    built.sell("late", "2024-01-20", "7.00", customer_id="known")
    built.touch("revenue", 3, "2024-01-20")
    dbt.build_models(*HISTORY, *SALES, "int_customer_transactions")
    assert [
        (str(month), str(revenue))
        for month, revenue in built.rows(
            "select month, revenue from intermediate.int_customer_transactions where customer_id = 'known' order by 1"
        )
    ] == [("2024-01-01", "207.00"), ("2024-02-01", "-1.00"), ("2024-03-01", "-1.00")]


@pytest.mark.law(7)
def test_a_changed_figure_of_a_closed_month_is_written_down_with_its_cause(dbt: Dbt, built: Warehouse) -> None:
    built.sell("late", "2024-01-20", "7.00", customer_id="known")
    built.sell("open", "2024-03-02", "5.00", customer_id="known")
    built.touch("revenue", 3, "2024-01-20")
    built.touch("revenue", 4, "2024-03-02")
    dbt.build_models(*HISTORY, *SALES, *MARTS)
    assert built.rows(
        """select period::text, figure, before::text, after::text, cause from ops.restatements
           where asset = 'finance/revenue_summary' and figure in ('total_revenue', 'transactions') order by 2"""
    ) == [
        ("2024-01-01", "total_revenue", "400.00", "407.00", [{"mark": 3, "source": "revenue"}]),
        ("2024-01-01", "transactions", "4", "5", [{"mark": 3, "source": "revenue"}]),
    ]


def test_a_rebuild_that_changes_nothing_restates_nothing(dbt: Dbt, built: Warehouse) -> None:
    dbt.build_models(*HISTORY, *SALES, *MARTS)
    dbt.build_models(*HISTORY, *SALES, *MARTS, full_refresh=True)
    assert built.rows("select * from ops.restatements") == []


FIGURES = ("total_revenue", "transactions", "average_order_value", "customers", "revenue_growth")


def _by_day(warehouse: Warehouse) -> dict[str, Any]:
    """What the fact holds of each day."""
    return dict(
        warehouse.rows(
            "select transaction_date::text, sum(hashtext(f::text)) from core.fact_transactions as f group by 1"
        )
    )


def _told(warehouse: Warehouse) -> dict[tuple[str, str], Any]:
    """Every figure of every month but the last, which is open."""
    rows = warehouse.rows(f"select month::text, {', '.join(FIGURES)} from finance.revenue_summary order by 1")
    return {(month, name): value for month, *values in rows[:-1] for name, value in zip(FIGURES, values, strict=True)}


def _changed(before: dict[Any, Any], after: dict[Any, Any]) -> set[Any]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_random_late_rows_move_exactly_what_a_full_rebuild_would_change(dbt: Dbt, built: Warehouse, seed: int) -> None:
    chance = random.Random(seed)
    late = (date(2024, 1, 1) + timedelta(days=chance.randrange(90))).isoformat()
    days, told = _by_day(built), _told(built)
    built.sell("late", late, f"{chance.randrange(1, 999)}.99", customer_id=chance.choice(["known", "other", "new"]))
    built.touch("revenue", 3, late)
    _grow(built, f"2024-0{chance.randrange(1, 4)}-0{chance.randrange(1, 10)}T0{chance.randrange(10)}:00Z", "large", 4)
    dbt.build_models(*HISTORY)
    moved = {late, *(day for day, _ in built.rows(MOVED))}
    for day in sorted(moved):
        after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        dbt.build_models(*SALES, "revenue_daily", window=(day, after))
    dbt.build_models("int_customer_transactions", "revenue_summary")
    content = built.content()
    restated = set(built.rows("select period::text, figure from ops.restatements where asset like '%%revenue_summary'"))
    dbt.build_models(*HISTORY, *SALES, *MARTS, full_refresh=True)
    assert built.content() == content
    assert _changed(days, _by_day(built)) == moved
    assert _changed(told, _told(built)) & told.keys() == restated & told.keys()
    assert restated <= _changed(told, _told(built))

"""What a build writes into the ledger, and that it is written together with the rows or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = [pytest.mark.database, pytest.mark.slow]

DAYS = ("2024-02-01", "2024-02-02", "2024-02-03")
DIMENSIONS = ("int_transaction_members", "dim_customer", "dim_product", "dim_channel")
EVERYTHING = (  # that has a mark here
    *DIMENSIONS, "int_customer_scd2", "int_product_scd2", "dim_campaign", "fact_transactions", "fact_marketing",
    "revenue_daily", "int_customer_transactions", "revenue_summary", "int_product_months", "revenue_by_product",
    "channel_performance", "headline_metrics",
)  # fmt: skip
SUMMARY = ("fact_transactions", "revenue_daily", "int_customer_transactions", "revenue_summary")


def _publish(warehouse: Warehouse) -> Warehouse:
    """Load 1 publishes three days of sales, load 2 one day of marketing."""
    for number, day in enumerate(DAYS):
        warehouse.sell(f"t{number}", day, "100.00")
    warehouse.add("marketing", event_id="m1", event_date=DAYS[0], leads=3)
    warehouse.touch("revenue", 1, *DAYS)
    warehouse.touch("marketing", 2, DAYS[0])
    return warehouse


@pytest.fixture
def published(warehouse: Warehouse) -> Warehouse:
    """Both loads, and no table but the calendar."""
    return _publish(warehouse)


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    prepared.reset()
    _publish(prepared)
    dbt.build_models(*EVERYTHING)
    return kept.keep()


@pytest.fixture
def built(state: Kept) -> Warehouse:
    """Both loads, and everything built once."""
    return state.again()


def _built_days(warehouse: Warehouse, asset: str, source: str) -> list[tuple[str, int]]:
    return warehouse.rows(
        "select day::text, mark from ops.built_days where asset = %s and source = %s order by 1", asset, source
    )


def _mark(warehouse: Warehouse, asset: str, source: str) -> int | None:
    found = warehouse.rows("select mark from ops.built_assets where asset = %s and source = %s", asset, source)
    return found[0][0] if found else None


def test_a_full_build_leaves_nothing_dirty(dbt: Dbt, built: Warehouse) -> None:
    assert _built_days(built, "core/fact_transactions", "revenue") == [(day, 1) for day in DAYS]
    assert _built_days(built, "core/fact_marketing", "marketing") == [(DAYS[0], 2)]
    assert _mark(built, "core/dim_customer", "revenue") == 1
    assert _mark(built, "core/dim_customer", "customers") == 0
    assert _mark(built, "core/dim_channel", "marketing") == 2
    assert _mark(built, "finance/headline_metrics", "revenue") == 1
    assert _mark(built, "finance/headline_metrics", "marketing") == 2


def test_tables_without_a_staging_source_have_no_entry(dbt: Dbt, built: Warehouse) -> None:
    assert built.rows("select * from ops.built_assets where asset = 'core/dim_date'") == []


def test_a_window_marks_its_own_days_only(dbt: Dbt, published: Warehouse) -> None:
    dbt.build_models(*EVERYTHING, window=("2024-02-02", "2024-02-03"))
    assert _built_days(published, "core/fact_transactions", "revenue") == [("2024-02-02", 1)]
    dbt.build_models("fact_transactions", window=("-infinity", "2024-02-02"))
    assert _built_days(published, "core/fact_transactions", "revenue") == [("2024-02-01", 1), ("2024-02-02", 1)]


def test_a_mart_over_a_fact_with_dirty_days_stays_dirty(dbt: Dbt, built: Warehouse) -> None:
    built.touch("revenue", 5, "2024-02-02")
    built.touch("revenue", 6, "2024-02-03")
    dbt.build_models(*DIMENSIONS, *SUMMARY, window=("2024-02-03", "2024-02-04"))
    assert _mark(built, "finance/revenue_summary", "revenue") == 4
    dbt.build_models(*SUMMARY, window=("2024-02-02", "2024-02-03"))
    assert _mark(built, "finance/revenue_summary", "revenue") == 6


def test_a_day_of_a_fact_stays_dirty_until_its_dimensions_have_seen_the_load(dbt: Dbt, built: Warehouse) -> None:
    built.sell("t9", "2024-02-02", "1.00", customer_id="new")
    built.touch("revenue", 5, "2024-02-02")
    dbt.build_models("fact_transactions")
    assert ("2024-02-02", 1) in _built_days(built, "core/fact_transactions", "revenue")
    dbt.build_models(*DIMENSIONS, "fact_transactions")
    assert ("2024-02-02", 5) in _built_days(built, "core/fact_transactions", "revenue")


def test_a_mart_sees_of_a_dimension_what_the_dimension_had_seen(dbt: Dbt, built: Warehouse) -> None:
    built.touch("products", 7, "2024-01-01")
    dbt.build_models("revenue_by_product")
    assert _mark(built, "finance/revenue_by_product", "products") == 0
    dbt.build_models("int_product_scd2", "dim_product", "revenue_by_product")
    assert _mark(built, "finance/revenue_by_product", "products") == 7


@pytest.mark.parametrize("how", ["dropped", "full refresh"])
def test_a_fact_made_from_nothing_forgets_the_days_it_had(dbt: Dbt, built: Warehouse, how: str) -> None:
    if how == "dropped":
        built.connection.execute("drop table core.fact_transactions")
    dbt.build_models("fact_transactions", window=("2024-02-02", "2024-02-03"), full_refresh=how == "full refresh")
    assert _built_days(built, "core/fact_transactions", "revenue") == [("2024-02-02", 1)]
    assert built.rows("select transaction_id from core.fact_transactions") == [("t1",)]


def test_rows_and_marks_are_written_by_one_transaction(dbt: Dbt, published: Warehouse) -> None:
    """The first build, a window that replaces rows, and a table that is swapped: xmin names the transaction."""
    for _ in ("first build", "replaced window"):
        dbt.build_models(*EVERYTHING)
        [writers] = published.rows(
            """select array_agg(distinct fact.xmin::text), array_agg(distinct ledger.xmin::text)
            from core.fact_transactions as fact, ops.built_days as ledger
            where ledger.asset = 'core/fact_transactions'"""
        )
        assert len(writers[0]) == 1
        assert writers[0] == writers[1]
        [writers] = published.rows(
            """select array_agg(distinct mart.xmin::text), array_agg(distinct ledger.xmin::text)
            from finance.revenue_summary as mart, ops.built_assets as ledger
            where ledger.asset = 'finance/revenue_summary'"""
        )
        assert len(writers[0]) == 1
        assert writers[0] == writers[1]


@pytest.mark.parametrize("model", ["fact_transactions", "revenue_summary"])
def test_rows_stay_as_they_were_if_the_ledger_cannot_be_written(dbt: Dbt, built: Warehouse, model: str) -> None:
    expected = built.content()
    built.sell("t9", "2024-02-02", "1.00")
    built.connection.execute("alter table ops.built_days add constraint refused check (mark > 1) not valid")
    built.connection.execute("alter table ops.built_assets add constraint refused check (mark > 1) not valid")
    try:
        assert dbt("run", "--select", model, fails=True).status == {model: "error"}
    finally:
        built.connection.execute("alter table ops.built_days drop constraint refused")
        built.connection.execute("alter table ops.built_assets drop constraint refused")
    assert built.content() == expected


def test_two_builds_of_one_table_take_turns(dbt: Dbt, built: Warehouse) -> None:
    """Another session holds the table's turn: the build waits for it, and goes on when it is given up."""
    with psycopg.connect(built.connection.info.dsn, password=built.connection.info.password) as other:
        other.execute("select pg_advisory_xact_lock(hashtext('echo_dbt'), hashtext('core/fact_transactions'))")
        with ThreadPoolExecutor(1) as pool:
            build = pool.submit(dbt.build_models, "fact_transactions")
            while not built.rows("select from pg_locks where locktype = 'advisory' and not granted"):
                assert not build.done(), "the build did not wait"
            other.rollback()
            assert build.result().status == {"fact_transactions": "success"}


def test_without_a_ledger_everything_is_built_and_one_line_says_so(dbt: Dbt, warehouse: Warehouse) -> None:
    warehouse.sell("t1", "2024-02-01", "100.00")
    warehouse.connection.execute("alter schema ops rename to elsewhere")
    try:
        outcome = dbt.build_models(*EVERYTHING)
    finally:
        warehouse.connection.execute("alter schema elsewhere rename to ops")
    said = [message for message in outcome.messages if "models are built as usual and nothing is recorded" in message]
    assert len(said) == 1
    assert warehouse.rows("select count(*) from core.fact_transactions") == [(1,)]

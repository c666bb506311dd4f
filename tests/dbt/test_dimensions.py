"""Members of the dimensions: inferred and unknown ones, and keys that mean the same on every build."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def invented(dbt: Dbt, prepared: Warehouse) -> Warehouse:
    """Built once: the tests here only read."""
    prepared.reset()
    prepared.add_every_kind_of_reference()
    dbt.build_models()
    return prepared


def test_customers_keep_their_latest_state_and_ids_of_facts_become_inferred_members(invented: Warehouse) -> None:
    assert invented.rows(
        """select customer_id, segment, is_inferred, is_current, valid_from::text, valid_to::text
        from core.dim_customer order by customer_id nulls last"""
    ) == [
        ("001", None, False, True, "-infinity", "infinity"),
        ("new", None, True, True, "-infinity", "infinity"),
        ("subscriber", None, True, True, "-infinity", "infinity"),
        (None, None, False, True, "-infinity", "infinity"),
    ]


def test_a_line_finds_its_product_by_id_or_by_name_and_never_guesses_between_them(invented: Warehouse) -> None:
    assert invented.rows(
        """select f.transaction_id, p.product_id, p.product_name, p.price, p.price_tier, f.product_key = -1
        from core.fact_transactions as f join core.dim_product as p using (product_key)
        where f.transaction_id <> 't5' order by 1"""
    ) == [
        ("t1", "p1", "Basic", Decimal("49.99"), "low", False),
        ("t2", None, "Basic", None, None, False),
        ("t3", "p9", None, None, None, False),
        ("t4", None, "(unknown)", None, None, True),
    ]


def test_an_unmapped_label_is_one_channel_however_it_is_written(invented: Warehouse) -> None:
    assert invented.rows(
        """select channel, count(distinct f.transaction_id), count(distinct m.event_id)
        from core.dim_channel as c
        left join core.fact_transactions as f using (channel_key) left join core.fact_marketing as m using (channel_key)
        where not is_mapped group by 1 order by 1"""
    ) == [("(unknown)", 4, 0), ("FAIR", 1, 1)]


def test_a_day_outside_of_the_calendar_is_the_unknown_day_and_still_counts(invented: Warehouse) -> None:
    assert invented.rows("select date_key, transaction_date::text from core.fact_transactions where date_key = -1") == [
        (-1, "1999-12-31")
    ]
    assert invented.rows("select total_revenue from finance.headline_metrics") == [(Decimal("56.00"),)]


def test_an_unmapped_label_and_an_unknown_day_are_warnings_and_nothing_is_an_error(
    dbt: Dbt, invented: Warehouse
) -> None:
    statuses = dbt("test", "--select", "test_type:data").status
    assert {name for name, status in statuses.items() if status == "warn"} == {
        "dim_channel_every_label_is_mapped",
        "fact_transactions_date_key_known",
    }
    assert set(statuses.values()) == {"pass", "warn"}


def test_experiment_columns_are_json_and_instants_have_their_business_day(invented: Warehouse) -> None:
    assert invented.rows(
        """select (arms ->> 'a')::numeric, guardrails ->> 'churn', secondary_metrics from stg.stg_experiments"""
    ) == [(Decimal("0.5"), "0.01", None)]
    assert invented.rows("select assigned_date::text from stg.stg_experiment_assignments") == [("2024-02-01",)]
    assert invented.rows("select event_date::text from stg.stg_funnel_events") == [("2024-02-29",)]

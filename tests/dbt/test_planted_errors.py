"""Each rule of the project is broken once on purpose: a test that cannot fail proves nothing."""

from __future__ import annotations

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept
from searches import first

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    prepared.reset()
    prepared.add_three_months_and_ten_days()
    dbt.build_models()
    return kept.keep()


@pytest.fixture
def sound(state: Kept) -> Warehouse:
    return state.again()


MISTAKES: list[dict[str, set[str]]] = [
    {
        "insert into core.fact_transactions select * from core.fact_transactions where transaction_id = 't1'": {
            "fact_transactions_transaction_id_unique", "fact_transactions_equals_staging",
            "revenue_daily_equals_fact",
        },
        "delete from core.fact_marketing where event_id = 'm1'": {
            "fact_marketing_equals_staging", "channel_performance_equals_fact", "campaign_roi_equals_fact",
            "customer_acquisition_equals_its_sources",
        },
        "update core.fact_transactions set customer_key = 12 where transaction_id = 't2'": {
            "fact_transactions_customer_key_exists",
        },
        "update core.fact_transactions set status = 'lost' where transaction_id = 't2'": {
            "fact_transactions_status_accepted",
        },
        "update marketing.channel_performance set rank_by_rate = 1, rank_by_volume = 1": {
            "channel_performance_rank_by_rate_unique", "channel_performance_rank_by_volume_unique",
        },
    },
    {
        "update core.fact_transactions set customer_key = -1 where transaction_id = 't1'": {
            "fact_transactions_customer_key_known",
        },
        "update core.fact_transactions set (product_key, channel_key, date_key) = (1, 2, 3)"
        " where transaction_id = 't1'": {
            "fact_transactions_product_key_exists", "fact_transactions_channel_key_exists",
            "fact_transactions_date_key_exists",
        },
        "update core.fact_marketing set channel_key = -1 where event_id = 'm1'": {"fact_marketing_channel_key_known"},
        "update finance.revenue_summary set total_revenue = total_revenue + 0.01 where is_partial": {
            "revenue_summary_equals_revenue_daily", "cohort_retention_equals_revenue_summary",
        },
        "update finance.headline_metrics set total_revenue = total_revenue - 0.01": {"headline_metrics_equals_staging"},
        "insert into core.dim_customer select * from core.dim_customer where customer_id = 'c1'": {
            "dim_customer_customer_key_unique", "dim_customer_customer_id_unique",
            "dim_customer_versions_are_contiguous", "assert_no_duplicate_customers",
        },
        "update core.dim_date set is_holiday = null where full_date = '2024-01-01'": {"dim_date_is_holiday_not_null"},
        "update core.dim_product set price = 5 where product_name = 'Basic'": {"dim_product_priced_has_tier"},
    },
]  # fmt: skip


@pytest.mark.parametrize("mistakes", first(MISTAKES))
def test_planted_errors_are_found_by_the_tests_that_should_find_them_and_by_no_other(
    dbt: Dbt, sound: Warehouse, mistakes: dict[str, set[str]]
) -> None:
    for mistake in mistakes:
        sound.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", "test_type:data", fails=True).status
    assert {name for name, status in statuses.items() if status == "fail"} == set.union(*mistakes.values())

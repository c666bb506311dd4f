"""The figures of known data, and what the marts say about partial months and conformed channels."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def known(dbt: Dbt, prepared: Warehouse) -> Warehouse:
    """Built once: the tests here only read."""
    prepared.reset()
    prepared.add_three_months_and_ten_days()
    dbt.build_models()
    return prepared


def test_only_counted_lines_are_revenue_and_refunds_are_not_subtracted_again(known: Warehouse) -> None:
    [row] = known.rows(
        "select total_revenue, transactions, round(average_order_value, 2) from finance.headline_metrics"
    )
    assert row == (Decimal("190100.50"), 92, Decimal("2066.31"))


def test_the_months_add_up_and_the_last_one_is_marked_partial_without_growth(known: Warehouse) -> None:
    assert known.rows(
        """select to_char(month, 'YYYY-MM'), total_revenue, transactions, customers, round(revenue_growth, 4),
            is_partial
        from finance.revenue_summary order by month"""
    ) == [
        ("2024-01", Decimal("51930.50"), 28, 28, None, False),
        ("2024-02", Decimal("54900.00"), 27, 27, Decimal("0.0572"), False),
        ("2024-03", Decimal("61190.00"), 28, 28, Decimal("0.1146"), False),
        ("2024-04", Decimal("22080.00"), 9, 9, None, True),
    ]


def test_the_total_growth_is_that_of_the_last_month_so_a_partial_one_has_none(known: Warehouse) -> None:
    assert known.rows("select revenue_growth, revenue_growth_month::text from finance.headline_metrics") == [
        (None, "2024-04-01")
    ]


@pytest.mark.law(8)
def test_conversion_is_a_ratio_of_sums_over_all_rows(known: Warehouse) -> None:
    assert known.rows("select conversions, leads, round(conversion_rate, 4) from finance.headline_metrics") == [
        (1762, 17254, Decimal("0.1021"))
    ]


def test_the_best_channels_by_rate_and_by_volume_differ(known: Warehouse) -> None:
    assert known.rows(
        """select best_channel_by_rate, round(best_channel_rate, 4), best_channel_by_volume, best_channel_conversions
        from finance.headline_metrics"""
    ) == [("LinkedIn", Decimal("0.1745"), "Facebook", 649)]


def test_spellings_of_a_channel_are_one_channel_with_its_own_costs(known: Warehouse) -> None:
    assert known.rows(
        """select channel, leads, conversions, round(cost_per_conversion, 2), rank_by_rate, rank_by_volume
        from marketing.channel_performance order by rank_by_rate"""
    ) == [
        ("LinkedIn", 848, 148, Decimal("32.43"), 1, 4),
        ("Google Ads", 5933, 642, Decimal("26.93"), 2, 2),
        ("Facebook", 6482, 649, Decimal("24.47"), 3, 1),
        ("Email", 3168, 288, Decimal("1.74"), 4, 3),
        ("Twitter", 823, 35, Decimal("49.14"), 5, 5),
    ]


def test_revenue_by_product_adds_up_to_the_total(known: Warehouse) -> None:
    assert known.rows(
        "select sum(total_revenue), sum(transactions), round(sum(revenue_share), 10), count(*)"
        " from finance.revenue_by_product"
    ) == [(Decimal("190100.50"), 92, Decimal(1), 3)]


def test_products_known_by_name_are_members_without_id_and_price(known: Warehouse) -> None:
    assert known.rows(
        "select product_name, product_id, price, is_inferred from core.dim_product where product_key <> -1 order by 1"
    ) == [("Basic", None, None, True), ("Enterprise", None, None, True), ("Pro Plan", None, None, True)]


def test_every_test_of_the_project_passes_on_sound_data(dbt: Dbt, known: Warehouse) -> None:
    statuses = dbt("test", "--select", "test_type:data").status
    assert len(statuses) > 60
    assert set(statuses.values()) == {"pass"}


def test_the_calendar_holds_every_day_once_and_nothing_of_today(known: Warehouse) -> None:
    assert known.rows(
        "select min(full_date)::text, max(full_date)::text, count(full_date), count(*) from core.dim_date"
    ) == [("2015-01-01", "2035-12-31", 7670, 7671)]


def test_the_calendar_knows_iso_weeks_weekends_and_holidays(known: Warehouse) -> None:
    assert known.rows(
        """select date_key, day_of_week, iso_year, iso_week, quarter, is_weekend, is_holiday, holiday_name
        from core.dim_date where full_date in ('2027-01-01', '2024-12-29') order by 1"""
    ) == [
        (20241229, 7, 2024, 52, 4, True, False, None),
        (20270101, 5, 2026, 53, 1, False, True, "New Year's Day"),
    ]

"""Recurring revenue: invented subscriptions whose figures are worked out by hand, and what a late state changes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = [pytest.mark.database, pytest.mark.slow]

MARTS = ("mrr_monthly", "mrr_waterfall", "revenue_retention", "arr_quarterly")
WATERFALL = "starting_mrr, new_mrr, reactivation_mrr, expansion_mrr, contraction_mrr, churn_mrr, ending_mrr"


def _build(dbt: Dbt, *, full_refresh: bool = False) -> None:
    """The marts with everything above them that is a table."""
    kinds = ("table", "incremental")
    tables = [f"+{mart},config.materialized:{kind}" for mart in MARTS for kind in kinds]
    dbt.build_models(*tables, full_refresh=full_refresh)


def _state(warehouse: Warehouse, subscription: str, at: str, amount: str, **columns: object) -> None:
    row: dict[str, object] = {"customer_id": subscription, "effective_at": at, "amount": amount}
    warehouse.add("subscriptions", **(row | {"subscription_id": subscription} | columns))


def _add_lives(warehouse: Warehouse) -> None:
    """January to May 2024; each customer shows one thing that can go wrong."""
    _state(warehouse, "annual", "2024-01-15T10:00Z", "100.00", billing_period="annual")
    _state(warehouse, "weekly", "2024-01-01T00:00Z", "7.48", billing_period="weekly")
    _state(warehouse, "quarterly", "2024-01-31T23:59:59Z", "100.00", billing_period="quarterly")
    _state(warehouse, "two-a", "2024-01-02T00:00Z", "10.00", customer_id="two")
    _state(warehouse, "two-b", "2024-02-02T00:00Z", "20.00", customer_id="two")
    _state(warehouse, "next month", "2024-02-01T00:00Z", "30.00")
    _state(warehouse, "trial", "2024-01-10T00:00Z", "50.00", status="trial")
    _state(warehouse, "trial", "2024-02-10T00:00Z", "50.00", status="active")
    _state(warehouse, "trial", "2024-02-20T00:00Z", "60.00", status="active")
    _state(warehouse, "pauses", "2024-01-10T00:00Z", "5.00")
    _state(warehouse, "pauses", "2024-03-31T23:59:59Z", "5.00", status="paused")
    _state(warehouse, "pauses", "2024-05-05T00:00Z", "8.00", status="active")
    _state(warehouse, "downgrades", "2024-01-10T00:00Z", "40.00")
    _state(warehouse, "downgrades", "2024-03-10T00:00Z", "25.00")
    _state(warehouse, "comes and goes", "2024-02-05T00:00Z", "90.00")
    _state(warehouse, "comes and goes", "2024-02-25T00:00Z", "90.00", status="cancelled")
    _state(warehouse, "leaves", "2024-01-05T00:00Z", "11.00")
    _state(warehouse, "leaves", "2024-04-01T00:00Z", "11.00", status="cancelled", ended_at="2024-04-01T00:00Z")


@pytest.fixture(scope="module")
def lives(dbt: Dbt, prepared: Warehouse) -> Warehouse:
    """Built once: the tests here only read."""
    prepared.reset()
    _add_lives(prepared)
    _build(dbt)
    return prepared


def _mrr_of(warehouse: Warehouse, customer: str) -> list[str]:
    """What the customer pays at the end of each month, from January on."""
    found = warehouse.rows(
        """select round(sum(annual_amount) / 12, 2)::text from core.fact_subscription_months
        where customer_id = %s group by month order by month""",
        customer,
    )
    return [mrr for (mrr,) in found]


@pytest.mark.parametrize(
    ("customer", "mrr"),
    [
        ("annual", ["8.33", "8.33", "8.33", "8.33", "8.33"]),
        ("weekly", ["32.41", "32.41", "32.41", "32.41", "32.41"]),
        ("quarterly", ["33.33", "33.33", "33.33", "33.33", "33.33"]),
        ("two", ["10.00", "30.00", "30.00", "30.00", "30.00"]),
        ("next month", ["30.00", "30.00", "30.00", "30.00"]),
        ("trial", ["0.00", "60.00", "60.00", "60.00", "60.00"]),
        ("pauses", ["5.00", "5.00", "0.00", "0.00", "8.00"]),
        ("downgrades", ["40.00", "40.00", "25.00", "25.00", "25.00"]),
        ("comes and goes", ["0.00", "0.00", "0.00", "0.00"]),
        ("leaves", ["11.00", "11.00", "11.00", "0.00", "0.00"]),
    ],
)
def test_what_counts_is_the_state_when_the_month_ends(lives: Warehouse, customer: str, mrr: list[str]) -> None:
    assert _mrr_of(lives, customer) == mrr


def test_mrr_is_summed_exactly_and_rounded_once(lives: Warehouse) -> None:
    """A twelfth, a third and 52 twelfths of their amounts: rounded one by one they would add up to 140.07."""
    [january] = lives.rows(
        """select round(mrr, 2), active_subscribers, active_subscriptions, round(arpu, 2), mrr_growth
        from finance.mrr_monthly where month = '2024-01-01'"""
    )
    assert january == (Decimal("140.08"), 7, 7, Decimal("20.01"), None)


def test_the_average_is_by_customer_and_not_by_subscription(lives: Warehouse) -> None:
    [february] = lives.rows(
        """select active_subscribers, active_subscriptions, arpu = mrr / 9 from finance.mrr_monthly
        where month = '2024-02-01'"""
    )
    assert february == (9, 10, True)


def test_the_waterfall_says_what_moved(lives: Warehouse) -> None:
    moved = "round(new_mrr, 2), round(reactivation_mrr, 2), expansion_mrr, contraction_mrr, churn_mrr"
    rows = lives.rows(f"select to_char(month, 'MM'), {moved} from finance.mrr_waterfall order by month")
    assert [(month, *map(float, figures)) for month, *figures in rows] == [
        ("01", 140.08, 0, 0, 0, 0),
        ("02", 90, 0, 20, 0, 0),
        ("03", 0, 0, 0, 15, 5),
        ("04", 0, 0, 0, 0, 11),
        ("05", 0, 8, 0, 0, 0),
    ]


def test_the_waterfall_closes_in_every_month_and_ends_where_the_next_begins(lives: Warehouse) -> None:
    rows = lives.rows(f"select {WATERFALL} from finance.mrr_waterfall order by month")
    ended = Decimal(0)
    for starting, new, reactivation, expansion, contraction, churn, ending in rows:
        assert starting == ended
        assert round(starting + new + reactivation + expansion - contraction - churn - ending, 12) == 0
        ended = ending
    assert [(ended,)] == lives.rows("select mrr from finance.mrr_monthly order by month desc limit 1")


def test_retention_looks_at_the_customers_of_before_alone(lives: Warehouse) -> None:
    """February keeps all of January's 140.08 and adds 20; March loses 15 and 5 of February's."""
    [february, march] = lives.rows(
        """select round(nrr * starting_mrr, 2), round(grr * starting_mrr, 2), nrr_12m from finance.revenue_retention
        where month in ('2024-02-01', '2024-03-01') order by month"""
    )
    assert february == (Decimal("160.08"), Decimal("140.08"), None)
    assert march == (Decimal("230.08"), Decimal("230.08"), None)


def test_arr_is_that_of_the_quarters_last_month_and_a_quarter_must_have_ended(lives: Warehouse) -> None:
    assert lives.rows(
        "select quarter::text, arr = round(12 * m.mrr, 2), arr from finance.arr_quarterly as q"
        " join finance.mrr_monthly as m using (month)"
    ) == [("2024-01-01", True, Decimal("2760.96"))]


def test_months_are_dates_in_every_table(lives: Warehouse) -> None:
    types = lives.rows(
        """select distinct data_type from information_schema.columns
        where column_name in ('month', 'quarter') and table_schema in ('intermediate', 'finance', 'core')
            and table_name <> 'dim_date'"""
    )
    assert types == [("date",)]


def test_a_subscriber_finds_the_version_of_the_month_end(dbt: Dbt, warehouse: Warehouse) -> None:
    warehouse.add("customers", customer_id="known", segment="smb")
    warehouse.add("customers", customer_id="known", segment="mid", updated_at="2024-02-29T23:00Z", _row_id=2)
    _state(warehouse, "known", "2024-01-05T00:00Z", "1.00")
    _state(warehouse, "inferred", "2024-02-05T00:00Z", "1.00")
    _build(dbt)
    dbt.build_models("dim_customer")
    assert warehouse.rows(
        """select subscription_id, date_key, segment, is_inferred from core.fact_subscription_months
        join core.dim_customer using (customer_key) order by 1, 2"""
    ) == [
        ("inferred", 20240229, None, True),
        ("known", 20240131, "smb", False),
        ("known", 20240229, "mid", False),
    ]


def test_a_silent_log_says_that_nothing_changed_for_as_long_as_there_is_revenue(dbt: Dbt, warehouse: Warehouse) -> None:
    _state(warehouse, "annual", "2024-01-15T00:00Z", "120.00", billing_period="annual")
    _state(warehouse, "left", "2023-12-15T00:00Z", "12.00")
    _state(warehouse, "left", "2024-01-16T00:00Z", "12.00", status="cancelled")
    warehouse.sell("t1", "2025-01-10", "1.00")
    _build(dbt)
    figures = warehouse.rows("select to_char(month, 'YYYY-MM'), mrr from finance.mrr_monthly order by 1")
    assert [(month, int(mrr)) for month, mrr in figures] == [
        ("2023-12", 12),
        *[(f"2024-{month:02}", 10) for month in range(1, 13)],
        ("2025-01", 10),
    ]
    assert warehouse.rows("select nrr, nrr_12m from finance.revenue_retention order by month desc limit 2") == [
        (1, 1), (1, 0),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """The lives, built, as load 1 left them; then load 9 brings a state of February that nobody knew of."""
    prepared.reset()
    _add_lives(prepared)
    prepared.touch("subscriptions", 1, "2024-01-15", "2024-05-05")
    _build(dbt)
    _state(prepared, "annual", "2024-02-10T00:00Z", "100.00", billing_period="annual", status="paused")
    _state(prepared, "annual", "2024-04-10T00:00Z", "100.00", billing_period="annual", status="active")
    prepared.touch("subscriptions", 9, "2024-02-10", "2024-04-10")
    return kept.keep()


@pytest.fixture
def published(state: Kept) -> Warehouse:
    return state.again()


def test_a_late_state_changes_every_month_until_the_next_state(dbt: Dbt, published: Warehouse) -> None:
    _build(dbt)
    assert _mrr_of(published, "annual") == ["8.33", "0.00", "0.00", "8.33", "8.33"]
    expected = published.content()
    _build(dbt, full_refresh=True)
    assert published.content() == expected


def test_what_changed_of_a_closed_month_is_restated_with_its_cause(dbt: Dbt, published: Warehouse) -> None:
    _build(dbt)
    assert published.rows(
        """select period::text, round(before - after, 2), cause from ops.restatements
        where asset = 'finance/mrr_monthly' and figure = 'mrr' order by 1"""
    ) == [(month, Decimal("8.33"), [{"source": "subscriptions", "mark": 9}]) for month in ("2024-02-01", "2024-03-01")]


@pytest.mark.slow
def test_a_planted_error_is_found_by_the_tests_that_should_find_it(dbt: Dbt, published: Warehouse) -> None:
    _build(dbt)
    for mistake in (
        "update finance.mrr_monthly set mrr = -mrr where month = '2024-01-01'",
        "update finance.mrr_waterfall set churn_mrr = churn_mrr + 0.01 where month = '2024-04-01'",
        "update finance.arr_quarterly set arr = 3 * arr",
        "update intermediate.int_recurring_months set expansion_amount = -1 where month = '2024-01-01'",
        "delete from core.fact_subscription_months where subscription_id = 'weekly' and month = '2024-05-01'",
        "update finance.mrr_monthly set mrr = mrr + 0.01 where month = '2024-05-01'",
    ):
        published.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", *[f"{mart},test_type:data" for mart in _JUDGED], fails=True).status
    assert {name for name, status in statuses.items() if status == "fail"} == {
        "assert_mrr_positive", "mrr_waterfall_closes", "arr_quarterly_is_twelve_times_mrr",
        "int_recurring_months_closes", "int_recurring_months_equals_fact", "mrr_monthly_equals_staging",
    }  # fmt: skip


_JUDGED = ("int_subscription_months", "fact_subscription_months", "int_recurring_months", *MARTS)

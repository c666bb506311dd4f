"""Marketing and the funnel: the figures of generated data, and what happens to late, repeated and stray events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from generated_data import load_generated
from kept_state import Kept
from plain_cohorts import Cohorts

pytestmark = [pytest.mark.database, pytest.mark.slow]

BELOW_MARTS = (
    "fact_marketing", "fact_funnel_events",
    "int_funnel_months", "int_funnel_leads", "int_marketing_attribution", "int_cohort_months",
)  # fmt: skip
MARTS = ("funnel_conversion", "funnel_cohorts", "campaign_roi", "customer_acquisition", "channel_performance")
STAGES = ("leads", "qualified", "opportunities", "customers")
Generated = tuple[Warehouse, dict[str, Any]]


def _build(dbt: Dbt, *, full_refresh: bool = False) -> None:
    """The marts with everything above them that is a table."""
    kinds = ("table", "incremental")
    tables = [f"+{mart},config.materialized:{kind}" for mart in MARTS for kind in kinds]
    dbt.build_models(*tables, full_refresh=full_refresh)


@pytest.fixture(scope="module")
def generated(dbt: Dbt, prepared: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Built once: the tests that use it only read."""
    prepared.reset()
    folder = tmp_path_factory.mktemp("generated")
    truth = load_generated(prepared, folder, 3000, "marketing", "funnel_events", "customers", "revenue")
    _build(dbt)
    return prepared, truth


@pytest.mark.parametrize(
    ("mart", "figures"), [("funnel_conversion", "by_event_month"), ("funnel_cohorts", "by_lead_month")]
)
def test_the_funnel_of_every_month_is_that_of_the_truth(generated: Generated, mart: str, figures: str) -> None:
    warehouse, truth = generated
    sums = ", ".join(f"sum({stage})::integer" for stage in STAGES)
    assert warehouse.rows(f"select to_char(month, 'YYYY-MM'), {sums} from marketing.{mart} group by 1 order by 1") == [
        (of["month"], of["lead"], of["qualified"], of["opportunity"], of["customer"])
        for of in truth["funnel"][figures]
        if any(of[stage] for stage in ("lead", "qualified", "opportunity", "customer"))
    ]


def test_every_conversion_is_attributed_once_by_every_model(generated: Generated) -> None:
    warehouse, truth = generated
    converted = Decimal(sum(of["customer"] for of in truth["funnel"]["by_event_month"]))
    assert converted > 0
    assert warehouse.rows(
        """select sum(first_touch_customers), sum(last_touch_customers), sum(linear_customers)
        from marketing.campaign_roi"""
    ) == [(converted, converted, converted)]


def test_campaigns_and_channels_cost_what_the_truth_says_and_no_revenue_is_invented(generated: Generated) -> None:
    warehouse, truth = generated
    expected = {of["channel"]: (of["leads"], of["conversions"], of["spend"]) for of in truth["channel_performance"]}
    for table in ("marketing.campaign_roi", "marketing.channel_performance"):
        found = warehouse.rows(f"select channel, sum(leads), sum(conversions), sum(spend) from {table} group by 1")
        assert {channel: (int(leads), int(won), str(spend)) for channel, leads, won, spend in found} == expected
    assert warehouse.rows("select from marketing.campaign_roi where num_nonnulls(attributed_revenue, roi) > 0") == []


def test_every_customer_is_acquired_once_and_cohorts_earn_what_all_customers_earn(generated: Generated) -> None:
    warehouse, truth = generated
    acquired = warehouse.rows(
        """select to_char(month, 'YYYY-MM'), sum(new_customers)::integer from marketing.customer_acquisition
        group by 1 having sum(new_customers) > 0 order by 1"""
    )
    assert acquired == [(of["cohort"], of["customers"]) for of in truth["cohort_retention"] if of["customers"]]
    assert warehouse.rows("select sum(revenue)::text from marketing.customer_acquisition") == [
        (truth["total_revenue"],)
    ]


def test_cohorts_cost_earn_and_pay_back_as_a_plain_count_over_staging_says(generated: Generated) -> None:
    warehouse, _ = generated
    expected = Cohorts.counted(warehouse)
    found = warehouse.rows(
        "select month, channel, spend, new_customers, revenue, payback_months from marketing.customer_acquisition"
    )
    assert {(month, channel): tuple(figures) for month, channel, *figures in found} == {
        key: (expected.spend.get(key), *expected.customers_and_revenue(key), expected.payback(key))
        for key in expected.known()
    }
    assert {figures[-1] for figures in found} > {None, 0, 1}


def test_every_test_of_these_models_passes_on_generated_data(dbt: Dbt, generated: Generated) -> None:
    statuses = dbt("test", "--select", *BELOW_MARTS, *MARTS, "--exclude", "test_type:unit", "channel_daily").status
    assert len(statuses) > 50
    assert set(statuses.values()) == {"pass"}


def test_the_unit_tests_of_these_models_pass(dbt: Dbt, generated: Generated) -> None:
    names = (*BELOW_MARTS, *MARTS)
    statuses = dbt("test", "--select", *[f"{name},test_type:unit" for name in names]).status
    assert len(statuses) >= 16
    assert set(statuses.values()) == {"pass"}


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """One lead that converts in March, two touches in January and February; empties what `generated` built."""
    prepared.reset()
    for number, (stage, at) in enumerate(
        [("lead", "2024-01-31T23:59:59Z"), ("qualified", "2024-02-01T00:00Z"), ("customer", "2024-03-01T00:00Z")]
    ):
        prepared.add("funnel_events", event_id=f"f{number}", lead_id="l1", stage=stage, event_at=at)
        prepared.touch("funnel_events", 1, at[:10])
    _build(dbt)
    return kept.keep()


@pytest.fixture
def funnel(state: Kept) -> Warehouse:
    return state.again()


def test_a_lead_counts_in_the_month_of_each_event_and_in_the_cohort_of_its_first(funnel: Warehouse) -> None:
    by_month = "select month::text, leads, qualified, opportunities, customers from marketing.{} order by 1"
    assert funnel.rows(by_month.format("funnel_conversion")) == [
        ("2024-01-01", 1, 0, 0, 0), ("2024-02-01", 0, 1, 0, 0), ("2024-03-01", 0, 0, 0, 1),
    ]  # fmt: skip
    assert funnel.rows(by_month.format("funnel_cohorts")) == [("2024-01-01", 1, 1, 1, 1)]


def test_a_late_event_rebuilds_its_month_and_leaves_what_a_full_rebuild_would_give(dbt: Dbt, funnel: Warehouse) -> None:
    places = "select month::text, ctid::text from intermediate.int_funnel_months order by 1"
    before = dict(funnel.rows(places))
    funnel.add("funnel_events", event_id="late", lead_id="l2", campaign="Winter", event_at="2024-02-10T12:00Z")
    funnel.touch("funnel_events", 2, "2024-02-10")
    _build(dbt)
    after = dict(funnel.rows(places))
    assert {month for month in after if before[month] == after[month]} == {"2024-01-01", "2024-03-01"}
    assert funnel.rows(
        "select campaign, leads, qualified from marketing.funnel_conversion where month = '2024-02-01' order by 1"
    ) == [("(none)", 0, 1), ("Winter", 1, 0)]
    late = funnel.content()
    _build(dbt, full_refresh=True)
    assert funnel.content() == late


MISTAKES: dict[str, set[str]] = {
    "insert into core.fact_funnel_events select * from core.fact_funnel_events where event_id = 'f0'": {
        "fact_funnel_events_event_id_unique", "fact_funnel_events_equals_staging",
    },
    "update core.fact_funnel_events set (channel_key, campaign_key, date_key) = (1, 2, 3) where event_id = 'f1'": {
        "fact_funnel_events_channel_key_exists", "fact_funnel_events_campaign_key_exists",
        "fact_funnel_events_date_key_exists",
    },
    "update core.fact_marketing set campaign_key = -1": {"fact_marketing_campaign_key_known"},
    "update intermediate.int_marketing_attribution set linear_weight = linear_weight + 0.000001": {
        "int_marketing_attribution_weights_add_up_to_one",
    },
    "update marketing.campaign_roi set linear_customers = linear_customers - 0.000001": {"campaign_roi_equals_fact"},
    "update marketing.funnel_conversion set qualified = 2 where qualified = 1": {"funnel_conversion_equals_fact"},
    "update marketing.funnel_cohorts set qualified = 2": {"funnel_cohorts_equals_fact"},
    "update marketing.customer_acquisition set spend = spend + 0.01": {"customer_acquisition_equals_its_sources"},
}  # fmt: skip


@pytest.mark.slow
def test_planted_errors_are_found_by_the_tests_that_should_find_them_and_by_no_other(
    dbt: Dbt, funnel: Warehouse
) -> None:
    funnel.add("marketing", event_id="m1", event_date="2024-01-01", spend=5)
    funnel.touch("marketing", 2, "2024-01-01")
    _build(dbt)
    for mistake in MISTAKES:
        funnel.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", *BELOW_MARTS, *MARTS, "--exclude", "test_type:unit", fails=True).status
    assert {name for name, status in statuses.items() if status == "fail"} == set.union(*MISTAKES.values())


def test_without_a_join_from_leads_to_customers_there_is_no_revenue_and_without_spend_no_cost(
    funnel: Warehouse,
) -> None:
    assert funnel.rows(
        "select linear_customers, spend, leads, attributed_revenue, roi from marketing.campaign_roi"
    ) == [(Decimal("1.000000"), None, None, None, None)]

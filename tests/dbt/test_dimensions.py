"""Members of the dimensions: inferred and unknown ones, and keys that mean the same on every build."""

from __future__ import annotations

from decimal import Decimal

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = [pytest.mark.database, pytest.mark.slow]

STAR = (
    *("int_customer_scd2", "int_product_scd2", "int_transaction_members", "int_experiment_assignments"),
    *("dim_customer", "dim_product", "dim_channel", "dim_campaign", "dim_experiment"),
    *("fact_transactions", "fact_marketing", "fact_experiments"),
)


@pytest.fixture(scope="module")
def invented(dbt: Dbt, prepared: Warehouse) -> Warehouse:
    """Built once: the tests here only read."""
    prepared.reset()
    prepared.add_every_kind_of_reference()
    _add_experiments(prepared)
    dbt.build_models(*STAR)
    return prepared


def _add_experiments(warehouse: Warehouse) -> None:
    """An experiment on customers, one that nobody registered, and campaigns of equal names."""
    warehouse.add("experiments", experiment_id="e2", unit="customer")
    for experiment, user, instant in (
        ("e2", "001", "2023-12-31T23:59:59Z"), ("e2", "002", "2024-01-01T00:00Z"), ("e1", "001", "2024-01-01T00:00Z"),
        ("e3", "001", "2024-01-01T00:00Z"),
    ):  # fmt: skip
        warehouse.add("experiment_assignments", experiment_id=experiment, user_id=user, assigned_at=instant)
    for number, (label, campaign) in enumerate((("AdWords", "Winter"), ("Google Ads", None), ("fair", "Winter"))):
        warehouse.add("funnel_events", event_id=f"c{number}", lead_id="l1", event_at="2024-03-01T00:00Z",
                      channel=label, campaign=campaign)  # fmt: skip


def test_customers_have_a_version_per_change_and_ids_of_facts_become_inferred_members(invented: Warehouse) -> None:
    assert invented.rows(
        """select customer_id, segment, is_inferred, is_current, valid_from::text, valid_to::text
        from core.dim_customer order by customer_id nulls last, valid_from"""
    ) == [
        ("001", "old", False, False, "-infinity", "2024-01-01 00:00:00+00"),
        ("001", None, False, True, "2024-01-01 00:00:00+00", "infinity"),
        ("002", None, True, True, "-infinity", "infinity"),
        ("new", None, True, True, "-infinity", "infinity"),
        ("subscriber", None, True, True, "-infinity", "infinity"),
        (None, None, False, True, "-infinity", "infinity"),
    ]


@pytest.mark.law(2)
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
    assert invented.rows("select sum(amount) from core.fact_transactions where is_counted") == [(Decimal("56.00"),)]


def test_a_sale_has_the_version_of_its_day_also_before_the_first_state(invented: Warehouse) -> None:
    assert invented.rows(
        """select transaction_id, c.segment from core.fact_transactions as f join core.dim_customer as c
        using (customer_key) where f.customer_id = '001' order by 1"""
    ) == [("t1", None), ("t3", None), ("t4", "old"), ("t5", None)]


def test_a_customer_in_an_experiment_is_the_version_of_the_exposure_and_other_units_are_nobody(
    invented: Warehouse,
) -> None:
    assert invented.rows(
        """select e.experiment_id, f.user_id, c.customer_id, c.segment
        from core.fact_experiments as f join core.dim_experiment as e using (experiment_key)
        join core.dim_customer as c using (customer_key) order by 1, 2"""
    ) == [
        ("e1", "001", None, None),
        ("e1", "u1", None, None),
        ("e2", "001", "001", "old"),
        ("e2", "002", "002", None),
        ("e3", "001", None, None),
    ]


def test_a_campaign_is_a_name_within_a_conformed_channel(invented: Warehouse) -> None:
    assert invented.rows("select channel, campaign from core.dim_campaign order by 1, 2") == [
        ("(unknown)", "(unknown)"),
        ("Email", "(none)"),
        ("FAIR", "(none)"),
        ("FAIR", "Winter"),
        ("Google Ads", "(none)"),
        ("Google Ads", "Winter"),
    ]


def test_unmapped_labels_unregistered_experiments_and_unknown_days_are_warnings_and_nothing_is_an_error(
    dbt: Dbt, invented: Warehouse
) -> None:
    statuses = dbt("test", "--select", *STAR, "--exclude", "test_type:unit", "--indirect-selection", "buildable").status
    assert "assert_no_duplicate_customers" in statuses and "fact_transactions_equals_staging" in statuses
    assert {name for name, status in statuses.items() if status == "warn"} == {
        "dim_channel_every_label_is_mapped",
        "dim_experiment_every_experiment_is_registered",
        "fact_transactions_date_key_known",
    }
    assert set(statuses.values()) == {"pass", "warn"}


def test_experiment_columns_are_json_and_instants_have_their_business_day(invented: Warehouse) -> None:
    assert invented.rows(
        """select (arms ->> 'a')::numeric, guardrails ->> 'churn', secondary_metrics from core.dim_experiment
        where experiment_id = 'e1'"""
    ) == [(Decimal("0.5"), "0.01", None)]
    assert invented.rows(
        "select assigned_date::text from stg.stg_experiment_assignments where user_id = 'u1'"
    ) == [("2024-02-01",)]  # fmt: skip
    assert invented.rows("select event_date::text from stg.stg_funnel_events where event_id = 'f1'") == [
        ("2024-02-29",)
    ]


def test_the_unit_tests_of_the_star_pass(dbt: Dbt, invented: Warehouse) -> None:
    statuses = dbt("test", "--select", *[f"{model},test_type:unit" for model in STAR]).status
    assert set(statuses.values()) == {"pass"}


MISTAKES = {
    "delete from intermediate.int_customer_scd2 where is_current": {
        *("int_customer_scd2_holds_every_customer", "int_customer_scd2_versions_are_contiguous"),
    },
    "update intermediate.int_product_scd2 set price = 5": {"int_product_scd2_holds_every_product"},
    "insert into intermediate.int_product_scd2 table intermediate.int_product_scd2": {
        *("int_product_scd2_product_key_unique", "int_product_scd2_versions_are_contiguous"),
    },
    "insert into core.dim_customer select * from core.dim_customer where customer_id = 'new'": {
        *("dim_customer_customer_key_unique", "dim_customer_customer_id_unique"),
        *("dim_customer_versions_are_contiguous", "assert_no_duplicate_customers"),
    },
    "update core.dim_product set valid_to = '2100-01-01' where product_id = 'p9'": {
        "dim_product_versions_are_contiguous",
    },
    "update core.fact_experiments set revenue = 1 where user_id = 'u1'": {"fact_experiments_equals_staging"},
    "update core.fact_experiments set experiment_key = -1 where user_id = '002'": {
        "fact_experiments_experiment_key_known",
    },
    "update core.fact_experiments set customer_key = -1 where experiment_id = 'e2' and user_id = '001'": {
        "fact_experiments_finds_every_customer",
    },
    "update core.fact_experiments set customer_key = 12, date_key = 12 where user_id = '002'": {
        *("fact_experiments_customer_key_exists", "fact_experiments_date_key_exists"),
    },
    "update core.fact_experiments set is_excluded = true where user_id = '002'": {
        "fact_experiments_excluded_has_a_reason",
    },
    "update core.dim_campaign set campaign_key = 7, channel_key = 12 where campaign = 'Winter'": {
        *("dim_campaign_campaign_key_unique", "dim_campaign_channel_key_exists"),
    },
    "update core.dim_experiment set unit = 'cat' where experiment_id = 'e1'": {"dim_experiment_unit_accepted"},
    "update intermediate.int_experiment_assignments set exclusion_reason = 'mood'": {
        "int_experiment_assignments_exclusion_reason_accepted",
    },
}


def test_what_is_broken_by_hand_is_found_by_the_tests_that_should_find_it(dbt: Dbt, invented: Warehouse) -> None:
    """The last test of the file: nothing is whole after it."""
    for mistake in MISTAKES:
        invented.connection.execute(mistake.encode())
    statuses = dbt(
        *("test", "--select", *STAR, "--exclude", "test_type:unit", "--indirect-selection", "buildable"), fails=True
    ).status
    assert {name for name, status in statuses.items() if status == "fail"} == set.union(*MISTAKES.values())

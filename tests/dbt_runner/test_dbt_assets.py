"""How models look in Dagster, and that the platform's own project becomes assets completely."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from echo_assets.dbt.nodes import asset_path, built_nodes, data_tests, is_daily
from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions, dbt_models
from echo_assets.settings import Settings

Specs = dict[str, dg.AssetSpec]


@pytest.fixture(scope="module")
def specs(settings: Settings, shared_project: Path) -> Specs:
    """The small project's assets by key."""
    models = dbt_models(settings, shared_project)
    return {spec.key.to_user_string(): spec for step in models for spec in step.specs}


@pytest.fixture(scope="module")
def platform(settings: Settings) -> list[dg.AssetsDefinition]:
    """The platform's own models."""
    return dbt_models(settings)


def test_keys_are_schema_and_name_and_groups_are_schemas(specs: Specs) -> None:
    assert {(key, spec.group_name) for key, spec in specs.items()} == {
        ("core/channel_map", "core"),
        ("core/dim_customer", "core"),
        ("core/fact_transactions", "core"),
        ("finance/revenue_by_channel", "finance"),
        ("finance/revenue_summary", "finance"),
        ("stg/stg_transactions", "stg"),
    }


def test_a_source_is_the_asset_that_it_names(specs: Specs) -> None:
    assert [dep.asset_key for dep in specs["stg/stg_transactions"].deps] == [dg.AssetKey(["staging", "revenue"])]


def test_a_description_starts_with_the_grain(specs: Specs) -> None:
    assert str(specs["core/dim_customer"].description).startswith("One row per customer.")
    assert str(specs["finance/revenue_by_channel"].description).startswith(
        "One row per channel.\n\nRevenue by channel."
    )


def test_owners_are_declared_or_the_analytics_team(specs: Specs) -> None:
    assert specs["core/dim_customer"].owners == ["team:analytics"]
    assert specs["core/channel_map"].owners == ["team:marketing"]
    assert specs["finance/revenue_summary"].owners == ["team:finance"]


def test_kinds_say_what_the_relation_is(specs: Specs) -> None:
    assert specs["stg/stg_transactions"].kinds == {"dbt", "postgres", "view"}
    assert specs["core/fact_transactions"].kinds == {"dbt", "postgres", "table"}
    assert specs["core/channel_map"].kinds == {"dbt", "postgres", "seed"}


def test_a_table_is_to_be_fresh_within_its_hours_and_a_view_always_is(specs: Specs) -> None:
    assert specs["stg/stg_transactions"].freshness_policy is None
    assert specs["core/channel_map"].freshness_policy is None
    assert specs["core/dim_customer"].freshness_policy == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=36), warn_window=timedelta(hours=27)
    )
    assert specs["finance/revenue_summary"].freshness_policy == dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=48), warn_window=timedelta(hours=36)
    )


def test_nothing_is_automated_because_the_planner_decides(specs: Specs) -> None:
    assert {spec.automation_condition for spec in specs.values()} == {None}


def test_metadata_names_the_table_and_its_declared_columns(specs: Specs) -> None:
    metadata = specs["finance/revenue_summary"].metadata
    assert metadata["dagster/table_name"] == "echo.finance.revenue_summary"
    assert [column.name for column in metadata["dagster/column_schema"].columns] == ["total_revenue"]


def test_a_dbt_test_is_a_check_in_words_that_blocks_if_it_is_an_error(settings: Settings, shared_project: Path) -> None:
    checks = {spec.name: spec for step in dbt_models(settings, shared_project) for spec in step.check_specs}
    assert checks["dim_customer_customer_id_unique"].description == "dbt test unique of customer_id"
    assert (
        checks["fact_transactions_customer_id_known"].description
        == "dbt test relationships of customer_id (to: ref('dim_customer'), field: customer_id)"
    )
    assert checks["dim_customer_customer_id_unique"].blocking
    assert not checks["revenue_summary_total_revenue_not_null"].blocking


def test_the_steps_of_the_platform_are_four_and_each_has_a_pool(platform: list[dg.AssetsDefinition]) -> None:
    assert [(step.op.name, step.op.pool) for step in platform] == [
        (name, name) for name in ("dbt_dimensions", "dbt_facts", "dbt_marts", "dbt_features")
    ]


def test_every_model_and_seed_is_one_asset_and_every_test_one_check(platform: list[dg.AssetsDefinition]) -> None:
    manifest = load_project().manifest
    assert sorted(key.path for step in platform for key in step.keys) == sorted(
        list(asset_path(node)) for node in built_nodes(manifest).values()
    )
    assert sorted(spec.name for step in platform for spec in step.check_specs) == sorted(
        test["name"] for test in data_tests(manifest).values()
    )


def test_every_asset_has_a_description_and_an_owner(platform: list[dg.AssetsDefinition]) -> None:
    manifest = load_project().manifest
    assert not [node["name"] for node in built_nodes(manifest).values() if not node["description"].strip()]
    assert all(spec.owners and spec.group_name for step in platform for spec in step.specs)


def test_facts_and_features_are_partitioned_and_a_range_of_them_is_one_run(
    platform: list[dg.AssetsDefinition],
) -> None:
    dimensions, facts, marts, features = platform
    assert (dimensions.partitions_def, marts.partitions_def) == (None, None)
    for partitioned in (facts, features):
        assert isinstance(partitioned.partitions_def, dg.DailyPartitionsDefinition)
        assert partitioned.backfill_policy == dg.BackfillPolicy.single_run()


def test_partitions_go_from_the_first_day_of_the_settings_to_today(settings: Settings) -> None:
    days = daily_partitions(replace(settings, start_date=datetime(2024, 2, 3, tzinfo=UTC).date()))
    assert days.get_first_partition_key() == "2024-02-03"
    assert days.get_last_partition_key() == datetime.now(UTC).date().isoformat()


def test_daily_models_read_views_and_tables_never_a_source(platform: list[dg.AssetsDefinition]) -> None:
    manifest = load_project().manifest
    daily = {unique_id for unique_id, node in built_nodes(manifest).items() if is_daily(node)}
    assert daily
    assert not [
        above for unique_id in daily for above in manifest["parent_map"][unique_id] if above.startswith("source")
    ]

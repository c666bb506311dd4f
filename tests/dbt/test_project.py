"""What holds for every model: documented, typed, tested, and blind to the clock."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dbt.contracts.graph.nodes import ModelNode, SingularTestNode
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database

CLOCK = re.compile(
    r"\b(now\s*\(|current_(date|time|timestamp)|localtime|clock_timestamp|transaction_timestamp|run_started_at)"
)
_STRATEGIES = {"day": "replace_window", "month": "replace_months", "as_of": "replace_snapshots"}


def _models(dbt: Dbt) -> list[ModelNode]:
    return [node for node in dbt.manifest.nodes.values() if isinstance(node, ModelNode)]


def test_every_model_has_a_yml_beside_it_that_begins_with_its_grain(dbt: Dbt) -> None:
    for model in _models(dbt):
        assert model.patch_path and Path(model.patch_path).name == f"{model.name}.yml", (
            f"{model.name} has no .yml of its own"
        )
        assert model.description.startswith("One row"), f"{model.name}: start the description with the grain"


def test_every_column_is_described_and_typed(dbt: Dbt, prepared: Warehouse) -> None:
    dbt.build_models()
    for model in _models(dbt):
        found = {
            name
            for (name,) in prepared.rows(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
                model.schema, model.name,
            )
        }  # fmt: skip
        assert set(model.columns) == found, f"{model.name}: the .yml and the relation have different columns"
        for column in model.columns.values():
            assert column.description and column.data_type, f"{model.name}.{column.name}: describe and type it"


def test_contracts_are_enforced_wherever_others_build_on_a_table(dbt: Dbt) -> None:
    unenforced = {m.name for m in _models(dbt) if m.config.materialized != "view" and not m.config.contract.enforced}
    assert unenforced == set()


@pytest.mark.law(5)
def test_no_model_looks_at_the_clock(dbt: Dbt) -> None:
    assert [model.name for model in _models(dbt) if CLOCK.search(model.raw_code.lower())] == []


def test_only_staging_views_read_sources(dbt: Dbt) -> None:
    readers = {m.schema for m in _models(dbt) if any(parent.startswith("source.") for parent in m.depends_on.nodes)}
    assert readers == {"stg"}


def test_every_incremental_model_names_its_column_and_replaces_what_it_builds(dbt: Dbt) -> None:
    incremental = [model for model in _models(dbt) if model.config.materialized == "incremental"]
    assert {"fact_transactions", "fact_marketing", "int_customer_transactions"} <= {model.name for model in incremental}
    for model in incremental:
        declared = model.config.meta["echo"]
        assert declared["reach"] in _STRATEGIES, f"{model.name} declares the reach {declared['reach']}"
        assert model.config.incremental_strategy == _STRATEGIES[declared["reach"]]
        if declared["reach"] == "as_of":
            assert {f"{declared['entity']}_id", "snapshot_date", "event_timestamp"} <= set(model.columns)
        else:
            assert declared[f"{declared['reach']}_column"] in model.columns


def test_every_singular_test_names_the_model_that_it_judges(dbt: Dbt) -> None:
    """The plan names two of them itself."""
    singular = [node for node in dbt.manifest.nodes.values() if isinstance(node, SingularTestNode)]
    assert singular
    for node in singular:
        judged = node.config.meta["dagster"]["ref"]["name"]
        assert node.name.startswith((judged, "assert_")), f"{node.name} judges {judged}"


def test_test_names_are_unique_so_that_one_can_be_run_alone(dbt: Dbt) -> None:
    names = [node.name for node in dbt.manifest.nodes.values() if node.resource_type == "test"]
    assert len(names) == len(set(names))


def test_the_channel_map_is_keyed_by_the_form_that_labels_are_compared_in(prepared: Warehouse) -> None:
    assert prepared.rows("select label from seeds.channel_map where label <> lower(btrim(label))") == []
    assert (
        prepared.rows(
            "select channel from seeds.channel_map except select a.channel from seeds.channel_map as a"
            " join seeds.channel_map as b on lower(a.channel) = b.label and a.channel = b.channel"
        )
        == []
    ), "a conformed channel must be a label of itself"


def test_price_tiers_cover_every_price_once(prepared: Warehouse) -> None:
    assert (
        prepared.rows(
            "select price_tier from (select *, lead(from_price) over (order by from_price) as above"
            " from seeds.price_tiers) as tier where below_price is distinct from above"
        )
        == []
    )
    assert prepared.rows("select min(from_price) from seeds.price_tiers")[0][0] == 0


@pytest.mark.slow
def test_the_unit_tests_of_the_project_pass(dbt: Dbt, prepared: Warehouse) -> None:
    dbt.build_models()
    statuses = dbt("test", "--select", "test_type:unit").status
    assert len(statuses) >= 14
    assert set(statuses.values()) == {"pass"}

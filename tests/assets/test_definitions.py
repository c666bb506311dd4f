"""The code location as it loads: all of it described, nothing started, nothing heavy imported, no wrong edge."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import dagster as dg
import pytest

from echo_assets.dbt.nodes import Manifest, asset_path, built_nodes, data_tests, is_daily
from echo_assets.dbt.project import load_project
from echo_assets.definitions import build
from echo_assets.drift_checks import FIGURES as MART_FIGURES
from echo_assets.features.places import declared_views
from echo_assets.forecast_checks import CHECKS as FORECAST_CHECKS
from echo_assets.model_checks import MODEL_CHECKS, SCORE_CHECKS, TRAINING_SET_CHECKS
from echo_assets.runbook import section
from echo_assets.settings import PROJECT, Settings
from echo_assets.source_checks import checks_over_time
from echo_assets.streaming.checks import CHECKS as STREAM_CHECKS
from echo_ml.experiments.decisions.decision_table import CONDITIONS
from echo_quality.contract import Contract
from echo_quality.expectations import suites_of_models
from echo_quality.generate.staging_suite import staging_suite
from echo_quality.generate.suite import suite_of
from echo_quality.generate.tables import tables_of
from echo_quality.invariants import INVARIANTS, QUARANTINE_INVARIANTS, RAW_INVARIANTS
from echo_quality.odcs import read_contracts
from echo_quality.suites import declared_checks

FILE_LAYERS = ("raw", "staging", "quarantine")
ABOUT_THE_PROJECT = {"ops/column_lineage", "ops/order_proof", "docs/dbt", "docs/quality"}
"""Assets that are made of the models themselves, each with its checks."""
ABOUT_EXPERIMENTS = {"readouts/experiments", "readouts/portfolio"}
OF_FEATURES = {f"feature_views/{view.name}" for view in declared_views()} | {"feature_views/registry"}
OF_MODELS = {"models/revenue_forecast", "models/churn_training_set", "models/churn", "models/churn_scores"}
"""It has checks of its own, and its table is in the schema of the marts."""
STREAMED = ("user_events", "transactions", "revenue_by_minute", "funnel_by_minute", "experiment_exposures")
OF_STREAM = {f"streaming/{name}" for name in (*STREAMED, "dead_letters", "drain")}
HEAVY = ("great_expectations", "pandas", "duckdb", "feast", "mlflow", "sklearn", "pymc", "scipy", "confluent_kafka",
         "matplotlib", "statsmodels")  # fmt: skip
LOADED = """
import json, sys
sockets, CONTACT = [], {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
sys.addaudithook(lambda event, _: sockets.append(event) if event in CONTACT else None)
import echo_assets.definitions
echo_assets.definitions.build(echo_assets.definitions.Settings.from_environment({}))
print(json.dumps({"modules": sorted({name.split(".")[0] for name in sys.modules}), "sockets": sockets}))
"""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build(Settings.from_environment({}))


@pytest.fixture(scope="module")
def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return read_contracts(PROJECT / "echo_quality" / "contracts")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load_project().manifest


@pytest.fixture(scope="module")
def check_specs(definitions: dg.Definitions) -> list[dg.AssetCheckSpec]:
    graph = definitions.resolve_asset_graph()
    return [graph.get_check_spec(key) for key in sorted(graph.asset_check_keys, key=str)]


def test_every_source_has_three_assets_and_every_model_and_seed_has_one(
    specs: dict[str, dg.AssetSpec], contracts: dict[str, Contract], manifest: Manifest
) -> None:
    files = {f"{layer}/{source}" for layer in FILE_LAYERS for source in contracts}
    models = {"/".join(asset_path(node)) for node in built_nodes(manifest).values()}
    others = ABOUT_THE_PROJECT | ABOUT_EXPERIMENTS | OF_FEATURES | OF_MODELS
    assert specs.keys() == files | models | others | OF_STREAM


def test_every_rule_every_invariant_and_every_dbt_test_is_a_check(
    check_specs: list[dg.AssetCheckSpec], contracts: dict[str, Contract], manifest: Manifest
) -> None:
    rules = sum(len(declared_checks(suite_of(contract))) for contract in contracts.values())
    agreements = len(contracts)
    invariants = len(contracts) * sum(map(len, (INVARIANTS, RAW_INVARIANTS, QUARANTINE_INVARIANTS)))
    on_tables = sum(len(declared_checks(staging_suite(contract).suite)) for contract in contracts.values())
    on_tables += sum(len(declared_checks(suite.suite)) for suite in suites_of_models())
    over_time = sum(len(checks_over_time(contract)) for contract in contracts.values()) + len(MART_FIGURES)
    of_sampling = sum(spec.asset_key.to_user_string() == "readouts/portfolio" for spec in check_specs)
    assert of_sampling == 3, "r-hat, effective sample size, divergences"
    about = sum(spec.asset_key.to_user_string() in ABOUT_THE_PROJECT for spec in check_specs)
    assert about == 2
    of_features = sum(spec.asset_key.to_user_string() in OF_FEATURES for spec in check_specs)
    assert of_features == 2 + sum(5 + 3 * (view.query is None) - (view.max_age is None) for view in declared_views())
    of_models = sum(map(len, (FORECAST_CHECKS, TRAINING_SET_CHECKS, MODEL_CHECKS, SCORE_CHECKS)))
    on_tables += over_time + len(CONDITIONS) + of_sampling + of_features + of_models + len(STREAM_CHECKS)
    assert len(check_specs) - about == rules + agreements + invariants + on_tables + len(data_tests(manifest))


def test_every_asset_begins_with_its_grain_and_says_whose_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    for key, spec in specs.items():
        assert (spec.description or "").startswith(("One row", "One page", "One run")), f"{key}: {spec.description}"
        assert spec.owners, key
        assert spec.kinds, key
        assert spec.group_name == spec.key.path[0], key
        table = spec.metadata.get("dagster/table_name", "no table")
        elsewhere = ABOUT_THE_PROJECT | ABOUT_EXPERIMENTS | OF_FEATURES | OF_MODELS | {"streaming/drain"}
        assert table.endswith(".".join(spec.key.path)) or key in elsewhere, key


def test_a_file_asset_shows_the_columns_of_its_contract_with_their_meaning(
    specs: dict[str, dg.AssetSpec], contracts: dict[str, Contract]
) -> None:
    for source, contract in contracts.items():
        raw, staging, _, quarantine = tables_of(contract)
        for table in (raw, staging, quarantine):
            shown = specs[f"{table.schema}/{source}"].metadata["dagster/column_schema"]
            assert [column.name for column in shown.columns] == [column.name for column in table.columns]
            assert all(column.description for column in shown.columns), source
        assert str(specs[f"staging/{source}"].description).startswith(contract.grain)


def test_every_check_says_what_must_hold(check_specs: list[dg.AssetCheckSpec]) -> None:
    assert [spec.key for spec in check_specs if not spec.description] == []


def test_every_check_of_files_leads_to_a_section_of_the_runbook(check_specs: list[dg.AssetCheckSpec]) -> None:
    explained = (*FILE_LAYERS, "feature_views")
    links = {spec.metadata.get("runbook") for spec in check_specs if spec.asset_key.path[0] in explained}
    assert links
    assert {link for link in links if not section(str(link))} == set()


def test_only_what_is_about_a_whole_table_blocks(check_specs: list[dg.AssetCheckSpec]) -> None:
    blocking = {spec.name for spec in check_specs if spec.blocking and spec.asset_key.path[0] in FILE_LAYERS}
    whole = (*INVARIANTS, *RAW_INVARIANTS, *QUARANTINE_INVARIANTS)
    assert blocking == {invariant.name for invariant in whole if invariant.blocking}
    assert blocking


def test_daily_models_read_views_and_models_and_never_a_file_partitioned_asset(
    specs: dict[str, dg.AssetSpec], manifest: Manifest
) -> None:
    daily = ["/".join(asset_path(node)) for node in built_nodes(manifest).values() if is_daily(node)]
    assert daily
    for key in daily:
        assert isinstance(specs[key].partitions_def, dg.DailyPartitionsDefinition)
        above = {dependency.asset_key.path[0] for dependency in specs[key].deps}
        assert not above & set(FILE_LAYERS), f"{key} reads a source directly: let it read a stg_ view"


def test_every_pool_of_a_source_and_of_a_dbt_step_is_named(
    definitions: dg.Definitions, contracts: dict[str, Any]
) -> None:
    pools = {pool for step in definitions.resolve_asset_graph().assets_defs for pool in _pools(step)}
    assert {f"load_{source}" for source in contracts} <= pools
    assert {"dbt_dimensions", "dbt_facts", "dbt_marts"} <= pools


def _pools(step: dg.AssetsDefinition) -> set[str]:
    return set(step.op.pools) if step.is_executable else set()


def test_the_daily_round_is_at_six_utc_and_on_from_the_start(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "UTC")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.job_name == "daily_data_job"


def test_every_sensor_is_on_from_the_start_and_says_what_it_does(definitions: dg.Definitions) -> None:
    sensors = {sensor.name: sensor for sensor in definitions.get_repository_def().sensor_defs}
    assert {
        "new_file_sensor",
        "refresh_sensor",
        "stream_sensor",
        "run_failure_sensor",
        "check_failure_sensor",
        "alert_delivery_sensor",
    } <= sensors.keys()
    for sensor in sensors.values():
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING, sensor.name
        assert sensor.description, sensor.name


def test_every_job_says_what_it_does(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    for name in ("daily_data_job", "data_ingestion_job", "data_quality_job", "experiment_job"):
        assert repository.get_job(name).description, name


def test_the_quality_job_holds_no_asset(definitions: dg.Definitions) -> None:
    layer = definitions.resolve_job_def("data_quality_job").asset_layer
    assert layer.selected_asset_keys == set()
    assert layer.asset_graph.asset_check_keys


def test_loading_imports_nothing_heavy_and_opens_no_socket() -> None:
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=PROJECT)
    told = json.loads(run.stdout.splitlines()[-1])
    assert set(HEAVY) & set(told["modules"]) == set()
    assert told["sockets"] == []

"""The setting that runs dbt in a process of its own changes nothing that Dagster is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from small_runs import SmallRuns

from echo_assets.dbt_models import dbt_models
from echo_assets.server import Databases
from echo_assets.settings import Settings

FACT = "core/fact_transactions"
pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_both_ways_of_running_dbt_tell_the_same(
    run: SmallRuns,
    module_settings: Settings,
    shared_project: Path,
    small_database: Databases,
    warehouse: psycopg.Connection,
) -> None:
    apart = replace(module_settings, dbt_subprocess=True)
    run_apart = SmallRuns.of(dbt_models(apart, shared_project, lambda: small_database))
    run("stg/stg_transactions", "core/channel_map", "core/dim_customer")
    days = {"first": "2024-01-03", "last": "2024-01-04"}
    one, other = run(FACT, **days), run_apart(FACT, **days)
    assert one.succeeded and other.succeeded
    assert one.built == other.built == {FACT}
    assert one.checks == other.checks
    assert len(one.checks) == 3
    for key, day in (("dagster/row_count", "2024-01-04"), ("dagster/partition_row_count", "2024-01-03")):
        assert one.metadata(FACT, day)[key] == other.metadata(FACT, day)[key]


def test_a_failure_reads_the_same(
    run: SmallRuns,
    module_settings: Settings,
    shared_project: Path,
    small_database: Databases,
    warehouse: psycopg.Connection,
) -> None:
    warehouse.execute("update staging.revenue set transaction_id = 't1' where transaction_id = 't2'")
    apart = replace(module_settings, dbt_subprocess=True)
    run_apart = SmallRuns.of(dbt_models(apart, shared_project, lambda: small_database))
    keys = ("stg/stg_transactions", "core/dim_customer")
    assert run(*keys).failure == run_apart(*keys).failure

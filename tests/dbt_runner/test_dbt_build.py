"""dbt steps inside Dagster, in process and on a real database: what is built, tested, told and refused."""

from __future__ import annotations

from datetime import date

import dagster as dg
import psycopg
import pytest
from small_runs import SmallRuns

from echo_assets.server import Databases
from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]

DIMENSIONS = {"core/channel_map", "core/dim_customer", "stg/stg_transactions"}
MARTS = {"finance/revenue_by_channel", "finance/revenue_summary"}
FACT = "core/fact_transactions"
FACT_CHECKS = {
    "fact_transactions_transaction_id_unique",
    "fact_transactions_transaction_id_not_null",
    "fact_transactions_customer_id_known",
}
ALL_DAYS = {"first": "2024-01-03", "last": "2024-01-10"}
"""The first partition also holds the two days before it."""


def rows(warehouse: psycopg.Connection, query: str) -> list[tuple[object, ...]]:
    return warehouse.execute(query.encode()).fetchall()


def test_one_run_builds_and_tests_the_whole_project(run: SmallRuns, warehouse: psycopg.Connection) -> None:
    reported = run(**ALL_DAYS)
    assert reported.succeeded
    assert reported.built == DIMENSIONS | MARTS | {FACT}
    assert len(reported.checks) == 8
    assert all(reported.checks.values())
    assert rows(warehouse, "select * from finance.revenue_summary") == [(1000, 100)]


def test_a_materialisation_tells_the_rows_and_columns_that_are_really_there(run: SmallRuns) -> None:
    found = run(**ALL_DAYS).metadata("finance/revenue_summary")
    assert found["dagster/row_count"] == 1
    total, count = found["dagster/column_schema"].columns
    assert (total.name, total.type, total.description) == ("total_revenue", "numeric(18,2)", "Revenue over everything.")
    assert (count.name, count.type) == ("transactions", "bigint")


def test_a_view_has_columns_but_no_row_count(run: SmallRuns) -> None:
    found = run("stg/stg_transactions").metadata("stg/stg_transactions")
    assert "dagster/row_count" not in found
    assert len(found["dagster/column_schema"].columns) == 5


def test_each_partition_of_a_range_tells_its_own_rows(run: SmallRuns) -> None:
    reported = run(*DIMENSIONS, FACT, first="2024-01-03", last="2024-01-05")
    counts = [
        reported.metadata(FACT, day)["dagster/partition_row_count"]
        for day in ("2024-01-03", "2024-01-04", "2024-01-05")
    ]
    assert counts == [30, 10, 10]


def test_only_the_selected_assets_are_built_and_only_their_tests_asked(
    run: SmallRuns, warehouse: psycopg.Connection
) -> None:
    run(**ALL_DAYS)
    warehouse.execute("drop table finance.revenue_by_channel")
    reported = run("finance/revenue_summary")
    assert reported.built == {"finance/revenue_summary"}
    assert set(reported.checks) == {"revenue_summary_total_revenue_not_null"}
    assert rows(warehouse, "select to_regclass('finance.revenue_by_channel')") == [(None,)]


def test_a_range_replaces_its_days_and_leaves_the_others(run: SmallRuns, warehouse: psycopg.Connection) -> None:
    run(**ALL_DAYS)
    warehouse.execute("update staging.revenue set amount = 11")
    run(FACT, first="2024-01-05", last="2024-01-06")
    assert rows(warehouse, "select distinct transaction_date from core.fact_transactions where amount = 11") == [
        (date(2024, 1, 5),),
        (date(2024, 1, 6),),
    ]


def test_the_first_partition_reaches_back_and_the_last_one_ahead(run: SmallRuns, warehouse: psycopg.Connection) -> None:
    warehouse.execute("insert into staging.revenue values ('old', '1999-05-05', 1), ('new', '2199-05-05', 1)")
    warehouse.execute("update staging.revenue set customer_id = 'c1' where customer_id is null")
    days = run.job.get_partition_keys([dg.AssetKey(["core", "fact_transactions"])])
    counted = "select count(*) from core.fact_transactions where transaction_id = "
    run(*DIMENSIONS, FACT, first=days[1])
    run(FACT, first=days[-2])
    assert rows(warehouse, f"{counted} 'old'") == rows(warehouse, f"{counted} 'new'") == [(0,)]
    run(FACT, first=days[0])
    run(FACT, first=days[-1])
    assert rows(warehouse, f"{counted} 'old'") == rows(warehouse, f"{counted} 'new'") == [(1,)]


def test_a_check_can_be_asked_without_building_anything(
    run: SmallRuns, small_models: list[dg.AssetsDefinition], warehouse: psycopg.Connection
) -> None:
    run(**ALL_DAYS)
    warehouse.execute("insert into core.fact_transactions select * from core.fact_transactions limit 1")
    reported = run.checks(small_models, *FACT_CHECKS)
    assert reported.built == set()
    assert reported.checks == {name: name != "fact_transactions_transaction_id_unique" for name in FACT_CHECKS}
    assert rows(warehouse, "select count(*) from core.fact_transactions") == [(101,)]


def test_a_failed_test_is_a_red_check_with_the_failing_rows_and_nothing_is_built_on_it(
    run: SmallRuns, warehouse: psycopg.Connection
) -> None:
    warehouse.execute("update staging.revenue set transaction_id = 't1' where transaction_id = 't2'")
    reported = run(**ALL_DAYS)
    assert not reported.succeeded
    assert reported.built == {"core/channel_map", "stg/stg_transactions"}
    assert reported.checks == {
        "stg_transactions_transaction_id_not_null": True,
        "stg_transactions_transaction_id_unique": False,
    }
    told = reported.check_metadata("stg_transactions_transaction_id_unique")
    assert [row.data for row in told["failing_sample"].records] == [{"unique_field": "t1", "n_records": "2"}]
    assert "having count(*) > 1" in told["query"]


def test_the_error_names_the_test_and_everything_that_was_left_out(
    run: SmallRuns, warehouse: psycopg.Connection
) -> None:
    warehouse.execute("update staging.revenue set transaction_id = 't1' where transaction_id = 't2'")
    assert run(*DIMENSIONS).failure == (
        "stg_transactions_transaction_id_unique: Got 1 result, configured to fail if != 0\n\n"
        "Not built: core/dim_customer\n\n"
        "Not tested: core/dim_customer: dim_customer_customer_id_unique"
    )


def test_the_error_of_a_model_is_the_database_s_own(run: SmallRuns, warehouse: psycopg.Connection) -> None:
    warehouse.execute("alter table staging.revenue rename amount to price")
    failure = run("stg/stg_transactions").failure
    assert "model stg_transactions (models/stg/stg_transactions.sql)" in failure
    assert 'column "amount" does not exist' in failure
    assert "Not built: stg/stg_transactions" in failure


def test_a_test_that_only_warns_does_not_fail_the_run(run: SmallRuns, warehouse: psycopg.Connection) -> None:
    warehouse.execute("update staging.revenue set amount = null")
    reported = run(**ALL_DAYS)
    assert reported.succeeded
    assert reported.checks["revenue_summary_total_revenue_not_null"] is False


def test_every_run_keeps_its_own_log_and_the_sql_it_ran(run: SmallRuns, module_settings: Settings) -> None:
    reported = run(**ALL_DAYS)
    folder = module_settings.home / "dbt" / "runs" / reported.result.run_id
    assert {step.name for step in folder.iterdir()} == {"dbt_dimensions", "dbt_facts", "dbt_marts"}
    assert "created sql view model stg.stg_transactions" in (folder / "dbt_dimensions" / "dbt.log").read_text()
    ran = folder / "dbt_dimensions" / "run" / "small" / "models" / "stg" / "stg_transactions.sql"
    assert "create view" in ran.read_text()
    compiled = folder / "dbt_marts" / "compiled" / "small" / "models" / "finance" / "revenue_summary.sql"
    assert "sum(amount)" in compiled.read_text()


def test_the_password_is_in_no_log(run: SmallRuns, module_settings: Settings, small_database: Databases) -> None:
    reported = run("stg/stg_transactions")
    password = small_database.environment()["DBT_ENV_SECRET_ECHO_PASSWORD"]
    files = [path for path in (module_settings.home / "dbt").rglob("*") if path.is_file()]
    assert reported.succeeded
    assert password
    assert any(path.name == "dbt.log" for path in files)
    assert not any(password.encode() in path.read_bytes() for path in files)

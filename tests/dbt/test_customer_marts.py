"""Customers seen whole: every figure of generated data, and which months a late line builds again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from generated_data import load_generated
from kept_state import Kept

from echo_assets.cli.comparison import MARTS, Mart
from echo_assets.server import Databases
from echo_ml.serving.catalogue import entries, entry_named, place_of, value_at
from echo_ml.serving.database import Database

pytestmark = [pytest.mark.database, pytest.mark.slow]

MONTHLY = ("int_customer_transactions", "int_product_months")
CUSTOMERS = ("customer_360", "cohort_retention", "rfm_segments", "revenue_by_product", "revenue_summary")
SOURCES = ("revenue", "marketing", "customers", "products", "subscriptions")
Generated = tuple[Warehouse, dict[str, Any]]


@pytest.fixture(scope="module")
def generated(dbt: Dbt, prepared: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Built once: the tests that use it only read."""
    prepared.reset()
    truth = load_generated(prepared, tmp_path_factory.mktemp("generated"), 3000, *SOURCES)
    dbt.build_models()
    return prepared, truth


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.label)
def test_every_figure_is_that_of_the_truth(generated: Generated, mart: Mart) -> None:
    warehouse, truth = generated
    expected = mart.of_truth(truth)
    assert expected
    assert mart.of_warehouse(warehouse.connection) == expected


def test_every_test_of_the_project_passes_on_generated_data(dbt: Dbt, generated: Generated) -> None:
    statuses = dbt("test", "--select", "test_type:data").status
    assert {name for name, status in statuses.items() if status not in ("pass", "warn")} == set()


def test_a_mart_that_was_not_built_has_no_figures(generated: Generated) -> None:
    warehouse, truth = generated
    missing = Mart("ARR", ("finance.nowhere",), "select 1", lambda _: [("2024-Q1", ["1.00"])])
    assert missing.of_warehouse(warehouse.connection) == {}
    assert missing.of_truth(truth) == {"ARR 2024-Q1": "1.00"}


def test_fifths_are_fifths_and_better_customers_have_higher_scores(generated: Generated) -> None:
    warehouse, _ = generated
    [(customers,)] = warehouse.rows("select count(*) from customers.rfm_segments")
    sizes = warehouse.rows("select count(*) from customers.rfm_segments group by monetary_score")
    assert len(sizes) == 5 and all(abs(size - customers / 5) < 1 for (size,) in sizes)
    assert warehouse.rows(
        """select from customers.rfm_segments as one join customers.rfm_segments as other
            on one.recency_days > other.recency_days and one.recency_score > other.recency_score
            or one.frequency < other.frequency and one.frequency_score > other.frequency_score
            or one.monetary < other.monetary and one.monetary_score > other.monetary_score"""
    ) == []  # fmt: skip


def test_every_customer_of_the_dimension_is_seen_once_and_days_are_counted_to_the_last_of_the_data(
    generated: Generated,
) -> None:
    warehouse, truth = generated
    [(customers, mrr, revenue, least)] = warehouse.rows(
        """select count(*), round(sum(mrr), 2)::text, sum(lifetime_value)::text, min(days_since_last_order)
        from customers.customer_360"""
    )
    assert customers == truth["dimensions"]["customers"]["members"]
    assert (mrr, revenue) == (truth["mrr_by_month"][-1]["mrr"], truth["total_revenue"])
    assert least == 0


@pytest.mark.law(9)
def test_each_catalogued_metric_is_a_column_of_a_model(dbt: Dbt, generated: Generated) -> None:
    warehouse, _ = generated
    columns = {node.name: set(node.columns) for node in dbt.manifest.nodes.values() if node.resource_type == "model"}
    catalogued = warehouse.rows("select metric, model, column_name from finance.metrics_catalog")
    missing = [metric for metric, model, column in catalogued if column not in columns.get(model, set())]
    assert catalogued and missing == [], "metrics_catalog names a model or column that does not exist"
    of_one_metric = [(model, column) for _, model, column in catalogued if model != "experiment_outcomes"]
    assert len(set(of_one_metric)) == len(of_one_metric), "two metrics are the same column"


def test_the_catalogue_says_where_a_value_is_and_by_what_it_is_found(dbt: Dbt, generated: Generated) -> None:
    warehouse, _ = generated
    places = {node.name: (node.schema, set(node.columns)) for node in dbt.manifest.nodes.values()}
    catalogued = warehouse.rows(
        """select model, schema_name, key_columns, period, min(definition_version), count(distinct definition_version),
            count(*)
        from finance.metrics_catalog group by 1, 2, 3, 4"""
    )
    for model, schema, keys, period, version, versions, metrics in catalogued:
        assert schema == places[model][0]
        assert len(version) == 12
        assert versions == metrics, "two metrics of one version"
        if keys is None:
            assert model == "experiment_outcomes", "a value that nobody can ask for"
            continue
        assert set(keys) <= places[model][1]
        assert period is None or warehouse.rows(f"select date_trunc('{period}', max({keys[0]})) from {schema}.{model}")
        [(rows, different)] = warehouse.rows(
            f"select count(*), count(distinct ({', '.join(keys)})) from {schema}.{model} where {keys[0]} is not null"
        )
        assert rows == different, f"{model}: {keys} are several rows"


@pytest.mark.law(9)
def test_the_api_finds_every_catalogued_metric_in_its_mart(dbt_database: Databases, generated: Generated) -> None:
    warehouse, truth = generated
    database = Database(dbt_database.url())
    try:
        for entry in entries(database):
            if entry.key_columns is None:
                continue
            asset, column = entry.column
            table, keys = asset.replace("/", "."), entry.key_columns
            rows = warehouse.rows(
                f"""select {column}::float8, {", ".join(f"{key}::text" for key in keys)} from {table}
                where {keys[0]} is not null order by 2 limit 3"""
            )
            for value, *key in rows:
                place = place_of(database, entry, entry.period, None, dict(zip(keys, key, strict=True)))
                assert value_at(database, place) == value, entry.metric
        total = place_of(database, entry_named(database, "total_revenue"), None, None, {})
        assert value_at(database, total) == float(truth["total_revenue"])
    finally:
        database.close()


def test_the_days_of_a_metric_add_up_to_its_total(generated: Generated) -> None:
    warehouse, truth = generated
    totals = dict(warehouse.rows("select metric, sum(value)::text from finance.metrics_daily group by 1"))
    assert Decimal(totals["total_revenue"]) == Decimal(truth["total_revenue"])
    assert Decimal(totals["transactions"]) == truth["counted_transactions"]
    assert Decimal(totals["leads"]) == truth["leads"]
    assert Decimal(totals["spend"]) == Decimal(truth["spend"])


def _build(dbt: Dbt, *, full_refresh: bool = False) -> None:
    kinds = ("table", "incremental")
    dbt.build_models(
        *[f"+{mart},config.materialized:{kind}" for mart in CUSTOMERS for kind in kinds], full_refresh=full_refresh
    )


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """A line on the 10th of each of three months, built, as load 1 left them."""
    prepared.reset()
    for month in (1, 2, 3):
        day = f"2024-0{month}-10"
        prepared.sell(f"t{month}", day, f"{month}00.00", product="Basic")
        prepared.touch("revenue", 1, day)
    _build(dbt)
    return kept.keep()


@pytest.fixture
def three_months(state: Kept) -> Warehouse:
    return state.again()


def _written_by(warehouse: Warehouse, table: str) -> dict[str, str]:
    """The transaction that wrote each month's rows."""
    return dict(warehouse.rows(f"select month::text, max(xmin::text) from intermediate.{table} group by 1"))


def test_a_late_line_builds_its_own_month_again_and_no_other(dbt: Dbt, three_months: Warehouse) -> None:
    before = {table: _written_by(three_months, table) for table in MONTHLY}
    three_months.sell("late", "2024-02-28", "7.00", product="Basic", customer_id="new")
    three_months.touch("revenue", 5, "2024-02-28")
    _build(dbt)
    for table in MONTHLY:
        after = _written_by(three_months, table)
        assert {month for month in after if after[month] != before[table][month]} == {"2024-02-01"}
    expected = three_months.content()
    _build(dbt, full_refresh=True)
    assert three_months.content() == expected


def test_a_line_that_vanished_takes_its_customer_and_month_with_it(dbt: Dbt, three_months: Warehouse) -> None:
    three_months.connection.execute("delete from staging.revenue where transaction_id = 't2'")
    three_months.touch("revenue", 5, "2024-02-10")
    _build(dbt)
    assert three_months.rows("select month::text, orders from intermediate.int_customer_transactions order by 1") == [
        ("2024-01-01", 1), ("2024-03-01", 1),
    ]  # fmt: skip
    assert three_months.rows("select lifetime_value, active_months from customers.customer_360") == [
        (Decimal("400.00"), 2)
    ]


def test_a_late_line_restates_what_is_closed_with_its_cause(dbt: Dbt, three_months: Warehouse) -> None:
    three_months.sell("late", "2024-02-28", "7.00", customer_id="new")
    three_months.sell("recent", "2024-03-28", "9.00")
    three_months.touch("revenue", 5, "2024-02-28", "2024-03-28")
    _build(dbt)
    assert three_months.rows(
        """select period::text, figure, before, after, cause @> '[{"source": "revenue", "mark": 5}]'
        from ops.restatements where asset = 'finance/revenue_summary' order by figure"""
    ) == [
        ("2024-02-01", "average_order_value", 200, Decimal("103.5"), True),
        ("2024-02-01", "customers", 1, 2, True),
        ("2024-02-01", "total_revenue", 200, 207, True),
        ("2024-02-01", "transactions", 1, 2, True),
    ]


MISTAKES = {
    "update finance.revenue_daily set failed_amount = 0, all_transactions = 0": "revenue_daily_equals_fact",
    "update intermediate.int_product_months set transactions = 2": "int_product_months_equals_revenue_daily",
    "delete from intermediate.int_customer_transactions where month = '2024-02-01'": (
        "int_customer_transactions_equals_revenue_daily"
    ),
    "update intermediate.int_customer_orders set revenue = revenue + 0.01": "int_customer_orders_equals_revenue_daily",
    "update customers.customer_360 set orders = orders + 1": "customer_360_equals_revenue_daily",
    "update customers.rfm_segments set monetary = 0": "rfm_segments_equals_revenue_daily",
    "update customers.cohort_retention set active_customers = 2 where months_since = 1": (
        "cohort_retention_equals_revenue_summary"
    ),
    "delete from finance.metrics_daily where metric = 'transactions'": "metrics_daily_equals_revenue_daily",
    "delete from finance.metrics_catalog where metric = 'total_revenue'": "metrics_daily_metric_is_catalogued",
}


@pytest.mark.slow
def test_each_planted_error_is_found_by_the_test_that_should_find_it(dbt: Dbt, three_months: Warehouse) -> None:
    dbt.build_models()
    for mistake in MISTAKES:
        three_months.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", *MISTAKES.values(), fails=True).status
    assert statuses == dict.fromkeys(MISTAKES.values(), "fail")

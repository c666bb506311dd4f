"""A small warehouse as the API reads it: marts, the catalogue, features online, verdicts, readouts. No tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from echo_assets.settings import PROJECT
from echo_assets.warehouse_tables import prepare_tables
from echo_ml.features.online_tables import CREATED, EVENT, have_tables, online_table
from echo_ml.features.own_views import all_views
from echo_quality.odcs import read_contracts

CONTRACTS = PROJECT / "echo_quality" / "contracts"
VIEWS = {view.name: view for view in all_views()}
NOW = datetime(2024, 7, 1, 6, 0, tzinfo=UTC)
"""What the API takes for now; the data end with the day before."""
MIDNIGHT = datetime(2024, 7, 1, tzinfo=UTC)

_MARTS = """
create schema if not exists finance;
create schema if not exists marketing;
create schema if not exists customers;
create table finance.metrics_catalog (
    metric text, definition text, grain text, unit text, owner text, model text, column_name text, kind text,
    winsorised_at numeric, lower_is_better boolean, is_of_customers boolean, schema_name text, key_columns text[],
    period text, definition_version text
);
insert into finance.metrics_catalog (
    metric, definition, grain, unit, owner, model, column_name, schema_name, key_columns, period, definition_version
) values
('total_revenue', 'Sum of what counts.', 'day', 'currency', 'a', 'revenue_daily', 'revenue', 'finance',
    '{transaction_date}', 'day', '0123456789ab'),
('conversion_rate', 'conversions over leads.', 'channel', 'fraction', 'a', 'channel_performance', 'conversion_rate',
    'marketing', '{channel}', null, '1123456789ab'),
('revenue_growth', 'Change from the month before.', 'month', 'fraction', 'a', 'revenue_summary', 'revenue_growth',
    'finance', '{month}', 'month', '2123456789ab'),
('cac', 'spend over new customers.', 'channel and month', 'currency', 'a', 'customer_acquisition', 'cac', 'marketing',
    '{month,channel}', 'month', '3123456789ab'),
('arr', '12 times mrr.', 'quarter', 'currency', 'a', 'arr_quarterly', 'arr', 'finance', '{quarter}', 'quarter',
    '4123456789ab'),
('revenue_per_user', 'Revenue over users.', 'unit and experiment', 'currency', 'a', 'experiment_outcomes', 'numerator',
    'experiments', null, null, '5123456789ab');
create table finance.headline_metrics (
    total_revenue numeric(18, 2), conversion_rate numeric(38, 16), revenue_growth numeric(38, 16),
    revenue_growth_month date
);
insert into finance.headline_metrics values (600.25, 0.1021, 0.5, '2024-06-01');
create table finance.metrics_daily (metric_date date, metric text, value numeric(38, 16));
insert into finance.metrics_daily values
('2024-06-29', 'total_revenue', 100.00), ('2024-06-30', 'total_revenue', 500.25),
('2024-06-30', 'conversion_rate', 0.25);
create table finance.revenue_daily (transaction_date date primary key, revenue numeric(18, 2));
insert into finance.revenue_daily values ('2024-06-29', 100.00), ('2024-06-30', 500.25);
create table finance.revenue_summary (month date primary key, revenue_growth numeric(38, 16));
insert into finance.revenue_summary values ('2024-05-01', null), ('2024-06-01', 0.5);
create table finance.arr_quarterly (quarter date primary key, arr numeric(18, 2));
insert into finance.arr_quarterly values ('2024-01-01', 1200), ('2024-04-01', 2400);
create table marketing.channel_performance (channel text primary key, conversion_rate numeric(38, 16));
insert into marketing.channel_performance values ('email', 0.2), ('paid search', null);
create table marketing.customer_acquisition (month date, channel text, cac numeric(38, 16));
insert into marketing.customer_acquisition values ('2024-05-01', 'email', 10), ('2024-06-01', 'email', 12.5);
insert into ops.dirty_days values ('revenue', '2024-06-30', 1), ('marketing', '2024-06-29', 1),
('experiments', '2024-12-31', 1), ('revenue', '2031-01-01', 1);
insert into ops.column_lineage values
('finance/revenue_daily', 'revenue', 'staging/revenue', 'amount', 'value'),
('finance/headline_metrics', 'total_revenue', 'finance/revenue_daily', 'revenue', 'value'),
('marketing/channel_performance', 'conversion_rate', 'staging/marketing', 'leads', 'value'),
('features/customer_daily', 'orders_last_30d', 'staging/revenue', '*', 'rows'),
('staging/revenue', 'amount', 'raw/revenue', 'amount', 'value');
"""
_CHECK = """
insert into ops.check_results (asset, check_name, passed, severity, blocking, evaluated_at, run_id)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_READOUT = """
insert into experiments.readouts
    (experiment_id, as_of, computed_at, decision, blocked_by, variant, reasons, would_change, paragraph, readout)
values (%s, %s, %s, %s, null, %s, %s, %s, %s, %s)
"""


def make_warehouse(connection: psycopg.Connection[Any]) -> None:
    """Everything, in an empty database."""
    contracts = read_contracts(CONTRACTS)
    prepare_tables(connection, contracts.values())
    connection.execute(_MARTS.encode())
    have_tables(connection, [online_table(view) for view in VIEWS.values()])
    evaluate(connection, "finance/revenue_daily", "revenue_daily_transaction_date_unique")
    evaluate(connection, "staging/revenue", "rows_are_conserved", blocking=True)
    evaluate(connection, "marketing/channel_performance", "some_rates_are_odd", passed=False, severity="WARN")
    evaluate(connection, "models/churn", "beats_the_baseline")
    evaluate(connection, "readouts/experiments", "sample_ratio_matches")
    evaluate(connection, "feature_views/product_daily", "online_is_offline")
    for day, decision in ((date(2024, 6, 29), "KEEP_RUNNING"), (date(2024, 6, 30), "SHIP")):
        add_readout(connection, "EXP-001", day, decision)


def evaluate(
    connection: psycopg.Connection[Any], asset: str, check: str, *, passed: bool = True, severity: str = "ERROR",
    blocking: bool = False, at: datetime | None = None, run_id: str | None = None,
) -> None:  # fmt: skip
    """A check has been evaluated."""
    moment = at or NOW - timedelta(hours=1)
    connection.execute(_CHECK, [asset, check, passed, severity, blocking, moment, run_id])


def add_readout(connection: psycopg.Connection[Any], experiment: str, day: date, decision: str) -> None:
    """A readout has been recorded."""
    document = {"experiment_id": experiment, "design": {"primary": {"name": "revenue_per_user"}}}
    values: list[Any] = [experiment, day, NOW, decision, "b", ["It wins."], ["Nothing."], "Ship b.", Jsonb(document)]
    connection.execute(_READOUT, values)


def know(
    connection: psycopg.Connection[Any], view: str, id_: str, values: Mapping[str, Any],
    since: datetime = MIDNIGHT,
) -> None:  # fmt: skip
    """A row of a view is online; features that are not named are null."""
    table = online_table(VIEWS[view])
    given = {table.key: id_, EVENT: since, CREATED: since, **values}
    statement = sql.SQL("insert into {} ({}) values ({}) on conflict ({}) do update set {}").format(
        table.qualified,
        sql.SQL(", ").join(map(sql.Identifier, given)),
        sql.SQL(", ").join([sql.Placeholder()] * len(given)),
        sql.Identifier(table.key),
        sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in given),
    )
    connection.execute(statement, list(given.values()))


def hours_before(now: datetime, hours: float) -> datetime:
    """A moment so many hours ago."""
    return now - timedelta(hours=hours)

"""Small feature models: their declarations, and tables of the same shape as dbt makes. No tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg

from echo_ml.features.declared import FeatureView
from echo_ml.features.own_views import all_views
from echo_ml.features.stores import Places

FIRST = date(2024, 6, 1)
DAYS = 10
CUSTOMERS = 40
DECLARED = """
models:
  - name: customer_daily
    description: One row is one customer as of the end of one day.
    config:
      meta: {echo: {reach: as_of, entity: customer, refresh: hourly, max_age_hours: 48, on_stale: refuse}}
    columns:
      - {name: customer_id, data_type: text}
      - {name: snapshot_date, data_type: date}
      - {name: event_timestamp, data_type: timestamptz}
      - {name: total_orders, data_type: bigint, description: Orders so far,
         config: {meta: {echo: {window: lifetime, when_null: never}}}}
      - {name: revenue_last_90d, data_type: "numeric(18,2)",
         config: {meta: {echo: {window: 90 days, when_null: no order}}}}
      - {name: last_order_date, data_type: date, config: {meta: {echo: {window: lifetime, when_null: no order}}}}
      - {name: has_active_subscription, data_type: boolean,
         config: {meta: {echo: {window: the day, when_null: unknown}}}}
      - {name: segment, data_type: text, config: {meta: {echo: {window: the day, when_null: unknown}}}}
  - name: channel_daily
    description: One row is one channel as of the end of one day.
    config:
      meta:
        dagster: {owners: ["team:marketing_team"]}
        echo: {reach: as_of, entity: channel, refresh: daily, max_age_hours: 48, on_stale: flag}
    columns:
      - {name: channel_id, data_type: text}
      - {name: snapshot_date, data_type: date}
      - {name: event_timestamp, data_type: timestamptz}
      - {name: leads_28d, data_type: bigint, config: {meta: {echo: {window: 28 days, when_null: never}}}}
      - {name: conversions_28d, data_type: bigint, config: {meta: {echo: {window: 28 days, when_null: never}}}}
      - {name: conversion_rate_28d, data_type: numeric, config: {meta: {echo: {window: 28 days, when_null: no lead}}}}
      - {name: spend_28d, data_type: "numeric(18,2)", config: {meta: {echo: {window: 28 days, when_null: never}}}}
      - {name: orders_28d, data_type: bigint, config: {meta: {echo: {window: 28 days, when_null: never}}}}
      - {name: revenue_28d, data_type: "numeric(18,2)", config: {meta: {echo: {window: 28 days, when_null: never}}}}
  - name: not_a_view
    columns: [{name: customer_id, data_type: text}]
"""
_TABLES = """
create schema if not exists features;
create schema if not exists core;
create schema if not exists models;
drop table if exists features.customer_daily, features.channel_daily;
drop table if exists core.dim_experiment, core.fact_experiments, models.churn_scores;
create table features.customer_daily (
    customer_id text, snapshot_date date, event_timestamp timestamptz, total_orders bigint,
    revenue_last_90d numeric(18, 2), last_order_date date, has_active_subscription boolean, segment text
);
create table features.channel_daily (
    channel_id text, snapshot_date date, event_timestamp timestamptz, leads_28d bigint, conversions_28d bigint,
    conversion_rate_28d numeric, spend_28d numeric(18, 2), orders_28d bigint, revenue_28d numeric(18, 2)
);
create table core.dim_experiment (experiment_key bigint, unit text);
create table core.fact_experiments (experiment_key bigint, user_id text, assigned_at timestamptz);
create table models.churn_scores (
    customer_id text, snapshot_date date, event_timestamp timestamptz, churn_probability double precision,
    scored_at timestamptz
);
"""
_ROWS = """
insert into features.customer_daily
select
    'C' || customer, day, (day + 1)::timestamp at time zone 'UTC', customer * (day - %(first)s), customer * 1.25,
    case when customer %% 2 = 0 then %(first)s - customer end, case when customer %% 3 <> 0 then customer %% 2 = 0 end,
    'segment ' || customer %% 3
from generate_series(1, %(customers)s) as customer
cross join generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') as at (moment)
cross join lateral (select moment::date as day) as of_day;
insert into features.channel_daily
select 'web', day, (day + 1)::timestamp at time zone 'UTC', 100, 25, 0.25, 10.5, 7, 99.99
from generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 day') as at (moment)
cross join lateral (select moment::date as day) as of_day;
insert into core.dim_experiment values (1, 'customer'), (2, 'customer'), (3, 'user');
insert into core.fact_experiments
select experiment, 'C' || customer, timestamptz '2024-06-02 00:00Z' + experiment * interval '1 day'
from generate_series(1, 5) as customer cross join generate_series(1, 3) as experiment;
insert into models.churn_scores
select 'C' || customer, '2024-06-09', '2024-06-10Z', customer / 10.0, '2024-06-10 06:00Z'
from generate_series(1, 5) as customer;
"""


@dataclass(frozen=True)
class FeatureTables:
    """A warehouse with small feature tables, where Feast keeps what it keeps, and the views declared over them."""

    connection: psycopg.Connection[Any]
    places: Places
    models: Path
    views: list[FeatureView]

    def view(self, name: str) -> FeatureView:
        [found] = [view for view in self.views if view.name == name]
        return found

    def value(self, statement: str) -> Any:
        [(found,)] = self.connection.execute(statement.encode()).fetchall()
        return found

    def execute(self, statement: str) -> None:
        self.connection.execute(statement.encode())


def end_of(day: date) -> datetime:
    """When the snapshot of a day becomes knowable."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def make_tables(connection: psycopg.Connection[Any], customers: int = CUSTOMERS, days: int = DAYS) -> None:
    """Make the tables anew, with snapshots of these many days from the first of June on."""
    connection.execute(_TABLES.encode())
    connection.execute("truncate ops.superseded_features, ops.feature_definitions, ops.feature_materialisations")
    values = {"first": FIRST, "last": FIRST + timedelta(days=days - 1), "customers": customers}
    with psycopg.ClientCursor(connection) as cursor:  # several statements with parameters
        cursor.execute(_ROWS.encode(), values)


def declared_in(folder: Path) -> list[FeatureView]:
    """Write the declarations into a folder, and read them with the views that no model declares."""
    (folder / "features.yml").write_text(DECLARED, encoding="utf-8")
    return all_views(folder)


def restate(
    connection: psycopg.Connection[Any], customer: str, day: date, at: datetime, total_orders: int
) -> None:  # fmt: skip
    """Change a closed snapshot the way the model does: the old row is kept with the time at which it was superseded."""
    connection.execute(
        """insert into ops.superseded_features (asset, entity_id, snapshot_date, known_at, superseded_at, features)
           select 'features/customer_daily', rows.customer_id, rows.snapshot_date,
               coalesce((select max(superseded_at) from ops.superseded_features as before
                         where before.entity_id = rows.customer_id and before.snapshot_date = rows.snapshot_date),
                        rows.event_timestamp),
               %s, to_jsonb(rows)
           from features.customer_daily as rows where customer_id = %s and snapshot_date = %s""",
        [at, customer, day],
    )
    connection.execute(
        "update features.customer_daily set total_orders = %s where customer_id = %s and snapshot_date = %s",
        [total_orders, customer, day],
    )

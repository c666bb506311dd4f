"""A warehouse as far as churn reads it, without dbt: snapshots of customers, orders, subscriptions, and the ledger.

Label windows of 60 days do not overlap here, so that what is to come of each customer can be chosen; no tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg
import numpy as np
import psycopg

from echo_assets.feature_views import feature_views
from echo_assets.features.places import declared_views
from echo_assets.model_checks import score_checks
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import execute_assets
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.trained_models import churn_assets
from echo_ml.features.declared import view_named

HORIZON = 60
MONTH_ENDS = (date(2024, 1, 31), date(2024, 4, 30), date(2024, 7, 31), date(2024, 10, 31))
NEWEST, LAST_DAY = date(2025, 1, 15), date(2025, 1, 15)
CUSTOMERS = 700
_TABLES = """
create schema if not exists features; create schema if not exists core; create schema if not exists stg;
create table core.fact_transactions (customer_id text, transaction_date date, is_counted boolean);
create table core.fact_experiments (experiment_key bigint, user_id text, assigned_at timestamptz);
create table core.dim_experiment (experiment_key bigint, unit text);
create table stg.stg_subscriptions (
    subscription_id text, customer_id text, status text, effective_date date, effective_at timestamptz, _row_id bigint
);
"""
_LEDGER = """
insert into ops.dirty_days select 'revenue', day::date, 1
from generate_series(date '2023-12-01', %(last)s, interval '1 day') as days (day);
insert into ops.built_days values ('features/customer_daily', 'revenue', %(newest)s, 1);
"""
_ACTIVE, _RECENCY = "has_active_subscription", "recency_days"


@dataclass
class ChurnWarehouse:
    """One installation whose server is the session's, with a warehouse of its own."""

    settings: Settings
    connection: psycopg.Connection[Any]
    instance: dg.DagsterInstance
    job: dg.JobDefinition
    churned: dict[tuple[str, date], bool]

    @property
    def sources(self) -> Sources:
        return Sources(self.settings)

    def build(self, *names: str) -> RunReport:
        """Materialise assets in one run."""
        keys = [dg.AssetKey.from_user_string(name) for name in names]
        return execute_assets(keys, {}, self.job, self.instance)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        [(found,)] = self.rows(query, *values)
        return found

    def execute(self, statement: str, *values: Any) -> int:
        return self.connection.execute(statement.encode(), values).rowcount

    def metadata(self, asset: str) -> dict[str, Any]:
        """The metadata of the latest materialisation."""
        records = self.instance.fetch_materializations(dg.AssetKey.from_user_string(asset), limit=1).records
        found = records[0].asset_materialization
        assert found is not None
        return {name: value.value for name, value in found.metadata.items()}

    def verdicts(self, asset: str) -> dict[str, bool]:
        """The newest verdict of each check in the platform's own history."""
        query = """select distinct on (check_name) check_name, passed from ops.check_results
                   where asset = %s order by check_name, check_result_id desc"""
        return dict(self.rows(query, asset))  # type: ignore[arg-type]


def warehouse_of(
    settings: Settings, connection: psycopg.Connection[Any], instance: dg.DagsterInstance
) -> ChurnWarehouse:
    """Make and fill the tables in an empty database that `migrate` has been over."""
    connection.execute(_TABLES.encode())
    for view in declared_views():
        if view.query is None:
            columns = ", ".join(f'"{each.name}" {each.sql_type}' for each in view.features)
            own = f"{view.key} text, snapshot_date date, event_timestamp timestamptz"
            connection.execute(f"create table {view.table} ({own}, {columns})".encode())
    churned = _fill(connection)
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_LEDGER.encode(), {"last": LAST_DAY, "newest": NEWEST})
    return ChurnWarehouse(settings, connection, instance, job_of(settings), churned)


def job_of(settings: Settings) -> dg.JobDefinition:
    """A job of the features' and the models' assets alone: nothing of dbt is read for it."""
    sources = Sources(settings)
    definitions = dg.Definitions(
        assets=[*feature_views(sources), *churn_assets(sources)],
        asset_checks=[score_checks(sources)],
        executor=dg.in_process_executor,
    )
    return definitions.resolve_implicit_global_asset_job_def()


def add_snapshot(connection: psycopg.Connection[Any], day: date, rows: list[dict[str, Any]]) -> None:
    """A snapshot as the model of features leaves it."""
    names = ["customer_id", *view_named(declared_views(), "customer_daily").names]
    with connection.cursor() as cursor:
        statement = f"copy features.customer_daily (snapshot_date, event_timestamp, {', '.join(names)}) from stdin"
        with cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row([day, f"{day + timedelta(days=1)} 00:00+00", *(row.get(name) for name in names)])
    connection.execute(
        "insert into ops.feature_snapshots (asset, snapshot_date) values ('features/customer_daily', %s)", [day]
    )


def _fill(connection: psycopg.Connection[Any]) -> dict[tuple[str, date], bool]:
    """Customers with traits, snapshots of them, and what came of each in the window after a month end."""
    rng, churned = np.random.default_rng(9), {}
    is_trial = rng.random(CUSTOMERS) < 0.3
    for day in (*MONTH_ENDS, NEWEST):
        rows = _snapshot(rng, is_trial)
        add_snapshot(connection, day, rows)
        if day != NEWEST:
            churned |= {(row["customer_id"], day): row["churns"] for row in rows if _is_active(row)}
            _live_on(connection, rng, day, rows)
    return churned


def _snapshot(rng: np.random.Generator, is_trial: Any) -> list[dict[str, Any]]:
    """Some have long left, some only subscribe; trial customers leave more often, and so do those of long ago."""
    rows = []
    for number, trial in enumerate(is_trial):
        recency = int(rng.integers(0, 75))
        subscribes = bool(rng.random() < 0.2)
        chance = 0.02 + 0.3 * min(recency, HORIZON) / HORIZON + 0.45 * trial
        rows.append(
            {
                "customer_id": f"C{number:04}", _RECENCY: recency, _ACTIVE: subscribes,
                "total_orders": int(rng.poisson(5)), "orders_last_90d": int(rng.poisson(2)),
                "avg_order_value": None if rng.random() < 0.1 else round(float(rng.gamma(2, 20)), 2),
                "plan_type": "trial" if trial else "basic", "segment": None if rng.random() < 0.1 else "smb",
                "churns": bool(rng.random() < chance), "subscribes": subscribes,
            }
        )  # fmt: skip
    return rows


def _is_active(row: dict[str, Any]) -> bool:
    return row[_RECENCY] < HORIZON or row[_ACTIVE]


def _live_on(
    connection: psycopg.Connection[Any], rng: np.random.Generator, day: date, rows: list[dict[str, Any]]
) -> None:  # fmt: skip
    """Orders and states of subscriptions that lead to what was chosen, at the edges of the window as well."""
    orders, states = [], []
    for row in rows:
        customer = row["customer_id"]
        if row["churns"]:  # an order that does not count, one on the day itself, one right after the window
            orders += [(customer, day + timedelta(days=3), False), (customer, day, True)]
            orders.append((customer, day + timedelta(days=HORIZON + 1), True))
            states.append((customer, day + timedelta(days=HORIZON), "cancelled"))
        elif row["subscribes"]:  # lives on by a subscription alone
            states += [(customer, day, "active"), (customer, day + timedelta(days=HORIZON + 1), "cancelled")]
        else:
            orders.append((customer, day + timedelta(days=int(rng.choice([1, 30, HORIZON]))), True))
    with connection.cursor() as cursor:
        cursor.executemany("insert into core.fact_transactions values (%s, %s, %s)", orders)
        cursor.executemany(
            "insert into stg.stg_subscriptions values (%(c)s, %(c)s, %(s)s, %(d)s, %(d)s, 1)",
            [{"c": customer, "d": at, "s": status} for customer, at, status in states],
        )

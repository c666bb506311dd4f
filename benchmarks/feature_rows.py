"""Feature tables of a given size to measure with: the project's own views, with random values, and Feast over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from measuring import bench_place

from echo_assets.server.passwords import read_passfile
from echo_ml.features.declared import DAY, MOMENT, NUMBER, TEXT, TRUTH, WHOLE, FeatureView
from echo_ml.features.own_views import all_views
from echo_ml.features.stores import Places

SNAPSHOT = "2024-06-30"
_VALUES = {
    WHOLE: "(random() * 100)::bigint", NUMBER: "random() * 1000", TRUTH: "random() < 0.5", DAY: "date '2024-06-30' - 7",
    MOMENT: "timestamptz '2024-06-30'", TEXT: "'label ' || (random() * 5)::int",
}  # fmt: skip


@dataclass(frozen=True)
class FeatureRows:
    """A warehouse with rows for so many customers."""

    connection: psycopg.Connection[Any]
    places: Places
    views: list[FeatureView]

    def view(self, name: str) -> FeatureView:
        """One of the views."""
        return next(view for view in self.views if view.name == name)

    @property
    def feasts_own(self) -> dict[str, Any]:
        """Feast's PostgreSQL online store with its defaults, in a schema of its own."""
        return {**self.places.offline_store, "db_schema": "feast_online"}


@contextmanager
def feature_rows(customers: int) -> Iterator[FeatureRows]:
    """A server of its own, with one snapshot of each table; a tenth of the values is missing where that may be."""
    with bench_place() as place:
        password = read_passfile(place.databases.passfile).get(place.databases.owner, "")
        views = [view for view in all_views() if view.entity == "customer"]
        with psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("create schema if not exists features; create schema core; create schema feast_online")
            _fill(connection, next(view for view in views if view.query is None), customers)
            _fill_others(connection, customers)
            yield FeatureRows(connection, Places(place.url, password), views)


def _fill(connection: psycopg.Connection[Any], view: FeatureView, customers: int) -> None:
    columns = ", ".join(f"{each.name} {each.kind.online_type}" for each in view.features)
    values = ", ".join(
        f"case when random() > 0.1 or {each.name in ('total_orders', 'tenure_days')} then {_VALUES[each.kind]} end"
        for each in view.features
    )
    times = "snapshot_date date, event_timestamp timestamptz"
    connection.execute(f"create table {view.table} ({view.key} text, {times}, {columns})".encode())
    connection.execute(
        f"""insert into {view.table} select 'C' || customer, '{SNAPSHOT}', date '{SNAPSHOT}' + 1, {values}
            from generate_series(1, {customers}) as customer""".encode()
    )
    connection.execute(f"create unique index on {view.table} (snapshot_date, {view.key})".encode())
    connection.execute(f"analyze {view.table}".encode())


def _fill_others(connection: psycopg.Connection[Any], customers: int) -> None:
    """Each customer was exposed once, and scored once."""
    connection.execute(
        """create table core.dim_experiment as select 1::bigint as experiment_key, 'customer' as unit;
           create table core.fact_experiments (experiment_key bigint, user_id text, assigned_at timestamptz);
           create schema if not exists models;
           create table if not exists models.churn_scores (
               customer_id text, snapshot_date date, event_timestamp timestamptz, churn_probability double precision,
               model_version int, mlflow_run_id text, scored_at timestamptz
           )"""
    )
    rows = f"from generate_series(1, {customers}) as customer"
    connection.execute(f"insert into core.fact_experiments select 1, 'C' || customer, '2024-06-01Z' {rows}".encode())
    columns = "customer_id, snapshot_date, event_timestamp, churn_probability, model_version, mlflow_run_id, scored_at"
    scored = f"'C' || customer, date '{SNAPSHOT}', date '{SNAPSHOT}' + 1, random(), 1, 'r', now()"
    connection.execute(f"insert into models.churn_scores ({columns}) select {scored} {rows}".encode())


def other_online_store(places: Places, online_store: dict[str, Any], project: str) -> Any:
    """A feature store over the same history with another online store, and Feast's defaults for everything else."""
    from feast import FeatureStore, RepoConfig

    return FeatureStore(
        config=RepoConfig(
            project=project, provider="local", registry=places.registry, offline_store=places.offline_store,
            online_store=online_store, entity_key_serialization_version=3,
        )
    )  # fmt: skip

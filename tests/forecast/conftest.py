"""A warehouse with the tables that the forecast reads and writes, emptied for each test; made without dbt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from small_warehouse import MADE_BY_DBT, SmallWarehouse

from echo_assets import server
from echo_assets.settings import PROJECT
from echo_quality.forecast_tables import FORECAST_TABLES
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contract

NAME = "test_forecast"
CONTRACT = read_contract(PROJECT / "echo_quality" / "contracts" / "revenue.yaml")


@pytest.fixture(scope="session")
def forecast_database(databases: server.Databases) -> Iterator[server.Databases]:
    """A database of its own."""
    place = replace(databases, warehouse=NAME)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {NAME} with (force)".encode())
        admin.execute(f"create database {NAME} template template0".encode())
        yield place
        admin.execute(f"drop database {NAME} with (force)".encode())


@pytest.fixture
def warehouse(forecast_database: server.Databases) -> Iterator[SmallWarehouse]:
    """Its tables, empty."""
    with psycopg.connect(forecast_database.url(), autocommit=True) as connection:
        own = ", ".join(table.qualified for table in FORECAST_TABLES)
        connection.execute(f"drop table if exists {own}, ops.loads, ops.incidents cascade".encode())
        migrate(connection, [CONTRACT])
        connection.execute(MADE_BY_DBT.encode())
        connection.execute("truncate staging.revenue, staging.revenue_shadow, ops.dirty_days, ops.built_assets")
        yield SmallWarehouse(connection)

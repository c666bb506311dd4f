"""The real assets over the session's server: one platform a module, each beginning with empty tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from platform_under_test import Platform

from echo_assets.server import Databases
from echo_assets.server.dagster_home import render
from echo_assets.settings import Settings
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.migrate import OWN_TABLES
from echo_quality.odcs import read_contracts

_KEPT_BY_DAGSTER = ("alembic_version", "secondary_indexes", "instance_info")
_OURS = """
    schemaname in ('raw', 'staging', 'quarantine', 'ops', 'intermediate', 'streaming')
    or (schemaname = 'core' and tablename like 'fact_%') or tablename = 'revenue_daily'
"""


def emptied(url: str, condition: str) -> None:
    """Empty the tables of a database that fulfil a condition."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute(
            f"select format('%I.%I', schemaname, tablename) from pg_tables where {condition}".encode()
        ).fetchall()
        if tables:
            connection.execute(f"truncate {', '.join(table for (table,) in tables)} cascade".encode())


@pytest.fixture(scope="session")
def migrated(settings: Settings, databases: Databases) -> Databases:
    """The shared warehouse with all tables, and DAGSTER_HOME pointing at the session's server."""
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        prepare_tables(connection, read_contracts(settings.contracts).values())
    render(settings, databases)
    return databases


@pytest.fixture(scope="module")
def platform(
    settings: Settings, migrated: Databases, tmp_path_factory: pytest.TempPathFactory, part_of_the_graph: None
) -> Iterator[Platform]:
    """Empty tables, an empty event log, an empty landing folder; models that were built before stay."""
    landing: Path = tmp_path_factory.mktemp("landing")
    with (
        dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance,
        psycopg.connect(migrated.url(), autocommit=True) as connection,
    ):
        emptied(migrated.url(), _OURS)
        own = ", ".join(table.qualified for table in OWN_TABLES)
        connection.execute(f"drop table {own} cascade".encode())  # emptying some of them is refused
        prepare_tables(connection, read_contracts(settings.contracts).values())
        kept = ", ".join(f"'{name}'" for name in _KEPT_BY_DAGSTER)
        emptied(migrated.url("dagster"), f"schemaname = 'public' and tablename not in ({kept})")
        yield Platform(replace(settings, landing=landing), instance, connection)

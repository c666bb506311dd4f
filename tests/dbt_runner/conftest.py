"""A small dbt project on a real database: a seed, a view, a dimension, a daily fact and two marts."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from small_runs import SmallRuns

from echo_assets.dbt_models import dbt_models
from echo_assets.server import Databases
from echo_assets.settings import Settings

SMALL = Path(__file__).parent / "small_project"
ROWS = """
    create table staging.revenue as
    select
        't' || number as transaction_id,
        date '2024-01-01' + number % 10 as transaction_date,
        10.00::numeric(18, 2) as amount,
        'c' || number % 5 as customer_id,
        case number % 2 when 0 then 'web' else 'shop' end as channel
    from generate_series(0, 99) as number
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project for one test, not parsed yet."""
    return Path(shutil.copytree(SMALL, tmp_path / "project"))


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project for tests that do not change it."""
    return Path(shutil.copytree(SMALL, tmp_path_factory.mktemp("dbt") / "project"))


@pytest.fixture(scope="module")
def small_database(databases: Databases) -> Iterator[Databases]:
    """A database for one module: its name is part of the parsed project."""
    name = f"test_small_{secrets.token_hex(4)}"
    with psycopg.connect(databases.url(), autocommit=True) as opened:
        opened.execute(f"create database {name} template template0")
        yield replace(databases, warehouse=name)
        opened.execute(f"drop database {name} with (force)")


@pytest.fixture
def warehouse(small_database: Databases) -> Iterator[psycopg.Connection]:
    """A connection that commits at once; staging holds 100 sales on ten days, ten a day, and nothing is built."""
    with psycopg.connect(small_database.url(), autocommit=True) as opened:
        for schema in ("staging", "stg", "core", "finance"):
            opened.execute(f"drop schema if exists {schema} cascade")
        opened.execute("create schema staging")
        opened.execute(ROWS)
        yield opened


@pytest.fixture(scope="module")
def module_settings(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a home for this module, whose first partition is the third day of the sales."""
    return replace(settings, home=tmp_path_factory.mktemp("home"), start_date=date(2024, 1, 3))


@pytest.fixture(scope="module")
def small_models(
    module_settings: Settings, shared_project: Path, small_database: Databases
) -> list[dg.AssetsDefinition]:
    """The project's assets, built in the module's database."""
    return dbt_models(module_settings, shared_project, lambda: small_database)


@pytest.fixture
def run(small_models: list[dg.AssetsDefinition], warehouse: psycopg.Connection) -> SmallRuns:
    """Run the small project's assets on the fresh warehouse."""
    return SmallRuns.of(small_models)

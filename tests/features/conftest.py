"""A warehouse of its own for each module, with small feature tables; no Feast is imported by asking for it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from feature_tables import FeatureTables, declared_in, make_tables

from echo_assets.server import Databases
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings
from echo_ml.features.stores import Places
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contracts


@pytest.fixture(scope="module")
def warehouse(databases: Databases, settings: Settings) -> Iterator[Databases]:
    """A new database with every table that `echoctl up` makes."""
    name = f"features_{secrets.token_hex(6)}"
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")
        place = replace(databases, warehouse=name)
        with psycopg.connect(place.url(), autocommit=True) as owner:
            migrate(owner, read_contracts(settings.contracts).values())
        try:
            yield place
        finally:
            admin.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def of_module(warehouse: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeatureTables]:
    """The tables, as the module's tests leave them."""
    models = tmp_path_factory.mktemp("models")
    password = read_passfile(warehouse.passfile)[warehouse.owner]
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        make_tables(connection)
        yield FeatureTables(connection, Places(warehouse.url(), password), models, declared_in(models))


@pytest.fixture
def tables(of_module: FeatureTables) -> Iterator[FeatureTables]:
    """The same; whatever a test does to them is undone."""
    with of_module.connection.transaction(force_rollback=True):
        yield of_module

"""MLflow over the session's server, and a warehouse with the tables that models keep; a session's tests share both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from churn_warehouse import HORIZON, ChurnWarehouse, warehouse_of

from echo_assets import server
from echo_assets.settings import Settings
from echo_assets.warehouse_tables import prepare_tables
from echo_ml.tracking import Tracking
from echo_quality.odcs import read_contracts

NAME, CHURN, CHURN_MLFLOW = "test_models", "test_churn", "test_churn_mlflow"


@pytest.fixture(scope="session")
def models_place(databases: server.Databases) -> Iterator[server.Databases]:
    """A warehouse of its own for the tests of models: its tables, and no contract's."""
    place = replace(databases, warehouse=NAME)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {NAME} with (force)".encode())
        admin.execute(f"create database {NAME} template template0".encode())
        with psycopg.connect(place.url(), autocommit=True) as owner:
            prepare_tables(owner, [])
        yield place
        admin.execute(f"drop database {NAME} with (force)".encode())


@pytest.fixture
def models_db(models_place: server.Databases) -> Iterator[psycopg.Connection]:
    """A connection of the owner to it."""
    with psycopg.connect(models_place.url(), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def tracking(databases: server.Databases, tmp_path_factory: pytest.TempPathFactory) -> Tracking:
    """MLflow's database of the session's server, with the files of models in a temporary folder."""
    root: Path = tmp_path_factory.mktemp("mlflow")
    return Tracking.at(databases.url("mlflow"), root)


@pytest.fixture(scope="module")
def churn_warehouse(databases: server.Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChurnWarehouse]:
    """An installation with a warehouse and an MLflow of its own, as far as churn needs them; one a module."""
    home = tmp_path_factory.mktemp("churn")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        for name in (CHURN, CHURN_MLFLOW):
            admin.execute(f"drop database if exists {name} with (force)".encode())
            admin.execute(f"create database {name} template template0".encode())
        url = replace(databases, warehouse=CHURN).url()
        settings = Settings.from_environment(
            {
                "ECHO_HOME": f"{home}",
                "ECHO_LANDING": f"{home}/landing",
                "ECHO_DATABASE_URL": url,
                "MLFLOW_TRACKING_URI": databases.url(CHURN_MLFLOW),
                "ECHO_CHURN_HORIZON_DAYS": str(HORIZON),
            }
        )
        with psycopg.connect(url, autocommit=True) as connection, dg.DagsterInstance.ephemeral() as instance:
            prepare_tables(connection, read_contracts(settings.contracts).values())
            yield warehouse_of(settings, connection, instance)
        for name in (CHURN, CHURN_MLFLOW):
            admin.execute(f"drop database {name} with (force)".encode())

"""MLflow over the session's server, and a warehouse with the tables that models keep; a session's tests share both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from echo_assets import server
from echo_ml.tracking import Tracking
from echo_quality.migrate import migrate

NAME = "test_models"


@pytest.fixture(scope="session")
def models_place(databases: server.Databases) -> Iterator[server.Databases]:
    """A warehouse of its own for the tests of models: its tables, and no contract's."""
    place = replace(databases, warehouse=NAME)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {NAME} with (force)".encode())
        admin.execute(f"create database {NAME} template template0".encode())
        with psycopg.connect(place.url(), autocommit=True) as owner:
            migrate(owner, [])
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

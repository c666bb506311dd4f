"""A warehouse with the real contracts in a fresh database, and a landing folder to drop files into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from loading.warehouse import Warehouse

from echo_assets.server import Databases
from echo_quality.contract import Contract
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contracts

CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    return read_contracts(CONTRACTS)


@pytest.fixture(scope="session")
def loading_url(databases: Databases, contracts: dict[str, Contract]) -> Iterator[str]:
    """One migrated database for all loading tests; each leaves it empty."""
    place = replace(databases, warehouse="test_loading")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_loading")
        admin.execute("create database test_loading template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            migrate(connection, contracts.values())
        yield place.url()
        admin.execute("drop database test_loading with (force)")


@pytest.fixture
def warehouse(loading_url: str, contracts: dict[str, Contract], tmp_path: Path) -> Iterator[Warehouse]:
    with psycopg.connect(loading_url, autocommit=True) as connection:
        found = Warehouse(loading_url, tmp_path, contracts, connection)
        yield found
        found.empty()

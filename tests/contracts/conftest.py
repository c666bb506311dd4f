"""Warehouses for contracts, the real ones and those of the tests, each in a database of its own."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from loading.warehouse import Warehouse

from echo_assets.server import Databases
from echo_quality.contract import Contract, Dialect
from echo_quality.discover import Proposal, discover
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contract, read_contracts

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2024, 6, 30)


@pytest.fixture(scope="session")
def contracts() -> dict[str, Contract]:
    return read_contracts(ROOT / "echo_quality" / "contracts")


@pytest.fixture(scope="session")
def contracts_url(databases: Databases, contracts: dict[str, Contract]) -> Iterator[str]:
    """One database with all sources; each test leaves it empty."""
    place = replace(databases, warehouse="test_contracts")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_contracts")
        admin.execute("create database test_contracts template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            migrate(connection, contracts.values())
        yield place.url()
        admin.execute("drop database test_contracts with (force)")


@pytest.fixture
def warehouse(contracts_url: str, contracts: dict[str, Contract], tmp_path: Path) -> Iterator[Warehouse]:
    with psycopg.connect(contracts_url, autocommit=True) as connection:
        found = Warehouse(contracts_url, tmp_path, contracts, connection)
        yield found
        found.empty()


@pytest.fixture
def warehouse_of(fresh_database: Databases, tmp_path: Path) -> Iterator[Callable[..., Warehouse]]:
    """warehouse_of(contract, ...): a warehouse with just these contracts."""
    with ExitStack() as stack:

        def made(*given: Contract) -> Warehouse:
            connection = stack.enter_context(psycopg.connect(fresh_database.url(), autocommit=True))
            migrate(connection, given)
            by_source = {contract.source: contract for contract in given}
            return Warehouse(fresh_database.url(), tmp_path, by_source, connection)

        yield made


@pytest.fixture
def proposed(tmp_path: Path) -> Callable[..., tuple[Proposal, Contract | None]]:
    """proposed(content, name): the proposal for a file and the contract that it is, if it can be one."""

    def made(
        content: bytes | str, name: str = "orders.csv", dialect: Dialect | None = None
    ) -> tuple[Proposal, Contract | None]:
        workspace = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
        workspace.mkdir()
        path = workspace / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        proposal = discover(path, "orders", workspace, TODAY, dialect)
        place = workspace / "orders.yaml"
        place.write_text(proposal.text, encoding="utf-8")
        return proposal, read_contract(place) if proposal.is_usable else None

    return made

"""Real files whose figures are known. They lie beside the checkout, or in the folder that ECHO_SAMPLES names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from loading.warehouse import Warehouse

from echo_assets.server import Databases
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.contract import Contract

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """sample(name): the bytes of a file; the test is skipped where there is none."""
    folder = Path(os.environ.get("ECHO_SAMPLES") or ROOT.parent / "shared" / "data")

    def read(name: str) -> bytes:
        path = folder / name
        if not path.is_file():
            pytest.skip(f"no {name} in {folder}: put the sample data there, or name its folder in ECHO_SAMPLES")
        return path.read_bytes()

    return read


@pytest.fixture
def warehouse_of(fresh_database: Databases, tmp_path: Path) -> Iterator[Callable[[dict[str, Contract]], Warehouse]]:
    """warehouse_of(contracts): an empty warehouse with these contracts."""
    with ExitStack() as stack:

        def made(contracts: dict[str, Contract]) -> Warehouse:
            connection = stack.enter_context(psycopg.connect(fresh_database.url(), autocommit=True))
            prepare_tables(connection, contracts.values())
            return Warehouse(fresh_database.url(), tmp_path, contracts, connection)

        yield made

"""A warehouse with the real contracts in a fresh database, and a landing folder to drop files into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from echo_assets.server import Databases
from echo_quality.audit import audit
from echo_quality.contract import Contract
from echo_quality.invariants import INVARIANTS
from echo_quality.loading.loads import Load, withdraw_refused
from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path, take_in
from echo_quality.loading.typed_rows import Engine
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contracts

CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"
HEADER = "transaction_id,date,amount,customer_id,status\n"


@dataclass
class Warehouse:
    """Loads files the way the assets do, one call a file, and answers questions about the result."""

    url: str
    folder: Path
    contracts: dict[str, Contract]
    connection: psycopg.Connection[Any]
    timezone: str = "UTC"
    workspaces: int = field(default=0)

    def drop(self, source: str, name: str, content: bytes | str) -> SourceFile:
        path = self.folder / "landing" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return SourceFile(source, path, name)

    def load(self, source: str, name: str, content: bytes | str, share: float | None = None) -> Load:
        return self.load_file(self.drop(source, name, content), share)

    def load_file(self, file: SourceFile, share: float | None = None) -> Load:
        contract = self.contracts[file.source]
        limit = contract.max_rejected_share if share is None else share
        engine = self.engine()
        taken = take_in(self.connection, contract, file, self.folder / "lake", engine, limit)
        return self.finish(taken.load, contract, engine)

    def engine(self) -> Engine:
        self.workspaces += 1
        workspace = self.folder / f"work{self.workspaces}"
        workspace.mkdir()
        return Engine(workspace, business_timezone=self.timezone)

    def finish(self, load: Load, contract: Contract, engine: Engine) -> Load:
        if load.status != "landed":
            return load
        checked = audit(self.connection, contract, load, self.url, self.timezone)
        lake = self.folder / "lake"
        table = text_of(load, contract, archived_path(load, lake), load.file, engine.workspace)
        return publish(self.connection, contract, load, table, engine, checked.refusal, lake).load

    def forget_missing(self, source: str, present: list[str]) -> list[str]:
        return withdraw_refused(self.connection, source, present)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def revenue(self) -> str:
        return str(
            self.value("select coalesce(sum(amount), 0) from staging.revenue where status in ('paid', 'completed')")
        )

    def reasons(self, source: str) -> dict[int, list[str]]:
        found = self.rows(f"select _row_number, reasons from quarantine.{source} order by _row_id")
        return {number: [reason["rule"] for reason in reasons] for number, reasons in found}

    def broken_invariants(self, source: str) -> list[str]:
        contract = self.contracts[source]
        return [item.name for item in INVARIANTS if item.offenders(self.connection, contract)]


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
        yield Warehouse(loading_url, tmp_path, contracts, connection)
        tables = connection.execute(
            """select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables
               where schemaname in ('raw', 'staging', 'quarantine', 'ops') and pg_relation_size(
                   format('%I.%I', schemaname, tablename)::regclass) > 0"""
        ).fetchone()
        if tables and tables[0]:
            connection.execute(f"truncate {tables[0]}".encode())

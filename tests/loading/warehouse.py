"""A warehouse to load files into, as the assets do it, and questions about the result. Fixtures are in conftest.py."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from echo_quality.audit import Audit, audit
from echo_quality.contract import Contract
from echo_quality.invariants import INVARIANTS
from echo_quality.loading.limits import Limits
from echo_quality.loading.loads import Load, withdraw_refused
from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path, take_in
from echo_quality.loading.typed_rows import Engine

OPEN_REFUSAL = "no_refused_load_open"


@dataclass
class Warehouse:
    """Loads files the way the assets do, one call a file, and answers questions about the result."""

    url: str
    folder: Path
    contracts: Mapping[str, Contract] = field(repr=False)
    connection: psycopg.Connection[Any]
    timezone: str = "UTC"
    limits: Limits = field(default_factory=Limits)
    audited: Audit | None = field(default=None, repr=False)

    def drop(self, source: str, name: str, content: bytes | str) -> SourceFile:
        path = self.folder / "landing" / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return SourceFile(source, path, name)

    def load(self, source: str, name: str, content: bytes | str, share: float | None = None) -> Load:
        return self.load_file(self.drop(source, name, content), share)

    def load_file(self, file: SourceFile, share: float | None = None) -> Load:
        contract, engine = self.contracts[file.source], self.engine()
        return self.finish(self.land(file, engine, share), contract, engine)

    def land(self, file: SourceFile, engine: Engine, share: float | None = None) -> Load:
        contract = self.contracts[file.source]
        limit = contract.max_rejected_share if share is None else share
        return take_in(self.connection, contract, file, self.folder / "lake", engine, limit).load

    def engine(self) -> Engine:
        workspace = Path(tempfile.mkdtemp(prefix="work-", dir=self.folder))
        return Engine(workspace, business_timezone=self.timezone, limits=self.limits)

    def audit(self, load: Load, contract: Contract) -> Audit:
        return audit(self.connection, contract, load, self.url, self.timezone)

    def finish(self, load: Load, contract: Contract, engine: Engine) -> Load:
        if load.status != "landed":
            return load
        self.audited = self.audit(load, contract)
        lake = self.folder / "lake"
        table = text_of(load, contract, archived_path(load, lake), load.file, engine.workspace)
        return publish(self.connection, contract, load, table, engine, self.audited.refusal, lake).load

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

    def content(self, source: str) -> str:
        """A hash of the published rows without their place in a file."""
        rows = f"select md5(row({', '.join(self.contracts[source].names)})::text) as line from staging.{source}"
        return str(self.value(f"select md5(coalesce(string_agg(line, ',' order by line), '')) from ({rows}) as lines"))

    def broken_invariants(self, source: str) -> list[str]:
        contract = self.contracts[source]
        return [item.name for item in INVARIANTS if item.offenders(self.connection, contract)]

    def empty(self) -> None:
        """Forget all rows of all tables."""
        tables = self.value(
            """select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables
               where schemaname in ('raw', 'staging', 'quarantine', 'ops') and pg_relation_size(
                   format('%I.%I', schemaname, tablename)::regclass) > 0"""
        )
        if tables:
            self.connection.execute(f"truncate {tables}".encode())

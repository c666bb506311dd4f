"""A warehouse with a source that is read from a server, and such servers: another database, an API on this machine."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from extracts.shop_api import ShopApi
from loading.warehouse import Warehouse

from echo_assets.server import Databases
from echo_quality.contract import Contract
from echo_quality.extracts.extract import Asked, Extracted, extract
from echo_quality.extracts.windows import Range
from echo_quality.loading.source_file import SourceFile
from echo_quality.migrate import migrate
from echo_quality.odcs import read_contract

NOW = datetime.datetime(2024, 3, 10, 12, tzinfo=datetime.UTC)
CONTRACT = """
apiVersion: v3.0.2
kind: DataContract
id: test-orders
name: orders
version: 1.0.0
status: active
description: {{purpose: What a shop sold.}}
team: [{{username: shop_team, role: owner}}]
servers:
{server}
customProperties:
  - {{property: eventColumn, value: changed_at}}
  - {{property: conserved, value: amount}}
schema:
  - name: orders
    dataGranularityDescription: One row is one order.
    properties:
      - {{name: order_id, logicalType: string, required: true, primaryKey: true, synonyms: [{{synonym: id}}]}}
      - {{name: changed_at, logicalType: timestamp, required: true}}
      - {{name: amount, logicalType: number, required: true, customProperties: [{{property: scale, value: 4}}]}}
      - {{name: is_gift, logicalType: boolean}}
      - {{name: details, logicalType: object}}
      - {{name: note, logicalType: string}}
      - {{name: city, logicalType: string, synonyms: [{{synonym: ship.city}}]}}
"""


def contract_with(folder: Path, server: str) -> Contract:
    """The contract of orders with this server, written as YAML."""
    path = folder / "orders.yaml"
    indented = "\n".join(f"  {line}" for line in server.strip().splitlines())
    path.write_text(CONTRACT.format(server=indented), encoding="utf-8")
    return read_contract(path)


@dataclass
class Shop:
    """Extracting orders into a warehouse, as the asset does it, and loading what was written."""

    warehouse: Warehouse
    contract: Contract
    secrets: dict[str, str]
    waited: list[float]

    def extract(
        self, wanted: Range | None = None, *, may_be_empty: bool = False, now: datetime.datetime = NOW
    ) -> Extracted:
        asked = Asked(
            self.secrets, self.folder, self.warehouse.folder, now, wanted, may_be_empty, pause=self.waited.append
        )
        return extract(self.warehouse.connection, self.contract, asked)

    def take_in(self) -> None:
        """Load every file that stands."""
        self.warehouse.contracts = {"orders": self.contract}
        for path in sorted(self.folder.rglob("*.csv")):
            load = self.warehouse.load_file(SourceFile("orders", path, str(path.relative_to(self.folder))))
            assert load.is_accepted, load.reason

    def staged(self, columns: str = "order_id, amount::text") -> list[tuple[Any, ...]]:
        self.take_in()
        assert self.warehouse.broken_invariants("orders") == []
        return self.warehouse.rows(f"select {columns} from staging.orders order by order_id")

    @property
    def folder(self) -> Path:
        return self.warehouse.folder / "landing" / "orders"

    @property
    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def rows_of(self, file: str) -> list[str]:
        return (self.folder / file).read_text(encoding="utf-8").splitlines()[1:]


@pytest.fixture(scope="session")
def orders_url(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One warehouse for all these tests; each leaves it empty."""
    place = replace(databases, warehouse="test_extracts")
    contract = contract_with(tmp_path_factory.mktemp("contract"), "- {server: any, type: api, location: 'http://x/'}")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_extracts")
        admin.execute("create database test_extracts template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            migrate(connection, [contract])
        yield place.url()
        admin.execute("drop database test_extracts with (force)")


@pytest.fixture
def shop_of(orders_url: str, tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """shop_of(server, secrets): the warehouse with orders read from that server."""
    with psycopg.connect(orders_url, autocommit=True) as connection:
        warehouse = Warehouse(orders_url, tmp_path, {}, connection)

        def made(server: str, **variables: str) -> Shop:
            return Shop(warehouse, contract_with(tmp_path, server), variables, [])

        yield made
        warehouse.empty()


@pytest.fixture(scope="session")
def shop_database(databases: Databases) -> Iterator[str]:
    """A second database, that of the shop's own system."""
    name = f"shop_{secrets.token_hex(4)}"
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")
        yield replace(databases, warehouse=name).url()
        admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def shop_orders(shop_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the shop's database with its table of orders, whose names need quotes."""
    with psycopg.connect(shop_database, autocommit=True) as connection:
        connection.execute('create schema if not exists "Sales"')
        connection.execute('drop table if exists "Sales"."order"')
        connection.execute(
            """create table "Sales"."order" (id bigint primary key, changed_at timestamptz, amount numeric,
               is_gift boolean, details jsonb, note text)"""
        )
        yield connection


@pytest.fixture
def shop_api() -> Iterator[ShopApi]:
    """A REST API on this machine that can be told to fail, throttle and repeat."""
    with ShopApi.started() as api:
        yield api

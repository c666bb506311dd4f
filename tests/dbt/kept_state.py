"""A state of the tests' database that was built once, and with which each test of a module begins.

The server copies a database sooner than dbt builds its tables. What the state is, is the business of the module.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from dbt_warehouse import Warehouse

from echo_assets.server import Databases


@dataclass(frozen=True)
class Kept:
    """The warehouse, and the copy of its database that `keep` makes."""

    warehouse: Warehouse
    databases: Databases

    @property
    def _copy(self) -> str:
        return f"{self.databases.warehouse}_kept"

    def keep(self) -> Kept:
        """Remember the database as it is now."""
        self.forget()
        self._copied(self.databases.warehouse, self._copy)
        return self

    def again(self) -> Warehouse:
        """The warehouse as it was when it was kept."""
        self.warehouse.connection.close()
        self._drop(self.databases.warehouse)
        self._copied(self._copy, self.databases.warehouse)
        return self.warehouse

    def forget(self) -> None:
        """Remove the copy."""
        self._drop(self._copy)

    def _copied(self, origin: str, name: str) -> None:
        self.warehouse.connection.close()
        self._do(f"create database {name} template {origin} strategy file_copy")
        self.warehouse.connection = psycopg.connect(self.databases.url(), autocommit=True)

    def _drop(self, name: str) -> None:
        self._do(f"drop database if exists {name} with (force)")

    def _do(self, command: str) -> None:
        with psycopg.connect(self.databases.url("mlflow"), autocommit=True) as connection:
            connection.execute(command.encode())

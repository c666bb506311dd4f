"""The API over a small warehouse and a model that is a formula, asked through its own gate in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from serving_under_test import Served, served_over, warehouse_on

from echo_assets import server


@pytest.fixture(scope="module")
def warehouse(databases: server.Databases) -> Iterator[server.Databases]:
    """A database of its own, with what the API reads."""
    with warehouse_on(databases) as place:
        yield place


@pytest.fixture(scope="module")
def owner(warehouse: server.Databases) -> Iterator[psycopg.Connection[Any]]:
    """Who may write."""
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def served(warehouse: server.Databases) -> Iterator[Served]:
    """The API as it is on this machine, without keys; nothing looks at champion or verdicts but the tests."""
    with served_over(warehouse) as found:
        yield found

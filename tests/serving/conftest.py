"""The API over a small warehouse and a model that is a formula, asked through its own gate in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from served_model import Registry
from served_warehouse import NOW, know, make_warehouse
from serving_under_test import CUSTOMER, Served, backend_over
from starlette.testclient import TestClient

from echo_assets import server
from echo_ml.serving.app import create_app
from echo_ml.serving.limits import ServingLimits

WAREHOUSE = "test_serving"


@pytest.fixture(scope="module")
def warehouse(databases: server.Databases) -> Iterator[server.Databases]:
    """A database of its own, with what the API reads."""
    place = replace(databases, warehouse=WAREHOUSE)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {WAREHOUSE}")
        admin.execute(f"create database {WAREHOUSE} template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            make_warehouse(connection)
            know(connection, "customer_daily", "C1", CUSTOMER)
            know(connection, "customer_exposures", "C1", {"experiment_exposure_count": 2})
            know(connection, "product_daily", "P 1/2", {"price": 9.5})
        yield place
        admin.execute(f"drop database {WAREHOUSE} with (force)")


@pytest.fixture(scope="module")
def owner(warehouse: server.Databases) -> Iterator[psycopg.Connection[Any]]:
    """Who may write."""
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def served(warehouse: server.Databases) -> Iterator[Served]:
    """The API as it is on this machine, without keys; nothing looks at champion or verdicts but the tests."""
    registry, clock = Registry(), [NOW]
    url = warehouse.url(read_only=True)
    backend = backend_over(url, registry, clock, ServingLimits(rate=10_000, max_batch=5))
    with TestClient(create_app(backend, watch=False), base_url="http://127.0.0.1") as client:
        backend.champion.look()
        backend.verdicts.refresh()
        yield Served(url, registry, backend, client, clock)

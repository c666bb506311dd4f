"""A ledger in a database of its own, and an instance on the storage that the platform uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from echo_assets.server import Databases
from echo_assets.settings import PROJECT

LEDGER = (PROJECT / "echo_quality" / "ledger.sql").read_text()


@pytest.fixture
def warehouse(fresh_database: Databases) -> Iterator[psycopg.Connection]:
    """A connection, committing at once, to a database that has an empty ledger and the schema core."""
    with psycopg.connect(fresh_database.url(), autocommit=True) as opened:
        opened.execute(LEDGER.encode())
        opened.execute("create schema core")
        yield opened


@pytest.fixture
def instance(fresh_database: Databases, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A persistent instance on the pooled PostgreSQL storage."""
    storage = {
        "module": "echo_assets.instance",
        "class": "PooledPostgresStorage",
        "config": {"postgres_url": fresh_database.url(fresh_database.warehouse)},
    }
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"storage": {"custom": storage}}) as opened:
        yield opened

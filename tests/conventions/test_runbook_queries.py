"""Every query of the runbook can be pasted as it is, by a user who may only read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from documents import RUNBOOK, blocks

from echo_assets import server
from echo_assets.settings import PROJECT
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.odcs import read_contracts

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def reading(databases: server.Databases) -> Iterator[psycopg.Connection]:
    """A reader's connection to a database that has all tables, and no rows."""
    place = replace(databases, warehouse="test_runbook")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_runbook")
        admin.execute("create database test_runbook template template0")
        with psycopg.connect(place.url(), autocommit=True) as owner:
            prepare_tables(owner, read_contracts(PROJECT / "echo_quality" / "contracts").values())
        with psycopg.connect(place.url(read_only=True), autocommit=True) as connection:
            yield connection
        admin.execute("drop database test_runbook with (force)")


@pytest.mark.parametrize("query", blocks(RUNBOOK, "sql"))
def test_the_query_runs_as_it_stands(reading: psycopg.Connection, query: str) -> None:
    cursor = reading.execute(query.encode())
    assert cursor.description, "a query of the runbook shows something"

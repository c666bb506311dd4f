"""A real warehouse for the dbt project, and dbt in this process: parsed once, run many times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from dbt_command import Dbt
from dbt_warehouse import CALENDAR, Warehouse
from kept_state import Kept

from echo_assets.dbt.in_process import read_parsed
from echo_assets.dbt.project import prepare_manifest
from echo_assets.server import Databases

PROJECT = Path(__file__).parents[2] / "echo_dbt"
DATABASE = "test_dbt"


@pytest.fixture(scope="session")
def dbt_database(databases: Databases) -> Iterator[Databases]:
    """A database that the tests of this folder share: its name is written into the parsed project."""
    with psycopg.connect(databases.url(), autocommit=True) as opened:
        opened.execute(f"drop database if exists {DATABASE}")
        opened.execute(f"create database {DATABASE} template template0")
        yield replace(databases, warehouse=DATABASE)
        opened.execute(f"drop database {DATABASE} with (force)")


@pytest.fixture(scope="session")
def dbt(dbt_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dbt]:
    """dbt on that database."""
    artifacts = str(tmp_path_factory.mktemp("dbt"))
    options = (
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", artifacts, "--log-path", artifacts, "--quiet"),
        *("--no-write-json", "--log-level-file", "none"),
    )
    with pytest.MonkeyPatch.context() as patched:
        for variable, value in dbt_database.environment().items():
            patched.setenv(variable, value)
        parsed = prepare_manifest(PROJECT, PROJECT / "target" / DATABASE, DATABASE).parent  # once for all processes
        yield Dbt(read_parsed(parsed), options)


@pytest.fixture(scope="session")
def prepared(dbt_database: Databases, dbt: Dbt) -> Iterator[Warehouse]:
    """What no test changes: seeds, staging views over empty tables, and the calendar.

    Autocommit: a test sees what dbt committed, and dbt what the test wrote.
    """
    made = Warehouse(psycopg.connect(dbt_database.url(), autocommit=True))
    made.create()
    dbt("seed")
    dbt("run", "--select", "config.materialized:view", CALENDAR)
    yield made
    made.connection.close()


@pytest.fixture
def warehouse(prepared: Warehouse) -> Warehouse:
    """Empty staging tables and an empty ledger."""
    prepared.reset()
    return prepared


@pytest.fixture(scope="module")
def kept(prepared: Warehouse, dbt_database: Databases) -> Iterator[Kept]:
    """For a state that a module builds once, and with which each of its tests begins."""
    found = Kept(prepared, dbt_database)
    yield found
    found.again()  # with a whole calendar, whatever became of it
    found.forget()

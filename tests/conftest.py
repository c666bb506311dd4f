"""Fixtures that every test may use: one real embedded server per session, in an ECHO_HOME of its own.

A test that asks for none of them starts no server. Nothing here knows of tables, assets or dbt.
"""

from __future__ import annotations

import gc
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from small_graph import HEADLINE, UNTIL_THE_MODELS, small_graph
from unsynced import leave_unsynced

from echo_assets import server
from echo_assets.cli import GARBAGE
from echo_assets.settings import Settings

gc.set_threshold(*GARBAGE)  # as the command has it: the tests run the same graph, over and over

LONGEST_FIRST = ("browser", "cli", "assets", "planner", "dbt_runner", "loading", "containers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the server, so that `-m "not database"` is the part that runs without one.

    Folders whose files take long come first: a long file that starts last would leave the other core idle.
    """
    for item in items:
        if "databases" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings with every folder in a temporary place; variables of the developer's shell are not read."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)  # when root runs the tests, the server's account must get in
    yield Settings.from_environment({"ECHO_HOME": f"{folder}/home", "ECHO_LANDING": f"{folder}/landing"})
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def databases(settings: Settings) -> Iterator[server.Databases]:
    """The session's server, up; its databases are shared, so leave them as you found them or use fresh_database."""
    try:
        found = server.up(settings)
        leave_unsynced(settings, found)
        yield found
    finally:
        server.down(settings)


@pytest.fixture
def connection(databases: server.Databases) -> Iterator[psycopg.Connection]:
    """A connection of the owner to the shared database ``echo``; what is not committed is rolled back."""
    with psycopg.connect(databases.url()) as opened:
        yield opened
        opened.rollback()


@pytest.fixture
def fresh_database(databases: server.Databases) -> Iterator[server.Databases]:
    """The same server with a new empty database as its warehouse: ``fresh_database.url()``, ``.environment()``."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(databases.url(), autocommit=True) as opened:
        opened.execute(f"create database {name} template template0")
        try:
            yield replace(databases, warehouse=name)
        finally:
            opened.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    """What `part_of_the_graph` brings up to date, with all that it reads; a module may ask for other models."""
    return HEADLINE


@pytest.fixture(scope="module")
def stages() -> Collection[str]:
    """What a refresh of `part_of_the_graph` consists of; a module about what follows the models asks for more."""
    return UNTIL_THE_MODELS


@pytest.fixture(scope="module")
def part_of_the_graph(models: Collection[str], stages: Collection[str]) -> Iterator[None]:
    """For the tests of one module, a refresh is of a part of the graph."""
    with small_graph(models, stages):
        yield

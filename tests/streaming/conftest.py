"""Fixtures of the stream's tests: a database with its tables, emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stream_database import Stream, database_with_stream

from echo_assets import server


@pytest.fixture(scope="session")
def stream_databases(databases: server.Databases) -> Iterator[server.Databases]:
    """The session's server, with a warehouse that has the stream's tables."""
    with database_with_stream(databases, "test_stream") as place:
        yield place


@pytest.fixture
def stream(stream_databases: server.Databases) -> Iterator[Stream]:
    """Empty tables, and the means to write into them."""
    found = Stream(stream_databases.url())
    yield found
    found.close()

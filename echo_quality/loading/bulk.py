"""What makes large loads fast: the key index built once after the copy, and batches typed while others are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from psycopg import Connection, sql

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import name
from echo_quality.generate.tables import tables_of
from echo_quality.loading.loads import Load

Item = TypeVar("Item")
_WORTHWHILE = 100_000


@contextmanager
def key_index_built_after(
    connection: Connection[Any], contract: Contract, load: Load, meanwhile: Callable[[], None]
) -> Iterator[None]:
    """Leave the key index of staging aside during the copy, if the load is at least as large as what is there.

    Sorting all keys once takes a fraction of the time of inserting them one by one. Until the transaction ends, readers
    of the table wait; so a small load into a large table never does this. `meanwhile` is called while it is built.
    """
    rows = load.rows_in_file or 0
    if rows < _WORTHWHILE or rows < _rows_there(connection, contract.source):
        yield
        return
    staging = tables_of(contract)[1]
    index = name(staging.index_name("key"))
    connection.execute(f"drop index if exists {staging.schema}.{index}".encode())
    made_anew(connection, sql.Identifier("staging", contract.source))
    yield
    with ThreadPoolExecutor(1) as other:
        done = other.submit(meanwhile)
        connection.execute("set local max_parallel_maintenance_workers = 0")  # the other core has work, too
        for statement in staging.index_statements:
            connection.execute(statement.encode())
        done.result()


def _rows_there(connection: Connection[Any], source: str) -> int:
    row = connection.execute(
        """select coalesce(sum(staged), 0) from ops.loads
           where source = %s and status in ('loaded', 'replaced')""",
        [source],
    ).fetchone()
    return int(row[0]) if row else 0


def made_anew(connection: Connection[Any], table: sql.Identifier) -> bool:
    """Make an empty table anew; whether it was empty.

    What is copied into it in the same transaction need not go through the log as well, where the server keeps no more
    of a log than it needs itself (wal_level = minimal), and can be frozen at once, which spares its first reader work.
    """
    if connection.execute(sql.SQL("select from {} limit 1").format(table)).fetchone() is not None:
        return False
    connection.execute(sql.SQL("truncate {}").format(table))
    connection.execute("set local backend_flush_after = '1MB'")  # else the disk is idle until the commit waits for it
    return True


def produced_ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, each made in another thread while its predecessor is being used."""
    with ThreadPoolExecutor(1) as producer:
        done = object()
        coming = producer.submit(next, items, done)
        while (item := coming.result()) is not done:
            coming = producer.submit(next, items, done)
            yield item  # type: ignore[misc]

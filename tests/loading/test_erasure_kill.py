"""An erasure that is killed has changed nothing, or is finished by whoever comes next; never is half of it seen."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from loading.test_kill import Doomed
from searches import first

from echo_quality.erasure.erase import finish

SCRIPT = Path(__file__).with_name("doomed_erasure.py")
PERSON = "cust-7731"
SALES = f"transaction_id,date,amount,customer_id,status\nT1,2024-01-02,10,{PERSON},paid\nT2,never,10,{PERSON},paid\n"


@contextmanager
def doomed(warehouse) -> Iterator[Doomed]:
    name = f"doomed-{secrets.token_hex(4)}"
    arguments = [sys.executable, str(SCRIPT), warehouse.url, name, str(warehouse.folder), PERSON]
    with (
        psycopg.connect(warehouse.url, autocommit=True) as watcher,
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            yield Doomed(process, name, watcher)
        finally:
            process.kill()


def held_by(warehouse):
    """Which tables, and whether files, hold the person."""
    tables = ("raw.revenue", "staging.revenue", "quarantine.revenue", "ops.check_results")
    query = "select count(*) from {} as line where strpos(line::text, '" + PERSON + "') > 0"
    found = [table for table in tables if warehouse.value(query.format(table))]
    files = [path for path in (warehouse.folder / "lake").rglob("*") if path.is_file()]
    return found + ["lake"] * any(PERSON.encode() in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    "table", first(["staging.revenue_shadow", "raw.revenue", "quarantine.revenue", "ops.dirty_days"])
)
def test_a_kill_within_the_transaction_leaves_everything_as_it_was(warehouse, table):
    warehouse.load("revenue", "a.csv", SALES, share=1.0)
    before = held_by(warehouse)
    with psycopg.connect(warehouse.url) as locker:
        locker.execute(f"lock table {table} in share mode")
        with doomed(warehouse) as erasure:
            erasure.waits_for_a_lock()
            erasure.is_killed()
            locker.rollback()
            erasure.has_left_the_server()
    assert held_by(warehouse) == before == ["raw.revenue", "staging.revenue", "quarantine.revenue", "lake"]
    assert warehouse.value("select count(*) from ops.erasures") == 0


def test_a_kill_before_the_lake_is_done_is_healed_by_whoever_comes_next(warehouse):
    warehouse.load("revenue", "a.csv", SALES, share=1.0)
    with doomed(warehouse) as erasure:
        erasure.reaches("tables")
        erasure.is_killed()
        erasure.has_left_the_server()
    assert held_by(warehouse) == ["lake"]
    assert warehouse.value("select status from ops.erasures") == "begun"
    contracts, lake = warehouse.contracts.values(), warehouse.folder / "lake"
    assert finish(warehouse.connection, contracts, lake, warehouse.engine())["archived files"] == 1
    assert held_by(warehouse) == []
    assert warehouse.value("select status from ops.erasures") == "done"
    assert warehouse.broken_invariants("revenue") == []

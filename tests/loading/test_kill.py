"""Law 4 under kill -9: whenever a loading process dies, the tables show the previous state or the new one.

A kill happens at a known point: where the process has stopped and waits for a line, or where it waits for a lock that
the test holds, or when the server has counted so many rows of its copy.
"""

from __future__ import annotations

import gzip
import random
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from loading.suite_counts import QuicklyAudited
from searches import every, first

SCRIPT = Path(__file__).with_name("doomed_load.py")
HEADER = "transaction_id,date,amount,customer_id,status\n"
PATIENCE = 60.0
MANY = 60_000

# where the process stops before the lock is taken ("start": before it runs), and the table it then waits for
LOCKED = [
    ("start", "ops.loads"),
    ("start", "raw.revenue"),
    ("landed", "staging.revenue"),
    ("landed", "staging.revenue_shadow"),
    ("gate", "ops.dirty_days"),
    ("gate", "quarantine.revenue"),
    ("gate", "ops.loads"),
]


@dataclass
class Doomed:
    """The loading process, seen from outside and through the server."""

    process: subprocess.Popen[str]
    name: str
    watcher: psycopg.Connection[Any]

    def reaches(self, place: str) -> None:
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        said = _pipe(self.process.stdout).readline().strip() if ready else "nothing"
        assert said == place, f"expected it at {place!r}, it said {said!r}"

    def goes_on(self) -> None:
        _pipe(self.process.stdin).write("\n")
        _pipe(self.process.stdin).flush()

    def waits_for_a_lock(self) -> None:
        query = "select 1 from pg_stat_activity where application_name = %s and wait_event_type = 'Lock'"
        self._until("it waits for a lock", lambda: self.watcher.execute(query, [self.name]).fetchone() is not None)

    def has_copied(self, table: str, rows: int) -> None:
        """Returns when the copy is that far, or when it is over."""
        query = """select coalesce(max(tuples_processed), -1)
                   from pg_stat_progress_copy join pg_stat_activity using (pid)
                   where application_name = %s and relid = %s::regclass"""
        seen = [-1]

        def is_far_enough() -> bool:
            (now,) = self.watcher.execute(query, [self.name, table]).fetchone() or (-1,)
            seen.append(now)
            return now >= rows or (now < 0 <= max(seen)) or self.process.poll() is not None

        self._until(f"{rows} rows are in {table}", is_far_enough)

    def is_killed(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)

    def has_left_the_server(self) -> None:
        query = "select 1 from pg_stat_activity where application_name = %s"
        self._until("the server has noticed", lambda: self.watcher.execute(query, [self.name]).fetchone() is None)

    def _until(self, what: str, holds: Any) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s until {what}"
            self.watcher.execute("select pg_sleep(0.002)")


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@contextmanager
def doomed(warehouse: QuicklyAudited) -> Iterator[Doomed]:
    name = f"doomed-{secrets.token_hex(4)}"
    arguments = [sys.executable, str(SCRIPT), warehouse.url, name, str(warehouse.folder)]
    with (
        psycopg.connect(warehouse.url, autocommit=True) as watcher,
        subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            yield Doomed(process, name, watcher)
        finally:
            process.kill()


@pytest.fixture
def loaded(warehouse):
    """Two files are loaded, and a new version of the first lies in the landing folder."""
    quickly = QuicklyAudited(warehouse.url, warehouse.folder, warehouse.contracts, warehouse.connection)
    quickly.load("revenue", "a.csv", HEADER + rows(range(20), "paid") + "X1,never,1,C,paid\n", share=1.0)
    quickly.load("revenue", "b.csv", HEADER + rows(range(10, 30), "refunded"))
    quickly.drop("revenue", "a.csv", HEADER + rows(range(5, 25), "pending") + "X2,never,1,C,paid\nX3,,1,C,paid\n")
    return quickly


def rows(numbers, status):
    return "".join(f"T{at},2024-01-{at % 28 + 1:02d},{at + 1},C{at % 7},{status}\n" for at in numbers)


def state(warehouse):
    """What anybody can see of the loads that are finished: each table by the hash of its rows."""
    finished = "select file, sha256, status, staged, quarantined, duplicates from ops.loads where status <> 'landed'"
    tables = ["staging.revenue", "staging.revenue_shadow", "quarantine.revenue", "ops.dirty_days", f"({finished})"]
    hashed = "select md5(coalesce(string_agg(line::text, ',' order by line::text), '')) from {} as line"
    return [warehouse.value(hashed.format(table)) for table in tables]


def many_rows():
    """A new version of the first file with a tenth of its rows broken."""
    lines = (f"M{at},2024-02-{at % 28 + 1:02d},{'x' if at % 10 == 0 else at},C{at % 99},paid\n" for at in range(MANY))
    return HEADER + "".join(lines)


def new_state_after_another_try(warehouse):
    """The file is loaded again, and all of it is there."""
    path = warehouse.folder / "landing" / "revenue" / "a.csv"
    load = warehouse.load("revenue", "a.csv", path.read_bytes(), share=1.0)
    assert load.status == "replaced"
    assert warehouse.broken_invariants("revenue") == []
    assert warehouse.value("select count(*) from ops.loads where status = 'landed'") == 0
    current = warehouse.rows("select status, count(*) from staging.revenue group by 1 order by 1")
    assert current == [("pending", 20), ("refunded", 5)]
    assert warehouse.reasons("revenue") == {21: ["transaction_date_valid"], 22: ["transaction_date_not_null"]}
    raw = warehouse.value(f"select count(*) from raw.revenue where _row_id >> 32 = {load.load_id}")
    assert (raw, warehouse.value("select count(*) from raw.revenue")) == (22, 42)


@pytest.mark.law(4)
@pytest.mark.parametrize("place", first(["gate", "landed"]))
def test_a_kill_where_it_stands_leaves_the_previous_state(loaded, place):
    before = state(loaded)
    with doomed(loaded) as load:
        load.reaches("landed")
        if place == "gate":
            load.goes_on()
            load.reaches("gate")
        load.is_killed()
        load.has_left_the_server()
    assert state(loaded) == before
    new_state_after_another_try(loaded)


def test_a_kill_after_the_commit_leaves_the_new_state(loaded):
    with doomed(loaded) as load:
        for stop in ("landed", "gate"):
            load.reaches(stop)
            load.goes_on()
        load.reaches("published")
        load.is_killed()
        load.has_left_the_server()
    published = loaded.value("select max(load_id) from ops.loads where status = 'replaced'")
    assert loaded.value("select count(*) from staging.revenue where status = 'pending'") == 20
    again = loaded.load("revenue", "a.csv", (loaded.folder / "landing/revenue/a.csv").read_bytes(), share=1.0)
    assert again.load_id == published


@pytest.mark.parametrize("place_and_table", every(3, LOCKED), ids="-".join)
def test_a_kill_within_a_statement_leaves_the_previous_state(loaded, place_and_table):
    place, table = place_and_table
    before = state(loaded)
    with psycopg.connect(loaded.url) as locker:
        if place == "start":
            locker.execute(f"lock table {table} in share mode")
        with doomed(loaded) as load:
            for stop in {"start": [], "landed": ["landed"], "gate": ["landed", "gate"]}[place]:
                load.reaches(stop)
                if stop == place:
                    locker.execute(f"lock table {table} in share mode")
                load.goes_on()
            load.waits_for_a_lock()
            load.is_killed()
            locker.rollback()
            load.has_left_the_server()
    assert state(loaded) == before
    new_state_after_another_try(loaded)


def in_a_form(form):
    """The many rows as they are, gzipped, or with one line more that makes both engines ask for another text."""
    content = many_rows().encode()
    return {"plain": content, "gzipped": gzip.compress(content), "awkward": content + b"X,2024-02-01,1,C,paid,x\n"}[
        form
    ]


@pytest.mark.parametrize("seed_and_form", first(enumerate(["plain", "gzipped", "awkward", "awkward"])), ids=str)
def test_a_kill_amid_many_rows_leaves_the_previous_state(loaded, seed_and_form):
    seed, form = seed_and_form
    chance = random.Random(seed)
    table = ("raw.revenue", "staging.revenue")[seed % 2]
    loaded.drop("revenue", "a.csv", in_a_form(form))
    before = state(loaded)
    with doomed(loaded) as load:
        if table == "staging.revenue":
            load.reaches("landed")
            load.goes_on()
        load.has_copied(table, chance.randrange(1, MANY * 4 // 5))
        load.is_killed()
        load.has_left_the_server()
    assert state(loaded) == before
    found, more = loaded.load("revenue", "a.csv", in_a_form(form), share=1.0), int(form == "awkward")
    counts = (found.status, found.rows_in_file, found.staged, found.quarantined, found.duplicates)
    assert counts == ("replaced", MANY + more, MANY * 9 // 10, MANY // 10 + more, 0)
    assert loaded.broken_invariants("revenue") == []
    assert loaded.value("select count(*) from staging.revenue where transaction_id like 'M%'") == MANY * 9 // 10
    assert loaded.value("select count(*) from ops.loads where status = 'landed'") == 0


def test_rows_keep_their_numbers_when_both_engines_read_many(loaded):
    """Row n of the file is row n in raw, in staging and in quarantine."""
    loaded.load("revenue", "a.csv", many_rows(), share=1.0)
    typed = """select count(*) from staging.revenue join raw.revenue as text using (_row_id)
               where staging.revenue.transaction_id = text.transaction_id
                   and staging.revenue.transaction_id = 'M' || ((_row_id & 4294967295) - 1)"""
    rejected = "select count(*) from quarantine.revenue where raw ->> 'transaction_id' = 'M' || (_row_number - 1)"
    assert (loaded.value(typed), loaded.value(rejected)) == (MANY * 9 // 10, MANY // 10)

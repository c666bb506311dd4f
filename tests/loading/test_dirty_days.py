"""Marks of a source grow in the order in which they are committed, whoever raises them."""

from __future__ import annotations

import threading
from datetime import date

import psycopg

from echo_quality.loading.dirty_days import mark_days

DAY, NEXT = date(2026, 5, 4), date(2026, 5, 5)


def marks(warehouse):
    return dict(warehouse.rows("select day, mark from ops.dirty_days where source = 'revenue'"))


def test_a_load_marks_days_with_its_number(warehouse):
    mark_days(warehouse.connection, "revenue", [NEXT, DAY, DAY], 7)
    assert marks(warehouse) == {DAY: 7, NEXT: 7}
    mark_days(warehouse.connection, "revenue", [], 8)
    assert marks(warehouse) == {DAY: 7, NEXT: 7}


def test_a_load_that_landed_before_a_larger_mark_and_is_published_after_it_gets_a_new_number(warehouse):
    [(landed,)] = warehouse.rows("select nextval(pg_get_serial_sequence('ops.loads', 'load_id'))")
    mark_days(warehouse.connection, "revenue", [DAY])
    seen = marks(warehouse)[DAY]
    assert seen > landed
    mark_days(warehouse.connection, "revenue", [NEXT], landed)
    assert marks(warehouse)[NEXT] > seen, "whoever has seen the larger mark must see that something is new"
    mark_days(warehouse.connection, "customers", [DAY], landed)
    assert warehouse.rows("select mark from ops.dirty_days where source = 'customers'") == [(landed,)]


def test_whoever_raises_a_mark_waits_for_those_before_to_be_committed(warehouse):
    url = warehouse.connection.info.dsn
    with psycopg.connect(url, password=warehouse.connection.info.password) as first:
        mark_days(first, "revenue", [DAY])
        done = threading.Event()

        def second():
            with psycopg.connect(url, password=warehouse.connection.info.password) as other:
                mark_days(other, "revenue", [NEXT])
            done.set()

        waiting = threading.Thread(target=second)
        waiting.start()
        while not warehouse.rows("select from pg_locks where locktype = 'advisory' and not granted"):
            assert waiting.is_alive(), "the second one did not wait for the first"
        assert not done.is_set()
        first.commit()
        waiting.join()
    found = marks(warehouse)
    assert found[DAY] < found[NEXT]

"""Reading the ledger, against the real tables."""

from __future__ import annotations

from datetime import date

import psycopg
import pytest

from echo_assets.planner.ledger import LedgerError, read_ledger
from echo_assets.planner.state import DirtyDay, StaleAsset, Target
from echo_assets.server import Databases

pytestmark = pytest.mark.database

FACT = Target("core/fact_transactions", frozenset({"revenue", "customers"}), by_day=True)
DIM = Target("core/dim_customer", frozenset({"customers"}))
VIEW = Target("core/stg_customers", frozenset({"customers"}), keeps_marks=False)
DAY = date(2024, 1, 1)


def test_an_empty_ledger_says_that_nothing_is_dirty_and_what_was_never_built_is_missing(
    warehouse: psycopg.Connection, fresh_database: Databases
) -> None:
    warehouse.execute("create view core.stg_customers as select 1 as one")
    found = read_ledger(fresh_database.url(read_only=True), (FACT, DIM, VIEW))
    assert (found.dirty_days, found.stale, found.missing) == (frozenset(), frozenset(), {FACT.key, DIM.key})


def test_a_day_is_dirty_until_exactly_its_mark_has_been_built(
    warehouse: psycopg.Connection, fresh_database: Databases
) -> None:
    url = fresh_database.url(read_only=True)
    warehouse.execute("insert into ops.dirty_days values ('revenue', %s, 7)", (DAY,))
    assert read_ledger(url, [FACT]).dirty_days == {DirtyDay(FACT.key, "revenue", DAY, 7)}
    warehouse.execute("insert into ops.built_days values (%s, 'revenue', %s, 7)", (FACT.key, DAY))
    assert not read_ledger(url, [FACT]).dirty_days
    warehouse.execute("update ops.dirty_days set mark = 8")
    assert read_ledger(url, [FACT]).dirty_days == {DirtyDay(FACT.key, "revenue", DAY, 8)}


def test_a_whole_asset_is_stale_until_it_has_seen_the_latest_mark_of_each_source(
    warehouse: psycopg.Connection, fresh_database: Databases
) -> None:
    url = fresh_database.url(read_only=True)
    warehouse.execute("insert into ops.dirty_days values ('customers', %s, 3), ('customers', '2024-01-02', 5)", (DAY,))
    assert read_ledger(url, [DIM, VIEW]).stale == {StaleAsset(DIM.key, "customers", 5)}
    warehouse.execute("insert into ops.built_assets values (%s, 'customers', 4, now())", (DIM.key,))
    assert read_ledger(url, [DIM]).stale == {StaleAsset(DIM.key, "customers", 5)}
    warehouse.execute("update ops.built_assets set mark = 5")
    assert not read_ledger(url, [DIM]).stale


def test_a_ledger_made_anew_is_another_epoch(warehouse: psycopg.Connection, fresh_database: Databases) -> None:
    url = fresh_database.url(read_only=True)
    before = read_ledger(url, [FACT])
    assert read_ledger(url, [FACT]).epoch == before.epoch
    warehouse.execute("drop table ops.dirty_days")
    warehouse.execute("create table ops.dirty_days (source text, day date, mark bigint)")
    assert read_ledger(url, [FACT]).epoch != before.epoch


def test_a_database_without_a_ledger_is_named_with_the_command_that_makes_it(fresh_database: Databases) -> None:
    with pytest.raises(LedgerError, match=rf"{fresh_database.warehouse} has no ledger .*echoctl up"):
        read_ledger(fresh_database.url(read_only=True), [FACT])

"""Snapshots as of days: a change makes its day's and all later ones dirty, and one run after all others makes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.plan import plan
from echo_assets.planner.state import DirtyDay, Ledger, Retention, StaleAsset, Target
from echo_assets.planner.targets import targets_from
from echo_assets.server import Databases

PARTITIONS = DayRange(date(2024, 1, 1), date(2024, 12, 31))
RETENTION = Retention(recent_days=10, first_date=date(2015, 1, 1), events=frozenset({"revenue"}))
DIM = Target("core/dim_customer", frozenset({"customers", "revenue"}), has_versions=True)
FACT = Target("core/fact_transactions", frozenset({"revenue", DIM.key}), by_day=True, upstream=frozenset({DIM.key}))
MART = Target("finance/revenue_summary", frozenset({"revenue"}), upstream=frozenset({FACT.key, DIM.key}))
PEOPLE = Target(
    "features/customer_daily", frozenset({"revenue", "customers"}), upstream=frozenset({FACT.key, DIM.key}),
    retains=RETENTION,
)  # fmt: skip
GOODS = replace(PEOPLE, key="features/product_daily", sources=frozenset({"revenue"}))
TARGETS = (DIM, FACT, MART, PEOPLE, GOODS)


def dirty(target: Target, *days: date, source: str = "revenue") -> frozenset[DirtyDay]:
    return frozenset(DirtyDay(target.key, source, day, 1) for day in days)


def test_snapshots_are_one_run_from_the_first_dirty_one_to_the_last_after_everything_else() -> None:
    days = (date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 7), date(2024, 5, 8))
    ledger = Ledger(
        dirty(FACT, date(2024, 1, 5), date(2024, 5, 8)) | dirty(PEOPLE, *days) | dirty(GOODS, *days[1:]),
        frozenset({StaleAsset(MART.key, "revenue", 1)}),
    )
    first, second, last = plan(ledger, TARGETS, PARTITIONS)
    assert (first.selection, second.selection) == ((FACT.key,), (FACT.key, MART.key))
    assert last.selection == (PEOPLE.key, GOODS.key)
    assert last.days == DayRange(days[0], days[-1])


def test_snapshots_alone_are_a_run_of_their_own() -> None:
    [run] = plan(Ledger(dirty(PEOPLE, date(2024, 5, 7), source="customers")), TARGETS, PARTITIONS)
    assert (run.selection, run.days) == ((PEOPLE.key,), DayRange(date(2024, 5, 7), date(2024, 5, 7)))
    assert run.reason == "customers changed; rebuild 2024-05-07 (1 day)"


def test_where_the_history_of_members_changed_its_build_comes_alone_first() -> None:
    ledger = Ledger(
        dirty(PEOPLE, date(2024, 5, 7), source="customers"), frozenset({StaleAsset(DIM.key, "customers", 1)})
    )
    [run] = plan(ledger, TARGETS, PARTITIONS)
    assert run.selection == (DIM.key,)


def test_without_data_missing_snapshots_are_built_as_empty_tables() -> None:
    runs = plan(Ledger(missing=frozenset(target.key for target in TARGETS)), TARGETS, PARTITIONS)
    assert runs[-1].selection == (PEOPLE.key, GOODS.key)
    assert runs[-1].days == DayRange(PARTITIONS.first, PARTITIONS.first)
    assert not {PEOPLE.key, GOODS.key} & {key for run in runs[:-1] for key in run.selection}


DAYS = st.dates(PARTITIONS.first - timedelta(40), PARTITIONS.last + timedelta(40))
LEDGERS = st.builds(
    Ledger,
    dirty_days=st.frozensets(
        st.builds(
            lambda target, day: DirtyDay(target.key, "revenue", day, 1), st.sampled_from((FACT, PEOPLE, GOODS)), DAYS
        )
    ),
    stale=st.frozensets(st.just(StaleAsset(MART.key, "revenue", 1))),
    missing=st.frozensets(st.sampled_from([target.key for target in TARGETS])),
)


@given(LEDGERS)
def test_every_dirty_snapshot_is_in_the_last_run_and_in_no_other(ledger: Ledger) -> None:
    runs = plan(ledger, TARGETS, PARTITIONS)
    due = {entry for entry in ledger.dirty_days if entry.asset in (PEOPLE.key, GOODS.key)}
    keys = {entry.asset for entry in due} | {PEOPLE.key, GOODS.key} & ledger.missing
    assert (
        set(runs[-1].selection) == keys if keys else not runs or not {PEOPLE.key, GOODS.key} & set(runs[-1].selection)
    )
    for run in runs[:-1] if keys else runs:
        assert not {PEOPLE.key, GOODS.key} & set(run.selection)
    if due:
        assert all(runs[-1].days and PARTITIONS.nearest(entry.day) in runs[-1].days for entry in due)


@pytest.fixture
def sold(warehouse: psycopg.Connection) -> psycopg.Connection:
    """Revenue from 2024-01-10 to 2024-03-05, and a plan for next year."""
    warehouse.execute("create schema features")
    warehouse.execute("create table features.customer_daily ()")
    warehouse.execute(
        """insert into ops.dirty_days
           select 'revenue', day::date, 1 from generate_series(date '2024-01-10', '2024-03-05', '1 day') as day
           union all select 'revenue', '2025-01-01', 1 union all select 'experiments', '2024-03-09', 1"""
    )
    return warehouse


def _due(databases: Databases) -> dict[date, int]:
    found = read_ledger(databases.url(read_only=True), [PEOPLE], date(2024, 3, 20))
    assert {entry.source for entry in found.dirty_days} <= {"revenue", "customers"}
    return {entry.day: entry.mark for entry in sorted(found.dirty_days)}


@pytest.mark.database
def test_the_recent_days_of_the_data_and_the_month_ends_before_are_retained(
    sold: psycopg.Connection, fresh_database: Databases
) -> None:
    recent = [date(2024, 3, 5) - timedelta(days) for days in reversed(range(10))]
    assert list(_due(fresh_database)) == [date(2024, 1, 31), *recent]
    assert date(2024, 2, 29) in recent
    sold.execute("insert into ops.dirty_days values ('customers', '2024-03-08', 1), ('customers', '2001-01-01', 1)")
    assert list(_due(fresh_database))[-1] == date(2024, 3, 8), "any source that tells what happened has the last day"
    assert next(iter(_due(fresh_database))) == date(2024, 1, 31), "but snapshots begin with the sales"


@pytest.mark.database
def test_a_change_makes_the_snapshots_from_its_day_on_dirty_and_a_missing_table_all(
    sold: psycopg.Connection, fresh_database: Databases
) -> None:
    sold.execute(
        """insert into ops.built_days
           select 'features/customer_daily', 'revenue', day, 1
           from ops.retained_days(array['revenue'], '2015-01-01', 10, '2024-03-20') as day"""
    )
    assert _due(fresh_database) == {}
    sold.execute("update ops.dirty_days set mark = 7 where source = 'revenue' and day = '2024-02-27'")
    assert set(_due(fresh_database).values()) == {7}
    assert list(_due(fresh_database)) == [date(2024, 2, 27) + timedelta(days) for days in range(8)]
    sold.execute("insert into ops.dirty_days values ('customers', '2024-01-05', 8)")
    assert len(_due(fresh_database)) == 11
    sold.execute("drop table features.customer_daily")
    assert len(_due(fresh_database)) == 11


def test_the_snapshots_of_the_project_begin_with_the_facts_that_they_are_made_of() -> None:
    from echo_assets.dbt.project import load_project

    found = {target.key: target for target in targets_from(load_project().manifest) if target.retains}
    assert set(found) == {"features/customer_daily", "features/channel_daily", "features/product_daily"}
    events = {key: target.retains.events for key, target in found.items() if target.retains}
    assert events["features/customer_daily"] == events["features/product_daily"] == {"revenue"}
    assert events["features/channel_daily"] == {"revenue", "marketing"}
    assert {"revenue", "customers", "subscriptions"} <= found["features/customer_daily"].sources
    assert "customers" not in found["features/product_daily"].sources
    assert not any(target.by_day or target.by_month for target in found.values())

"""Which readouts are due: the days that have one, and what a change on a day makes of it and of later ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_assets.dbt.nodes import built_nodes
from echo_assets.dbt.project import load_project
from echo_assets.planner.snapshots import marks_of
from echo_assets.planner.state import Target
from echo_assets.readouts import counting, due
from echo_assets.readouts.running import Running
from echo_assets.server import Databases
from echo_assets.settings import PROJECT

JANUARY = [date(2024, 1, day) for day in range(1, 32)]
TARGET = Target(due.KEY, frozenset({"experiment_assignments", "revenue"}), by_day=True)
DAYS = st.dates(date(2024, 1, 1), date(2024, 3, 31))


@pytest.fixture
def ledger(fresh_database: Databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(fresh_database.url(), autocommit=True) as connection:
        connection.execute((PROJECT / "echo_quality" / "ledger.sql").read_bytes())
        yield connection


def touch(ledger: psycopg.Connection, source: str, mark: int, *days: date) -> None:
    for day in days:
        ledger.execute(
            "insert into ops.dirty_days values (%s, %s, %s)"
            " on conflict (source, day) do update set mark = excluded.mark",
            [source, day, mark],
        )


def unseen(ledger: psycopg.Connection) -> set[date]:
    return {mark.day for mark in marks_of(ledger, TARGET, JANUARY, unseen=True)}


def see(ledger: psycopg.Connection) -> None:
    due.claim(ledger, marks_of(ledger, TARGET, JANUARY, unseen=False))


@given(st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=4), DAYS)
def test_a_day_has_a_readout_if_an_experiment_runs_on_it_and_the_data_reach_it(
    ends: list[tuple[date, date | None]], last: date
) -> None:
    running = [Running("e", first, end) for first, end in ends]
    days = due.days_of(running, last)
    assert all(day < later for day, later in pairwise(days))
    for day in JANUARY:
        assert (day in days) == (day <= last and any(day in each for each in running))


def test_a_change_makes_its_day_and_every_later_one_due(ledger: psycopg.Connection) -> None:
    assert unseen(ledger) == set(), "without data nothing is due"
    touch(ledger, "experiment_assignments", 1, JANUARY[0])
    assert unseen(ledger) == set(JANUARY)
    see(ledger)
    assert unseen(ledger) == set()
    touch(ledger, "revenue", 2, JANUARY[19])
    assert unseen(ledger) == set(JANUARY[19:])
    see(ledger)
    touch(ledger, "marketing", 3, JANUARY[0])
    assert unseen(ledger) == set(), "nobody reads it"


def test_a_day_that_is_only_planned_is_no_day_of_the_data(ledger: psycopg.Connection) -> None:
    ledger.execute("create schema core")
    ledger.execute(
        "create table core.dim_experiment as select 'e1' as experiment_id, 1::bigint as experiment_key,"
        " date '2024-01-10' as started_date, null::date as last_date, false as is_inferred"
    )
    ledger.execute("create table core.fact_experiments (experiment_id text, experiment_key bigint, assigned_date date)")
    touch(ledger, "experiments", 1, date(2024, 1, 30))
    today = date(2024, 1, 25)
    assert due.readout_days(ledger, today) == []
    touch(ledger, "revenue", 2, date(2024, 1, 12), date(2199, 1, 1))
    assert due.readout_days(ledger, today) == [date(2024, 1, day) for day in (10, 11, 12)]


def test_what_is_read_is_what_the_readouts_are_built_on() -> None:
    statements = " ".join(value for value in vars(counting).values() if isinstance(value, str))
    statements += (PROJECT / "echo_assets" / "readouts" / "running.py").read_text()
    models = {f"{node['schema']}/{node['name']}" for node in built_nodes(load_project().manifest).values()}
    assert set(due.READS) == {model for model in models if model.replace("/", ".") in statements}


def test_readouts_wait_for_everything_that_their_models_wait_for() -> None:
    target = due.readouts_target(load_project().manifest)
    assert {"experiment_assignments", "experiments", "revenue"} <= target.sources
    assert set(due.READS) < target.upstream
    assert {"experiments", "experiment_assignments"} <= target.reads

"""Bringing tables in line with contracts: additions are made in place, anything else is refused and changes nothing."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from echo_quality.contract import Column, LogicalType
from echo_quality.migrate import MigrationRefused, migrate

pytestmark = pytest.mark.slow

HEADER = "transaction_id,date,amount,customer_id,status\n"
ROW = "T1,2024-01-02,10,C1,paid\n"


@pytest.fixture
def database(fresh_database):
    with psycopg.connect(fresh_database.url(), autocommit=True) as connection:
        yield connection


def shape(connection):
    """Every column, index and comment of the warehouse's schemas."""
    columns = """select attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull, attcollation
                 from pg_attribute join pg_class on pg_class.oid = attrelid
                 where relnamespace::regnamespace::text in ('raw', 'staging', 'quarantine', 'ops') and not attisdropped
                 order by 1, attnum"""
    return connection.execute(columns).fetchall()


def changed(contract, name, **attributes):
    """The contract with one column changed."""
    columns = tuple(replace(each, **attributes) if each.name == name else each for each in contract.columns)
    return replace(contract, columns=columns)


def added(contract, column, at=3):
    """The contract with one more column, in the middle."""
    return replace(contract, columns=(*contract.columns[:at], column, *contract.columns[at:]))


def test_an_empty_database_gets_all_tables(database, contracts):
    assert migrate(database, contracts.values()) == []
    tables = {table for table, *_ in shape(database)}
    for source in contracts:
        assert {f"raw.{source}", f"staging.{source}", f"staging.{source}_shadow", f"quarantine.{source}"} <= tables
    assert {"ops.loads", "ops.check_results", "ops.alerts", "ops.dirty_days", "ops.built_days"} <= tables


def test_migrating_again_changes_nothing(database, contracts):
    migrate(database, contracts.values())
    before = shape(database)
    assert migrate(database, contracts.values()) == []
    assert shape(database) == before


def test_a_new_optional_column_is_added_and_rows_stay(warehouse_of, contracts):
    warehouse = warehouse_of(contracts["revenue"])
    warehouse.load("revenue", "a.csv", HEADER + ROW)
    wider = added(contracts["revenue"], Column("region", LogicalType.STRING))
    differences = migrate(warehouse.connection, [wider])
    assert {difference.table for difference in differences} == {
        'raw."revenue"', 'staging."revenue"', 'staging."revenue_shadow"'
    }  # fmt: skip
    assert migrate(warehouse.connection, [wider]) == []
    warehouse.contracts = {"revenue": wider}
    load = warehouse.load("revenue", "b.csv", HEADER.strip() + ",region\nT2,2024-01-03,20,C2,paid,north\n")
    assert load.status == "loaded", load.reason
    regions = warehouse.rows("select transaction_id, region from staging.revenue order by 1")
    assert regions == [("T1", None), ("T2", "north")]
    assert warehouse.broken_invariants("revenue") == []


def test_a_required_column_may_become_optional(database, contracts):
    migrate(database, contracts.values())
    looser = changed(contracts["revenue"], "customer_id", required=False)
    assert {difference.statement for difference in migrate(database, [looser])} == {
        f'alter table staging."revenue{suffix}" alter column "customer_id" drop not null' for suffix in ("", "_shadow")
    }
    assert migrate(database, [looser]) == []


REFUSED = {
    "another type": (
        lambda contract: changed(contract, "quantity", logical_type=LogicalType.INTEGER),
        'alter table staging."revenue" alter column "quantity" type bigint using "quantity"::bigint;',
    ),
    "another scale": (
        lambda contract: changed(contract, "amount", scale=3),
        'alter table staging."revenue" alter column "amount" type numeric(18,3) using "amount"::numeric(18,3);',
    ),
    "a column less": (
        lambda contract: replace(contract, columns=tuple(each for each in contract.columns if each.name != "discount")),
        'alter table raw."revenue" drop column "discount";',
    ),
    "an optional column that is required now": (
        lambda contract: changed(contract, "channel", required=True),
        'alter table staging."revenue" alter column "channel" set not null;',
    ),
    "another key": (
        lambda contract: replace(contract, key=("transaction_id", "status")),
        'drop index staging."staging_revenue_key";',
    ),
    "a new required column": (
        lambda contract: added(contract, Column("region", LogicalType.STRING, required=True)),
        'alter table staging."revenue" add column "region" text collate "C" not null;',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_any_other_change_is_refused_with_its_statement(database, contracts, case):
    migrate(database, contracts.values())
    before = shape(database)
    change, statement = REFUSED[case]
    also_new = replace(contracts["products"], source="gadgets")
    with pytest.raises(MigrationRefused) as refused:
        migrate(database, [also_new, change(contracts["revenue"])])
    assert statement in str(refused.value)
    assert shape(database) == before


@pytest.mark.parametrize("case", [case for case in REFUSED if case != "a new required column"])
def test_the_statement_of_a_refusal_would_do(database, contracts, case):
    migrate(database, contracts.values())
    changed_contract = REFUSED[case][0](contracts["revenue"])
    with pytest.raises(MigrationRefused) as refused:
        migrate(database, [changed_contract])
    for line in str(refused.value).splitlines():
        if line.strip().startswith(("alter table", "drop index")):
            database.execute(line.encode())
    assert migrate(database, [changed_contract]) == []


def test_a_column_made_by_hand_is_named(database, contracts):
    migrate(database, contracts.values())
    database.execute("alter table staging.revenue add column remark text")
    with pytest.raises(MigrationRefused, match="remark is in no contract any more"):
        migrate(database, contracts.values())


@pytest.fixture
def recorded(database, contracts):
    """A database in which one readout was recorded."""
    migrate(database, contracts.values())
    database.execute(
        "insert into experiments.readouts (experiment_id, as_of, decision, reasons, would_change, paragraph, readout)"
        " values ('e1', '2024-01-31', 'SHIP', '{}', '{}', 'It wins.', '{}')"
    )
    return database


@pytest.mark.parametrize(
    "change",
    ["update experiments.readouts set decision = 'BLOCKED'", "delete from experiments.readouts",
     "truncate experiments.readouts"],
)  # fmt: skip
def test_a_recorded_readout_can_neither_be_changed_nor_removed(recorded, change):
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        recorded.execute(change)
    assert recorded.execute("select decision from experiments.readouts").fetchall() == [("SHIP",)]


def test_the_newest_readout_of_a_day_stands_and_the_earlier_one_stays(recorded):
    recorded.execute(
        "insert into experiments.readouts (experiment_id, as_of, decision, reasons, would_change, paragraph, readout)"
        " select experiment_id, as_of, 'BLOCKED', reasons, would_change, paragraph, readout from experiments.readouts"
    )
    assert recorded.execute("select decision from experiments.readouts_latest").fetchall() == [("BLOCKED",)]
    assert recorded.execute("select count(*) from experiments.readouts").fetchone() == (2,)

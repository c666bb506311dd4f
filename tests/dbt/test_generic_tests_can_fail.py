"""Every generic test of a table that has rows is able to fail: a row is spoilt for each, and each of them sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import CALENDAR, Warehouse

from echo_assets.dbt.nodes import built_nodes, data_tests
from echo_assets.dbt.project import load_project

pytestmark = [pytest.mark.database, pytest.mark.slow]

UNIQUE_INDEXES = """
select format('drop index %I.%I', schemaname, indexname) from pg_indexes where indexdef like 'CREATE UNIQUE%'
    and schemaname in ('core', 'intermediate', 'finance', 'marketing', 'customers', 'experiments')
"""
SPOILT = {"text": "'no such value'", "date": "date '1800-01-01'"}
SPOILABLE = ("unique", "unique_together", "accepted_values", "relationships", "known_member", "not_null")
REPEATED = "insert into {0} select every.* from {0} as every cross join generate_series(1, 29)"
"""So that keys occur more than once, and each test finds a row of its own to spoil."""
OF_NO_ROW = {"fact_experiments_excluded_has_a_reason"}
"""Tests of rows that the data do not have."""


@pytest.fixture(scope="module")
def sound(dbt: Dbt, prepared: Warehouse) -> Iterator[Warehouse]:
    prepared.reset()
    prepared.add_three_months_and_ten_days()
    prepared.add_every_kind_of_reference()
    dbt.build_models()
    yield prepared
    prepared.reset()
    dbt.build_models(CALENDAR)


def generic_tests() -> list[tuple[str, str, str, str, Mapping[str, Any]]]:
    """Name, kind, table, column and column types of every generic test of a table."""
    manifest = load_project().manifest
    nodes, found = built_nodes(manifest), []
    for test in data_tests(manifest).values():
        node = nodes.get(test.get("attached_node"), {})
        if test.get("test_metadata") and node.get("config", {}).get("materialized") in ("table", "incremental"):
            types = {name: column["data_type"] for name, column in node["columns"].items()}
            table = f'"{node["schema"]}"."{node["name"]}"'
            column = test["column_name"] or test["test_metadata"]["kwargs"].get("column_name")
            found.append((test["name"], test["test_metadata"]["name"], table, column, types))
    return [each for each in found if CALENDAR not in each[2]]


def spoilt(kind: str, table: str, column: str, types: Mapping[str, Any]) -> str:
    """What spoils a row for a test of this kind; that rows are there many times is what spoils a key."""
    place = SPOILABLE.index(kind)
    row = f"ctid = (select ctid from {table} order by {column} is null, ctid offset {place} limit 1)"
    if kind == "not_null":
        return f"alter table {table} alter {column} drop not null; update {table} set {column} = null where {row}"
    usual = f"not {column}" if types[column] == "boolean" else SPOILT.get(types[column], "-999")
    return f"update {table} set {column} = {'-1' if kind == 'known_member' else usual} where {row}"


def test_each_of_them_sees_a_spoilt_row(dbt: Dbt, sound: Warehouse) -> None:
    tests = [each for each in generic_tests() if each[1] in SPOILABLE and sound.rows(f"select from {each[2]} limit 1")]
    assert len(tests) > 80
    statements = [dropped for (dropped,) in sound.rows(UNIQUE_INDEXES)]
    statements += [REPEATED.format(table) for table in {each[2]: None for each in tests}]
    statements += [spoilt(*each[1:]) for each in tests if not each[1].startswith("unique")]
    for each in statements:
        sound.connection.execute(each.encode())
    statuses = dbt("test", "--select", "test_type:generic", fails=True).status
    seen = {name for name, *_ in tests if statuses[name] in ("fail", "warn")}
    assert {name for name, *_ in tests} - seen == OF_NO_ROW

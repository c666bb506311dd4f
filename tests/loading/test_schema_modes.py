"""A header that changes: told by kind and weight, answered by the contract's mode, open until it is as declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some
from loading.warehouse import Warehouse

from echo_quality.contract import Contract
from echo_quality.findings import Finding, View
from echo_quality.loading.header import match_header
from echo_quality.over_time import SchemaMode
from echo_quality.schema_changes import Header, header_changes
from echo_quality.schema_check import find, open_changes

pytestmark = pytest.mark.slow

USUAL = "transaction_id,date,amount,customer_id,status,channel"
ROWS = ["t{n}-1,2024-01-0{n},10,c1,paid,web", "t{n}-2,2024-01-0{n},20,c2,paid,shop"]


def text(header: str, number: int, more: str = "", rows: list[str] | None = None) -> str:
    return "\n".join([header, *(row.format(n=number) + more for row in rows or ROWS)]) + "\n"


def in_mode(warehouse: Warehouse, mode: SchemaMode, version: str = "1.0.0") -> None:
    """The contract of revenue with another answer."""
    contract = warehouse.contracts["revenue"]
    changed = replace(contract, version=version, over_time=replace(contract.over_time, schema_mode=mode))
    warehouse.contracts = {**warehouse.contracts, "revenue": changed}


def seen(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        'select file, kind, "column", class, answer from ops.schema_changes order by schema_change_id'
    )


def finding(warehouse: Warehouse) -> Finding:
    now = datetime(2024, 2, 1, tzinfo=UTC)
    return find(View(warehouse.connection, warehouse.contracts["revenue"], warehouse.folder / "lake", "UTC", now))


def test_the_same_columns_again_are_no_change(warehouse: Warehouse) -> None:
    for number in (1, 2):
        assert warehouse.load("revenue", f"{number}.csv", text(USUAL, number)).status == "loaded"
    assert seen(warehouse) == []
    assert finding(warehouse).said == "The columns are as declared."


def test_evolve_keeps_a_new_column_and_proposes_the_lines_that_declare_it(warehouse: Warehouse) -> None:
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    assert warehouse.load("revenue", "2.csv", text(f"{USUAL},Sales Rep", 2, ",Ann")).status == "loaded"
    assert seen(warehouse) == [("2.csv", "new_column", "Sales Rep", "minor", "values kept in _extra")]
    assert warehouse.value("select count(*) from raw.revenue where _extra::jsonb ->> 'Sales Rep' = 'Ann'") == 2
    found = finding(warehouse)
    assert (found.passed, found.is_error) == (False, False)
    [column] = yaml.safe_load(found.facts["proposal"])
    assert (column["name"], column["logicalType"]) == ("sales_rep", "string")


def test_a_new_column_is_open_until_the_contract_knows_it_or_no_file_has_it(warehouse: Warehouse) -> None:
    warehouse.load("revenue", "2.csv", text(f"{USUAL},Sales Rep", 2, ",Ann"))
    warehouse.load("revenue", "3.csv", text(f"{USUAL},Sales Rep", 3, ",Ann"))
    assert len(seen(warehouse)) == 1, "told once, not with each file"
    contract = warehouse.contracts["revenue"]
    assert [change["file"] for change in open_changes(warehouse.connection, contract)] == ["2.csv"]
    column = replace(contract.column("channel"), name="sales_rep", aliases=())
    assert open_changes(warehouse.connection, replace(contract, columns=(*contract.columns, column))) == []
    warehouse.load("revenue", "4.csv", text(USUAL, 4))
    assert finding(warehouse).passed


def test_discard_drops_a_new_column_and_says_which(warehouse: Warehouse) -> None:
    in_mode(warehouse, SchemaMode.DISCARD)
    load = warehouse.load("revenue", "1.csv", text(f"{USUAL},note", 1, ",secret"))
    assert (load.status, load.notes["dropped_columns"]) == ("loaded", ["note"])
    assert seen(warehouse) == [("1.csv", "new_column", "note", "minor", "values dropped")]
    assert warehouse.value("select count(*) from raw.revenue as landed where landed::text like '%secret%'") == 0
    assert warehouse.revenue() == "30.00"
    assert warehouse.broken_invariants("revenue") == []
    assert finding(warehouse).passed, "as declared"


@pytest.mark.parametrize(
    ("header", "more", "said"),
    [
        (f"{USUAL},note", ",x", "column note is in no contract"),
        (USUAL.replace(",channel", ",kanal"), "", "channel is gone and kanal is new: it looks renamed"),
        (USUAL.replace(",channel", ""), None, "optional column channel is gone"),
    ],
)
def test_freeze_refuses_what_has_changed_and_says_what(
    warehouse: Warehouse, header: str, more: str | None, said: str
) -> None:
    in_mode(warehouse, SchemaMode.FREEZE)
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    rows = [row.rsplit(",", 1)[0] for row in ROWS] if more is None else ROWS
    load = warehouse.load("revenue", "2.csv", text(header, 2, more or "", rows))
    assert load.status == "refused"
    assert said in str(load.reason)
    assert "schemaMode" in str(load.reason)
    assert warehouse.revenue() == "30.00"
    assert not finding(warehouse).passed
    assert {answer for *_, answer in seen(warehouse)} == {"file refused"}
    warehouse.load("revenue", "2.csv", text(USUAL, 2))
    assert finding(warehouse).passed, "mended"


def test_freeze_reads_columns_by_name_in_any_order_and_under_declared_names(warehouse: Warehouse) -> None:
    in_mode(warehouse, SchemaMode.FREEZE)
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    header = "order_date,transaction_id,amount,customer_id,status,channel"
    load = warehouse.load("revenue", "2.csv", text(header, 2, rows=["2024-01-02,t{n},10,c1,paid,web"]))
    assert load.status == "loaded"
    assert [change[1:4] for change in seen(warehouse)] == [
        ("another_name_used", "transaction_date", "minor"),
        ("columns_reordered", "*", "minor"),
    ]
    assert finding(warehouse).passed


def test_a_new_version_of_a_frozen_contract_may_leave_a_column_out(warehouse: Warehouse) -> None:
    in_mode(warehouse, SchemaMode.FREEZE)
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    in_mode(warehouse, SchemaMode.FREEZE, version="1.1.0")
    without = text(USUAL.replace(",channel", ""), 2, rows=[row.rsplit(",", 1)[0] for row in ROWS])
    assert warehouse.load("revenue", "2.csv", without).status == "loaded"


def test_a_required_column_that_is_gone_is_major_and_a_new_one_in_its_place_may_be_it(warehouse: Warehouse) -> None:
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    assert warehouse.load("revenue", "2.csv", text(USUAL.replace("amount", "worth"), 2)).status == "refused"
    assert seen(warehouse)[-1][1:] == ("column_renamed", "amount", "major", "file refused")
    warehouse.load("revenue", "3.csv", text(USUAL.replace("amount", "worth").replace("status", "state"), 3))
    assert [change[1:4] for change in seen(warehouse)[1:]] == [
        ("required_column_gone", "amount", "major"),
        ("required_column_gone", "status", "major"),
    ]
    found = finding(warehouse)
    assert (found.passed, found.is_error) == (False, True)
    [column] = yaml.safe_load(found.facts["proposal"])
    assert (column["name"], column["synonyms"][-1]) == ("amount", {"synonym": "worth"})


def test_an_optional_column_that_looks_renamed_is_major_until_it_is_back(warehouse: Warehouse) -> None:
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    assert warehouse.load("revenue", "2.csv", text(USUAL.replace("channel", "kanal"), 2)).status == "loaded"
    assert seen(warehouse) == [("2.csv", "column_renamed", "channel", "major", "values kept in _extra")]
    assert finding(warehouse).is_error
    warehouse.load("revenue", "3.csv", text(USUAL, 3))
    assert finding(warehouse).passed


@pytest.mark.parametrize(
    ("share", "status", "answer"), [(0.05, "refused", "file refused"), (1.0, "loaded", "rows quarantined")]
)
def test_a_column_most_of_whose_values_cannot_be_read_no_longer_fits(
    warehouse: Warehouse, share: float, status: str, answer: str
) -> None:
    rows = ["t1,2024-01-01,ten,c1,paid,web", "t2,2024-01-01,eleven,c1,paid,web", "t3,2024-01-01,12,c1,paid,web"]
    assert warehouse.load("revenue", "1.csv", text(USUAL, 1, rows=rows), share).status == status
    assert seen(warehouse) == [("1.csv", "type_no_longer_fits", "amount", "major", answer)]
    assert "2 of 3 values of amount" in finding(warehouse).said
    warehouse.load("revenue", "1.csv", text(USUAL, 1))
    assert finding(warehouse).passed


def test_a_row_of_data_in_place_of_a_header_is_not_kept(warehouse: Warehouse) -> None:
    warehouse.load("customers", "1.csv", "c1,ann@example.com,2024-01-01\n")
    assert warehouse.value("select count(*) from ops.schema_changes") == 0
    assert "ann@example.com" not in str(warehouse.rows("select notes from ops.loads"))


FIELDS = some.lists(some.sampled_from([*USUAL.split(","), "note", "Order Date", "Extra 1"]), unique=True)


@given(fields=FIELDS, order=some.randoms())
def test_a_header_is_no_change_of_itself_and_any_order_of_it_is_at_most_reordered(
    contracts: dict[str, Contract], fields: list[str], order: Any
) -> None:
    contract = contracts["revenue"]
    fields = list(dict.fromkeys([*USUAL.split(",")[:5], *(field for field in fields if field != "Order Date")]))
    shuffled = order.sample(fields, len(fields))
    first, second = (Header.from_notes(match_header(contract, each).notes) for each in (fields, shuffled))
    assert first
    assert second
    assert header_changes(contract, first, first) == []
    assert {change.kind for change in header_changes(contract, second, first)} <= {"columns_reordered"}

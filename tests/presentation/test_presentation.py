"""What a person reads in the UI beside an asset or a red check, without a UI and without a database."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from echo_assets.check_results import merged_results
from echo_assets.column_lineage import column_lineage
from echo_assets.presentation import as_table, freshness, normalised, table_schema
from echo_assets.runbook import runbook_of, section
from echo_assets.settings import PROJECT
from echo_quality.contract import Contract
from echo_quality.generate.suite import suite_of
from echo_quality.generate.tables import tables_of
from echo_quality.loading.loads import Load
from echo_quality.odcs import read_contracts
from echo_quality.suites import CheckOutcome

CONTRACTS = read_contracts(PROJECT / "echo_quality" / "contracts")
EACH_CONTRACT = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS.keys())
ASSET = dg.AssetKey(["staging", "revenue"])


@EACH_CONTRACT
def test_every_column_of_every_table_is_described(contract: Contract) -> None:
    raw, staging, _, quarantine = tables_of(contract)
    for table in (raw, staging, quarantine):
        for column in table_schema(contract, table)["dagster/column_schema"].columns:
            assert column.description, f"{table.qualified}.{column.name}"


def test_a_column_says_what_files_may_call_it_and_whether_it_is_personal() -> None:
    columns = {column.name: column for column in schema("revenue") + schema("customers")}
    assert str(columns["transaction_date"].description).endswith("In files also called date or order_date.")
    assert "personal" in columns["email"].tags
    assert not columns["amount"].tags


def schema(source: str) -> list[dg.TableColumn]:
    contract = CONTRACTS[source]
    return list(table_schema(contract, tables_of(contract)[1])["dagster/column_schema"].columns)


@EACH_CONTRACT
def test_every_staging_column_comes_from_columns_of_the_file(contract: Contract) -> None:
    raw, staging = tables_of(contract)[:2]
    there = {column.name for column in raw.columns}
    lineage = column_lineage(contract).deps_by_column
    assert set(lineage) == {column.name for column in staging.columns}
    for name, origins in lineage.items():
        assert origins, name
        assert {origin.column_name for origin in origins} <= there, name


def test_a_derived_column_comes_from_itself_and_from_what_it_is_derived_from() -> None:
    origins = {origin.column_name for origin in column_lineage(CONTRACTS["revenue"]).deps_by_column["transaction_id"]}
    assert origins == {"transaction_id", "transaction_date", "amount", "customer_id", "product", "quantity"}


def test_an_asset_is_late_after_the_hours_of_its_contract() -> None:
    policy = freshness(CONTRACTS["revenue"])
    assert policy is not None
    assert (policy.fail_window.to_timedelta().total_seconds(), policy.warn_window.to_timedelta().total_seconds()) == (
        24 * 3600, 18 * 3600,
    )  # fmt: skip


def test_a_load_shows_how_many_cells_of_each_column_were_changed_and_how() -> None:
    notes = {"normalised": {"amount": {"decimal mark": 2, "negative": 1}, "day": {"Excel date": 3}}}
    assert [record.data for record in normalised(notes)["normalised_cells"].records] == [
        {"column": "amount", "change": "decimal mark", "cells": 2},
        {"column": "amount", "change": "negative", "cells": 1},
        {"column": "day", "change": "Excel date", "cells": 3},
    ]
    assert normalised({"repeated": 0}) == {}


def test_rows_of_different_shape_make_one_table() -> None:
    table = as_table([{"a": 1, "b": None}, {"a": "x", "c": ["nested"]}])
    assert [record.data for record in table.records] == [
        {"a": 1, "b": None, "c": None}, {"a": "x", "b": None, "c": "['nested']"},
    ]  # fmt: skip


def test_a_failing_row_is_shown_by_its_number_and_the_text_of_the_file() -> None:
    row = {
        "_row_id": 4294967302,
        "_row_number": 6,
        "amount": None,
        "amount__text": "many",
        "amount__unreadable": "many",
    }
    [result] = [each for each in results(row) if each.check_name == "amount_valid"]
    assert result.description == (
        "amount reads as a plain decimal number with at most 2 decimals. Not so in 1 of 36 rows of july.csv."
    )
    assert [record.data for record in result.metadata["failing_sample"].records] == [  # type: ignore[union-attr]
        {"file": "july.csv", "row": 6, "amount": "many"}
    ]
    assert "Put it right" in str(result.metadata["what_to_do"].value)


def results(row: dict[str, object]) -> list[dg.AssetCheckResult]:
    outcome = CheckOutcome(
        check="amount_valid", passed=False, severity="warning", evaluated_count=36, unexpected_count=1, observed=None,
        sample=(row,), expectation="", kwargs={}, columns=("amount",), description="", runbook=None, error=None,
    )  # fmt: skip
    load = Load(
        load_id=1, source="revenue", file="july.csv", partition_key="", sha256="", bytes=0, modified_ns=0,
        contract_version="", max_rejected_share=0.05, status="loaded", reason=None, notes={}, rows_in_file=36,
        staged=35, withheld=0, quarantined=1, duplicates=0,
    )  # fmt: skip
    return merged_results(ASSET, suite_of(CONTRACTS["revenue"]), [(load, (outcome,))])


@EACH_CONTRACT
def test_what_the_runbook_says_of_a_red_check_reads_without_the_rest_of_it(contract: Contract) -> None:
    for expectation in suite_of(contract)["expectations"]:
        text = section(expectation["meta"]["runbook"])
        assert text, expectation["meta"]
        assert text.startswith("## ")
        assert text.count("\n## ") == 0
        assert "](" not in text


def test_a_green_check_and_a_missing_document_only_name_the_place(tmp_path: Path) -> None:
    assert section("docs/runbook.md#range", tmp_path) is None
    assert section("docs/runbook.md#no-such-heading") is None
    assert set(runbook_of("docs/runbook.md#range", passed=True)) == {"runbook"}
    assert set(runbook_of("docs/runbook.md#range", passed=False)) == {"runbook", "what_to_do"}

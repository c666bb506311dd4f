"""Each declared reading does what the table says, row by row; changed cells are counted, and nothing vanishes."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loading.hostile_readings import CASES, EVERYTHING, NBSP, PLAIN, contract_of, file_of
from loading.suite_counts import QuicklyAudited
from loading.warehouse import OPEN_REFUSAL
from searches import every, searching

from echo_assets.server import Databases
from echo_quality.findings import View
from echo_quality.last_row import last_row_checks
from echo_quality.migrate import migrate


@pytest.fixture(scope="module")
def cells_url(databases: Databases) -> Iterator[str]:
    place = replace(databases, warehouse="test_readings")
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute("drop database if exists test_readings")
        admin.execute("create database test_readings template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            migrate(connection, [PLAIN])
        yield place.url()
        admin.execute("drop database test_readings with (force)")


@pytest.fixture
def cells(cells_url: str, tmp_path: Path) -> Iterator[QuicklyAudited]:
    with psycopg.connect(cells_url, autocommit=True) as connection:
        connection.execute("set time zone 'UTC'")
        found = QuicklyAudited(cells_url, tmp_path, {"cells": PLAIN}, connection)
        yield found
        found.empty()


def load(cells, contract, content, name="a.csv"):
    cells.contracts = {"cells": contract}
    return cells.load("cells", name, content)


@pytest.mark.parametrize("case", every(4, CASES))
def test_a_cell_ends_as_declared(cells, case):
    expected = CASES[case]
    found = load(cells, expected.contract, expected.content)
    counts = (found.status, found.rows_in_file, found.staged, found.quarantined, found.duplicates)
    assert counts == expected.counts, found.reason
    column, values = expected.values
    staged = cells.rows(f"select {column}::text from staging.cells order by _row_id") if values else []
    assert tuple(value for (value,) in staged) == values
    assert cells.reasons("cells") == expected.rules
    assert found.notes.get("normalised", {}) == expected.normalised
    assert expected.why in str(cells.rows("select reasons from quarantine.cells order by _row_id desc limit 1"))
    assert {name: found.notes.get(name) for name in expected.notes} == expected.notes
    assert set(cells.broken_invariants("cells")) <= {OPEN_REFUSAL}


def test_the_amount_of_a_totals_row_counts_nowhere(cells):
    case = CASES["totals row that agrees"]
    load(cells, case.contract, case.content)
    [money] = cells.rows("select money_in_file, money_staged, money_quarantined from ops.loads")
    assert [str(each) for each in money] == ["30.00", "30.00", "0"]


def test_a_total_that_differs_is_reported_by_both_engines(cells):
    case = CASES["totals row that differs"]
    load(cells, case.contract, case.content)
    counts = {outcome.check: outcome.unexpected_count for outcome in cells.audited.outcomes}
    assert (counts["no_totals_row"], counts["totals_row_agrees"]) == (1, 1)


def test_a_totals_row_beside_derived_ids_is_set_aside_like_any(cells):
    declared = {"totalsRow": {"column": "note", "pattern": "total", "sums": "amount", "mismatch": "refuse"}}
    contract = contract_of(declared, {})
    derived = replace(contract.columns[0], derived_from=("seen_on", "amount"))
    contract = replace(contract, columns=(derived, *contract.columns[1:]))
    rows = [["2024-01-02", "5", ""], ["2024-01-02", "5", ""], ["", "10", "Total"]]
    found = load(cells, contract, file_of(["seen_on", "amount", "note"], *rows))
    assert (found.status, found.staged, found.quarantined) == ("loaded", 2, 1), found.reason
    assert cells.reasons("cells") == {3: ["no_totals_row"]}
    assert cells.broken_invariants("cells") == []


def test_a_last_row_that_sums_up_turns_its_check_red_and_a_mended_file_green_again(cells):
    suspicious, plain = CASES["a last row that sums up"], CASES["a last row that does not"]
    [check] = last_row_checks(plain.contract)
    for case, passed in ((suspicious, False), (plain, True)):
        load(cells, case.contract, case.content)
        finding = check.find(View(cells.connection, case.contract, cells.folder, "UTC", None))
        assert finding.passed == passed, finding.said
    assert last_row_checks(CASES["totals row that agrees"].contract) == []


def test_the_counts_of_changes_cover_all_rows_of_the_file(cells):
    contract = contract_of({"numberFormat": "1.234,56", "nullTexts": ["-"]}, {"amount": {"negatives": ["(100)"]}})
    rows = [[f"R{at}", "2024-01-02", text] for at, text in enumerate(["1.000,5", "(2,5)", "-", "5", "x", "2.000"])]
    found = load(cells, contract, file_of(["row_id", "seen_on", "amount"], *rows))
    assert found.notes["normalised"] == {
        "amount": {"thousands separator": 2, "decimal mark": 2, "negative": 1, "null text": 1}
    }


ROW = {"row_id": "R1", "seen_on": "2024-01-02", "amount": 1.25, "share": 0.125, "pieces": 1234}
OF_NUMBERS = {"amount": {"numberFormat": "1.234,56"}, "share": {"percent": "fraction", "numberFormat": "1234,56"}}


def workbook_of(row):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(list(row))
    book.active.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def parquet_of(row):
    import pyarrow
    import pyarrow.parquet

    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), content)
    return content.getvalue()


def json_of(row):
    return json.dumps(row).encode()


@pytest.mark.parametrize(("ending", "made"), [("xlsx", workbook_of), ("parquet", parquet_of), ("jsonl", json_of)])
def test_a_number_is_that_number_whatever_texts_look_like(cells, ending, made):
    found = load(cells, contract_of({}, OF_NUMBERS), made(ROW), f"a.{ending}")
    assert found.status == "loaded", found.reason
    assert cells.rows("select amount::text, share::text, pieces from staging.cells") == [("1.25", "0.1250", 1234)]


def test_a_text_of_a_workbook_is_read_as_declared(cells):
    contract = contract_of({"numberFormat": "1.234,56"}, {})
    load(cells, contract, workbook_of({**ROW, "amount": "1.234", "share": "0,5"}), "a.xlsx")
    assert cells.rows("select amount::text, share::text from staging.cells") == [("1234.00", "0.5000")]


def test_a_contract_of_plain_forms_counts_nothing(cells):
    found = load(cells, PLAIN, file_of(["row_id", "seen_on", "amount"], ["R1", "2024-01-02", "5"]))
    assert "normalised" not in found.notes


TEXTS = [
    "", " ", "5", "-5", "1.234,5", "€ 5", "5 $", "(2)", "7-", "ja", "NEIN", "true", "1.2.50", "2 Feb 2024", "45292",
    "45292,5", "60", "12,5 %", "N/A", "-", f"{NBSP}5", "e\u0301", "2.1.2024 10:20", "2024-01-02", "EUR", "USD", "CHF",
    "Fr.5", "1.23", "0,123", "1,234.56", "5%", "x", "(2", "$ (5)", "1.2.24", "0", "45292.999999999", "J", "NULL",
]  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", "Total", "SUMME", *(f"R{at}" for at in range(30))]),
        st.sampled_from(["2024-01-02", "2024-01-03", "3 Jan 2024", "x", ""]),
        *[st.sampled_from(TEXTS)] * (len(PLAIN.columns) - 2),
    ),
    max_size=12,
)


@searching(short=2, long=20)
def test_both_countings_agree_and_nothing_vanishes_whatever_the_cells_say(cells, tries):
    @settings(deadline=None, print_blob=True, max_examples=tries, suppress_health_check=list(HealthCheck))
    @given(rows=ROWS)
    def search(rows):
        cells.empty()
        found = load(cells, EVERYTHING, file_of(PLAIN.names, *rows))
        assert found.reason is None, found.reason
        assert found.rows_in_file == found.staged + found.quarantined + found.duplicates
        assert cells.broken_invariants("cells") == []

    search()


def test_every_outcome_is_in_the_table():
    assert {case.outcome for case in CASES.values()} == {"loaded", "normalised", "quarantined", "refused"}

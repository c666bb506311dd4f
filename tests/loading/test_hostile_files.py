"""What a file leaves behind: types, unknown columns, raw text and reasons. Outcomes of many files are in the corpus."""

from __future__ import annotations

import io

import pytest

HEADER = "transaction_id,date,amount,customer_id,status\n"


def test_a_workbook_is_read_with_its_types(warehouse):
    openpyxl = pytest.importorskip("openpyxl")
    import datetime

    book = openpyxl.Workbook()
    book.active.append(["date", "amount", "customer_id", "status"])
    book.active.append([datetime.date(2024, 1, 2), 10.5, "007", "paid"])
    book.active.append([datetime.date(2024, 1, 3), 20, "008", "paid"])
    content = io.BytesIO()
    book.save(content)
    load = warehouse.load("revenue", "a.xlsx", content.getvalue())
    assert (load.status, load.staged) == ("loaded", 2)
    assert warehouse.rows(
        "select customer_id, amount::text, transaction_date::text from staging.revenue order by 1"
    ) == [
        ("007", "10.50", "2024-01-02"),
        ("008", "20.00", "2024-01-03"),
    ]


def test_a_parquet_file_is_read_with_its_types(warehouse):
    import datetime

    import pyarrow as pa
    import pyarrow.parquet

    table = pa.table(
        {"date": [datetime.date(2024, 1, 2)], "amount": [10.5], "customer_id": ["007"], "status": ["paid"]}
    )
    content = io.BytesIO()
    pa.parquet.write_table(table, content)
    load = warehouse.load("revenue", "a.parquet", content.getvalue())
    assert (load.status, load.staged) == ("loaded", 1)
    assert warehouse.value("select amount::text from staging.revenue") == "10.50"


def test_unknown_columns_are_reported_and_kept(warehouse):
    load = warehouse.load("revenue", "a.csv", "date,amount,customer_id,status,note\n2024-01-02,1,C1,paid,gift\n")
    assert load.notes["unknown_columns"] == ["note"]
    assert warehouse.value("select _extra from raw.revenue") == '{"note": "gift"}'


@pytest.mark.law(2)
def test_identifiers_keep_their_leading_zeros(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "00123,2024-01-02,1,0007,paid\n")
    assert warehouse.rows("select transaction_id, customer_id from staging.revenue") == [("00123", "0007")]


def test_a_refused_file_says_what_is_missing(warehouse):
    load = warehouse.load("revenue", "a.csv", "when,how_much\n1,2\n")
    assert "transaction_date or date or order_date" in load.reason
    assert "'when', 'how_much'" in load.reason


@pytest.mark.law(2)
def test_quarantine_keeps_the_raw_text_and_every_reason(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "T1,tomorrow,abc,,paid\n", share=1.0)
    raw, reasons = warehouse.rows("select raw, reasons from quarantine.revenue")[0]
    assert raw["transaction_date"] == "tomorrow"
    assert reasons == [
        {"column": "transaction_date", "rule": "transaction_date_valid", "value": "tomorrow"},
        {"column": "amount", "rule": "amount_valid", "value": "abc"},
        {"column": "customer_id", "rule": "customer_id_not_null", "value": None},
    ]


def test_a_broken_line_keeps_its_text_and_one_reason(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "T1,2024-01-02\n", share=1.0)
    raw, reasons = warehouse.rows("select raw, reasons from quarantine.revenue")[0]
    assert raw == {"_unparsed": "T1,2024-01-02"}
    assert [reason["rule"] for reason in reasons] == ["row_well_formed"]

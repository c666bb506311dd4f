"""Bad input is loaded, normalised, quarantined or refused as declared here; it never raises and never loses a row."""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

import gzip
import io
import json

import pytest

HEADER = "transaction_id,date,amount,customer_id,status\n"
GOOD = "T1,2024-01-02,10.00,C1,paid\n"
OTHER = "T2,2024-01-03,20.00,C2,paid\n"

# name of the case: (file name, content, status, rows in file, staged, quarantined, duplicates)
CASES = {
    "plain": ("a.csv", HEADER + GOOD + OTHER, "loaded", 2, 2, 0, 0),
    "empty file": ("a.csv", "", "refused", 0, 0, 0, 0),
    "only blank lines": ("a.csv", "\n\n  \n", "refused", 0, 0, 0, 0),
    "header only": ("a.csv", HEADER, "loaded", 0, 0, 0, 0),
    "header only without newline": ("a.csv", HEADER.strip(), "loaded", 0, 0, 0, 0),
    "no newline at the end": ("a.csv", HEADER + GOOD.strip(), "loaded", 1, 1, 0, 0),
    "missing required column": ("a.csv", "transaction_id,date,customer_id,status\nT1,2024-01-02,C1,paid\n", "refused", 0, 0, 0, 0),
    "unknown extra column": ("a.csv", "transaction_id,date,amount,customer_id,status,note\nT1,2024-01-02,10,C1,paid,hi\n", "loaded", 1, 1, 0, 0),
    "duplicate header": ("a.csv", "date,amount,amount,customer_id,status\n2024-01-02,1,2,C1,paid\n", "refused", 0, 0, 0, 0),
    "duplicate unknown header": ("a.csv", "date,amount,customer_id,status,x,X\n2024-01-02,1,C1,paid,1,2\n", "refused", 0, 0, 0, 0),
    "two aliases of one column": ("a.csv", "date,order_date,amount,customer_id,status\n2024-01-02,2024-01-03,1,C1,paid\n", "refused", 0, 0, 0, 0),
    "canonical header wins over alias": ("a.csv", "transaction_date,date,amount,customer_id,status\n2024-01-02,2020-01-01,1,C1,paid\n", "loaded", 1, 1, 0, 0),
    "headers in other spelling": ("a.csv", " Transaction Date ,AMOUNT,Customer-ID,Status\n2024-01-02,1,C1,paid\n", "loaded", 1, 1, 0, 0),
    "semicolons": ("a.csv", (HEADER + GOOD).replace(",", ";"), "loaded", 1, 1, 0, 0),
    "tabs": ("a.tsv", (HEADER + GOOD).replace(",", "\t"), "loaded", 1, 1, 0, 0),
    "pipes": ("a.txt", (HEADER + GOOD).replace(",", "|"), "loaded", 1, 1, 0, 0),
    "unknown delimiter": ("a.csv", (HEADER + GOOD).replace(",", "~"), "refused", 0, 0, 0, 0),
    "byte order mark": ("a.csv", b"\xef\xbb\xbf" + (HEADER + GOOD).encode(), "loaded", 1, 1, 0, 0),
    "utf-16 with mark": ("a.csv", (HEADER + GOOD).encode("utf-16"), "loaded", 1, 1, 0, 0),
    "utf-16 without mark": ("a.csv", (HEADER + GOOD).encode("utf-16-le"), "loaded", 1, 1, 0, 0),
    "latin-1": ("a.csv", (HEADER + "T1,2024-01-02,10,M\xfcller,paid\n").encode("latin-1"), "loaded", 1, 1, 0, 0),
    "carriage returns and newlines": ("a.csv", (HEADER + GOOD + OTHER).replace("\n", "\r\n"), "loaded", 2, 2, 0, 0),
    "mixed line ends": ("a.csv", HEADER + GOOD.replace("\n", "\r\n") + OTHER, "loaded", 2, 2, 0, 0),
    "old mac line ends": ("a.csv", (HEADER + GOOD + OTHER).replace("\n", "\r"), "loaded", 2, 2, 0, 0),
    "blank lines between rows": ("a.csv", HEADER + GOOD + "\n\n" + OTHER, "loaded", 2, 2, 0, 0),
    "quoted newline": ("a.csv", HEADER + 'T1,2024-01-02,10,"C\n1",paid\n', "loaded", 1, 1, 0, 0),
    "quoted comma and quote": ("a.csv", HEADER + 'T1,2024-01-02,10,"C,""1""",paid\n', "loaded", 1, 1, 0, 0),
    "too few fields": ("a.csv", HEADER + GOOD + "T2,2024-01-03\n", "loaded", 2, 1, 1, 0),
    "too many fields": ("a.csv", HEADER + GOOD + "T2,2024-01-03,20,C2,paid,x,y\n", "loaded", 2, 1, 1, 0),
    "quote never closed": ("a.csv", HEADER + 'T0,2024-01-01,"5,C0,paid\n' + GOOD + OTHER, "loaded", 3, 2, 1, 0),
    "stray quote": ("a.csv", HEADER + GOOD + 'T2,2024-01-03,2"0,C2,paid\n', "loaded", 2, 1, 1, 0),
    "nul byte in a value": ("a.csv", HEADER + GOOD + "T2,2024-01-03,20.00,C\x002,paid\n", "loaded", 2, 1, 1, 0),
    "backslash dot line": ("a.csv", HEADER + GOOD + "\\.\n" + OTHER, "loaded", 3, 2, 1, 0),
    "NaN": ("a.csv", HEADER + "T1,2024-01-02,NaN,C1,paid\n", "loaded", 1, 0, 1, 0),
    "Infinity": ("a.csv", HEADER + "T1,2024-01-02,Infinity,C1,paid\n", "loaded", 1, 0, 1, 0),
    "now as a date": ("a.csv", HEADER + "T1,now,10,C1,paid\n", "loaded", 1, 0, 1, 0),
    "scientific notation": ("a.csv", HEADER + "T1,2024-01-02,1e3,C1,paid\n", "loaded", 1, 0, 1, 0),
    "underscores in a number": ("a.csv", HEADER + "T1,2024-01-02,1_000,C1,paid\n", "loaded", 1, 0, 1, 0),
    "thousands separator": ("a.csv", HEADER + 'T1,2024-01-02,"1,000.00",C1,paid\n', "loaded", 1, 0, 1, 0),
    "tenth of a cent": ("a.csv", HEADER + "T1,2024-01-02,12.345,C1,paid\n", "loaded", 1, 0, 1, 0),
    "trailing zeros are no decimals": ("a.csv", HEADER + "T1,2024-01-02,12.3400,C1,paid\n", "loaded", 1, 1, 0, 0),
    "amount too large": ("a.csv", HEADER + "T1,2024-01-02,1000000.01,C1,paid\n", "loaded", 1, 0, 1, 0),
    "number beyond any type": ("a.csv", HEADER + f"T1,2024-01-02,{'9' * 400},C1,paid\n", "loaded", 1, 0, 1, 0),
    "zero": ("a.csv", HEADER + "T1,2024-01-02,0,C1,paid\n", "loaded", 1, 0, 1, 0),
    "negative without a return": ("a.csv", HEADER + "T1,2024-01-02,-5,C1,paid\n", "loaded", 1, 0, 1, 0),
    "negative on a return line": ("a.csv", "date,amount,customer_id,status,quantity\n2024-01-02,-5,C1,paid,-1\n", "loaded", 1, 1, 0, 0),
    "day before month": ("a.csv", HEADER + "T1,13/04/2024,10,C1,paid\n", "loaded", 1, 0, 1, 0),
    "no such day": ("a.csv", HEADER + "T1,2024-02-30,10,C1,paid\n", "loaded", 1, 0, 1, 0),
    "year of no calendar": ("a.csv", HEADER + "T1,0001-01-01,10,C1,paid\n", "loaded", 1, 0, 1, 0),
    "unknown status": ("a.csv", HEADER + "T1,2024-01-02,10,C1,maybe\n", "loaded", 1, 0, 1, 0),
    "status in capitals": ("a.csv", HEADER + "T1,2024-01-02,10,C1,PAID\n", "loaded", 1, 1, 0, 0),
    "another currency": ("a.csv", "date,amount,customer_id,status,currency\n2024-01-02,10,C1,paid,EUR\n", "loaded", 1, 0, 1, 0),
    "blank customer": ("a.csv", HEADER + "T1,2024-01-02,10,   ,paid\n", "loaded", 1, 0, 1, 0),
    "repeated key": ("a.csv", HEADER + GOOD + GOOD, "loaded", 2, 1, 0, 1),
    "equal rows without a key": ("a.csv", "date,amount,customer_id,status\n" + "2024-01-02,10,C1,paid\n" * 2, "loaded", 2, 2, 0, 0),
    "sql in a value": ("a.csv", HEADER + "T1,2024-01-02,10,'); drop table staging.revenue; --,paid\n", "loaded", 1, 1, 0, 0),
    "sql in a header": ("a.csv", 'date,amount,customer_id,status,"x""); drop table raw.revenue; --"\n2024-01-02,1,C1,paid,y\n', "loaded", 1, 1, 0, 0),
    "empty header name": ("a.csv", "date,amount,customer_id,status,\n2024-01-02,1,C1,paid,\n", "loaded", 1, 1, 0, 0),
    "percent signs and braces": ("a.csv", HEADER + "T1,2024-01-02,10,%s {batch} :first_row_id,paid\n", "loaded", 1, 1, 0, 0),
    "gzip": ("a.csv.gz", gzip.compress((HEADER + GOOD).encode()), "loaded", 1, 1, 0, 0),
    "damaged gzip": ("a.csv.gz", gzip.compress((HEADER + GOOD * 99).encode())[:-20], "refused", 0, 0, 0, 0),
    "bzip2": ("a.csv.bz2", b"BZh91AY&SY", "refused", 0, 0, 0, 0),
    "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "refused", 0, 0, 0, 0),
    "json lines": ("a.jsonl", json.dumps({"date": "2024-01-02", "amount": 10.5, "customer_id": "007", "status": "paid"}), "loaded", 1, 1, 0, 0),
    "broken json line": ("a.jsonl", '{"date":"2024-01-02","amount":1,"customer_id":"1","status":"paid"}\n{"date":\n', "loaded", 2, 1, 1, 0),
    "truncated workbook": ("a.xlsx", b"PK\x03\x04 not a workbook", "refused", 0, 0, 0, 0),
    "file name with a quote": ("it's \"a\".csv", HEADER + GOOD, "loaded", 1, 1, 0, 0),
    "file name with a newline": ("a\nb.csv", HEADER + GOOD, "loaded", 1, 1, 0, 0),
    "file name with a dash": ("-rf.csv", HEADER + GOOD, "loaded", 1, 1, 0, 0),
    "file name in another script": ("выручка €.csv", HEADER + GOOD, "loaded", 1, 1, 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_ends_as_declared(warehouse, case):
    name, content, status, in_file, staged, quarantined, duplicates = CASES[case]
    load = warehouse.load("revenue", name, content, share=1.0)
    found = (load.status, load.rows_in_file, load.staged, load.quarantined, load.duplicates)
    assert found == (status, in_file, staged, quarantined, duplicates), load.reason
    assert load.status != "refused" or load.reason
    assert warehouse.value("select count(*) from staging.revenue") == staged
    assert set(warehouse.broken_invariants("revenue")) <= {"no_refused_load_open"}


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


def test_identifiers_keep_their_leading_zeros(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "00123,2024-01-02,1,0007,paid\n")
    assert warehouse.rows("select transaction_id, customer_id from staging.revenue") == [("00123", "0007")]


def test_a_refused_file_says_what_is_missing(warehouse):
    load = warehouse.load("revenue", "a.csv", "when,how_much\n1,2\n")
    assert "transaction_date or date or order_date" in load.reason
    assert "'when', 'how_much'" in load.reason


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

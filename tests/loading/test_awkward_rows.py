"""Rows on which readers disagree or give up: each costs its own line and says why, and none costs the file."""

from __future__ import annotations

import io
import json
import os

import pytest

from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path

pytestmark = pytest.mark.slow

HEADER = "transaction_id,date,amount,customer_id,status\n"
NO_ID = "date,amount,customer_id,status\n"
GOOD = "T1,2024-01-02,10,C1,paid\n"
RECORD = {"date": "2024-01-02", "amount": 10, "customer_id": "C1", "status": "paid"}

# name of the case: (lines after the header, customers that are staged)
LINES = {
    "a quote within a field is a character": ('T1,2024-01-02,10,C"1",paid\n', ['C"1"']),
    "an amount with quotes is no number": ('T1,2024-01-02,1"0",C1,paid\nT2,2024-01-02,10,C2,paid\n', ["C2"]),
    "a quoted field that goes on is a broken line": ('T1,2024-01-02,10,"C"1,paid\nT2,2024-01-02,10,C2,paid\n', ["C2"]),
    "a very long line beside an open quote": (f'T0,2024-01-01,"5,C0,paid\n{"y" * 1_200_000}\n{GOOD}', ["C1"]),
    "a value of nearly a million characters": (f"T1,2024-01-02,10,{'z' * 990_000},paid\n", ["z" * 990_000]),
    "a no-break space is not blank": ("T1,2024-01-02,10,\u00a0,paid\n", ["\u00a0"]),
    "a no-break space makes a number unreadable": (f"T0,2024-01-02,\u00a010,C0,paid\n{GOOD}", ["C1"]),
    "a status with a look-alike letter": (f"T0,2024-01-02,10,C0,p\u0430id\n{GOOD}", ["C1"]),
    "separators of other alphabets end no line": ("T1,2024-01-02,10,a\u2028b\x0bc\x85d,paid\n", ["a\u2028b\x0bc\x85d"]),
    "an id that no index can hold": (f"{'x' * 5000},2024-01-02,10,C0,paid\n{GOOD}", ["C1"]),
    "a second that leaps": (f"T0,2024-12-31T23:59:60Z,10,C0,paid\n{GOOD}", ["C1"]),
    "the hour after the last": (f"T0,2024-12-31 24:00:00,10,C0,paid\n{GOOD}", ["C1"]),
    "an offset of a day": (f"T0,2024-12-31T10:00+24:00,10,C0,paid\n{GOOD}", ["C1"]),
    "an offset after a blank": ("T1,2024-12-31 10:00:00 +05:30,10,C1,paid\n", ["C1"]),
    "control characters": ("T1,2024-01-02,10,a\x1a\x04\x1b[31m,paid\n", ["a\x1a\x04\x1b[31m"]),
    "a formula is text": ("T1,2024-01-02,10,=1+1,paid\n", ["=1+1"]),
}  # fmt: skip


def customers(warehouse):
    return [name for (name,) in warehouse.rows("select customer_id from staging.revenue order by _row_id")]


@pytest.mark.parametrize("case", LINES)
def test_an_awkward_line_costs_at_most_itself(warehouse, case):
    lines, staged = LINES[case]
    load = warehouse.load("revenue", "a.csv", HEADER + lines, share=1.0)
    assert load.status == "loaded", load.reason
    assert customers(warehouse) == staged
    assert load.rows_in_file == load.staged + load.quarantined
    assert warehouse.broken_invariants("revenue") == []


@pytest.mark.parametrize("mark", ["\u2028", "\x0b", "\x85", "\x1c", "\0"], ids=ascii)
def test_a_header_may_hold_any_character(warehouse, mark):
    content = f"transaction_id,no{mark}te,date,amount,customer_id,status\nT1,hi,2024-01-02,10,C1,paid\n"
    load = warehouse.load("revenue", "a.csv", content)
    assert (load.status, customers(warehouse)) == ("loaded", ["C1"])
    assert load.notes["unknown_columns"] == [f"no{mark}te".replace("\0", "␀")]


def test_a_header_that_is_no_header_is_refused(warehouse):
    load = warehouse.load("revenue", "a.csv", "x" * 2_000_000 + "\n1\n")
    assert load.status == "refused"
    assert "is this a delimited text file?" in load.reason or "required columns are missing" in load.reason


def test_bytes_of_no_character_break_their_line_and_are_kept(warehouse):
    load = warehouse.load(
        "revenue", "a.csv", b"\xef\xbb\xbf" + (HEADER + GOOD).encode() + b"T2,2024-01-02,1,M\xffl,paid\n", 1.0
    )
    assert (load.staged, load.quarantined) == (1, 1)
    assert warehouse.value("select raw ->> '_unparsed' from quarantine.revenue") == "T2,2024-01-02,1,M\\xffl,paid"


def test_a_file_name_may_be_any_bytes(warehouse):
    name = os.fsdecode(b"\xff\xfe.csv")
    path = warehouse.drop("revenue", "plain.csv", HEADER + GOOD).path
    load = warehouse.load_file(SourceFile("revenue", path.rename(path.with_name(name)), name))
    assert (load.status, load.file) == ("loaded", "\\xff\\xfe.csv")


def test_keys_that_look_alike_when_joined_are_two(warehouse):
    header = "experiment_id,user_id,variant,assigned_at\n"
    rows = "a\x1fb,c,A,2024-01-02\na,b\x1fc,A,2024-01-02\n"
    assert warehouse.load("experiment_assignments", "a.csv", header + rows).staged == 2


def test_a_given_id_that_another_row_derives_is_one_key(warehouse):
    """As in an export of staging to which somebody added the sale once more, without its id."""
    warehouse.load("revenue", "a.csv", NO_ID + "2024-03-02,10,C1,paid\n")
    derived = warehouse.value("select transaction_id from staging.revenue")
    warehouse.empty()
    load = warehouse.load("revenue", "b.csv", HEADER + f"{derived},2024-03-02,10,C1,paid\n,2024-03-02,10,C1,refunded\n")
    assert (load.status, load.staged, load.duplicates) == ("loaded", 1, 1)
    assert warehouse.rows("select transaction_id, status from staging.revenue") == [(derived, "refunded")]
    assert warehouse.broken_invariants("revenue") == []


def test_publishing_twice_changes_nothing_the_second_time(warehouse):
    """A step may be tried again after its commit."""
    contract, engine = warehouse.contracts["revenue"], warehouse.engine()
    landed = warehouse.land(warehouse.drop("revenue", "a.csv", HEADER + GOOD), engine)
    first = warehouse.finish(landed, contract, engine)
    table = text_of(landed, contract, archived_path(landed, warehouse.folder / "lake"), landed.file, engine.workspace)
    again = publish(warehouse.connection, contract, landed, table, engine, lambda tally: None).load
    assert (again, customers(warehouse)) == (first, ["C1"])


def test_a_file_refused_twice_stands_refused_once(warehouse):
    bad = HEADER + "T1,never,10,C1,paid\n"
    warehouse.load("revenue", "a.csv", bad)
    warehouse.load("revenue", "a.csv", "no,header\n1,2\n")
    assert warehouse.value("select count(*) from ops.loads where status = 'refused'") == 1
    assert warehouse.value("select count(*) from quarantine.revenue") == 0
    warehouse.load("revenue", "a.csv", bad)
    assert warehouse.value("select count(*) from ops.loads where status = 'refused'") == 1


@pytest.mark.law(8)
def test_the_largest_amounts_add_up(warehouse):
    rows = "".join(f"2024-01-01,g{at},1,1,9999999999999999.99\n" for at in range(300))
    load = warehouse.load("marketing", "a.csv", "date,source,leads,conversions,spend\n" + rows)
    assert (load.status, load.staged) == ("loaded", 300)
    assert warehouse.broken_invariants("marketing") == []


BROKEN_RECORDS = {
    "half a pair of surrogates": '{"date":"2024-01-02","amount":1,"customer_id":"\\ud800","status":"paid"}',
    "half a pair in an unknown key": '{"\\ud800":1,"date":"2024-01-02","amount":1,"customer_id":"x","status":"paid"}',
    "NUL": '{"date":"2024-01-02","amount":1,"customer_id":"\\u0000","status":"paid"}',
    "a key twice": '{"date":"2024-01-02","amount":1,"amount":2,"customer_id":"x","status":"paid"}',
    "too deep": '{"date":' + "[" * 200_000 + "]" * 200_000 + "}",
    "no object": '["date"]',
}


@pytest.mark.parametrize("case", BROKEN_RECORDS)
def test_a_broken_record_costs_its_line(warehouse, case):
    load = warehouse.load("revenue", "a.jsonl", json.dumps(RECORD) + "\n" + BROKEN_RECORDS[case] + "\n", share=1.0)
    assert (load.status, load.staged, load.quarantined) == ("loaded", 1, 1)
    assert warehouse.reasons("revenue") == {2: ["row_well_formed"]}


def test_cells_beside_the_table_are_not_dropped(warehouse):
    openpyxl = pytest.importorskip("openpyxl")
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in (list(RECORD), ["2024-01-02", 10, "C1", "paid"], ["2024-01-02", 20, "C2", "paid", "see note"]):
        book.active.append(row)
    book.save(content)
    load = warehouse.load("revenue", "a.xlsx", content.getvalue(), share=1.0)
    assert (load.staged, load.quarantined, customers(warehouse)) == (1, 1, ["C1"])


JSON_TEXTS = {
    "{}": True, '{"a": 0.5}': True, '["a", 1e30]': True, '"\\ud83d\\ude00"': True, '{"a": "NaN, inf,]"}': True,
    "NaN": False, '{"a": Infinity}': False, '{"a": 1,}': False, "[1,]": False, '{"a": "\\ud800"}': False,
    '{"a": "\\u0000"}': False, '{"a": 1e200000}': False, "[" * 20_000 + "]" * 20_000: False, "{'a': 1}": False,
    '{"a": 1} {}': False, "\u00a0{}": False,
}  # fmt: skip


def test_json_is_what_both_engines_take_for_it(warehouse):
    header = "experiment_id,name,arms,control,primary_metric,mde,alpha,power,started_at\n"
    lines = [
        f'E{at},n,"{text.replace(chr(34), chr(34) * 2)}",c,m,0.1,0.05,0.8,2024-01-01\n'
        for at, text in enumerate(JSON_TEXTS)
    ]
    load = warehouse.load("experiments", "a.csv", header + "".join(lines), share=1.0)
    assert load.status == "loaded", load.reason
    staged = {text for (text,) in warehouse.rows("select arms from staging.experiments")}
    assert staged == {text for text, is_json in JSON_TEXTS.items() if is_json}
    assert all(warehouse.value(f"select $json${text}$json$::jsonb is not null") for text in staged)


def test_a_key_that_repeats_once_is_noticed_beside_one_row_without_a_key(warehouse):
    """The row without a key must not stand in for the key that is missing among the different ones."""
    header, row = b"event_id,event_date,channel,campaign,leads,conversions,spend", b"\nT1,2024-01-02,x,,5,0,10"
    for name, keyless in (("line.csv", b"\nx,x,,5,0,10"), ("value.csv", b"\n ,2024-01-02,,,ten,0,10")):
        load = warehouse.load("marketing", name, header + row * 2 + keyless, share=1.0)
        assert (load.quarantined, load.staged + load.duplicates) == (1, 2)
        assert warehouse.value("select count(*) from staging.marketing where event_id = 'T1'") == 1

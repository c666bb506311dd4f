"""A rejected row has one status over all loads: open, fixed by a load, or waived; history survives every reload."""

from __future__ import annotations

from dataclasses import replace

from echo_quality.migrate import migrate

HEADER = "transaction_id,date,amount,customer_id,status\n"
GOOD, BAD, WORSE = "T1,2024-01-02,10,C1,paid\n", "T2,never,20,C2,paid\n", "T3,2024-01-04,x,C3,paid\n"


def entries(warehouse):
    """Status, first and last load, the load that fixed it and how, in the order of first sight."""
    return warehouse.rows(
        """select status, first_load_id, last_load_id, fixed_by_load_id, fixed_how
           from ops.quarantine_rows order by quarantine_id"""
    )


def load(warehouse, name, *lines):
    return warehouse.load("revenue", name, HEADER + "".join(lines), share=1.0).load_id


def test_a_rejected_row_is_open_and_two_equal_ones_are_one(warehouse):
    first = load(warehouse, "a.csv", GOOD, BAD, BAD, WORSE)
    assert entries(warehouse) == [("open", first, first, None, None)] * 2
    rules = warehouse.rows("select rules from ops.quarantine_rows order by rules::text")
    assert rules == [
        ([{"column": "amount", "rule": "amount_valid"}],),
        ([{"column": "transaction_date", "rule": "transaction_date_valid"}],),
    ]


def test_a_row_that_comes_again_keeps_its_first_sight(warehouse):
    first = load(warehouse, "a.csv", GOOD, BAD)
    elsewhere = load(warehouse, "b.csv", BAD)
    again = load(warehouse, "a.csv", GOOD, BAD, BAD)
    assert first < elsewhere < again
    assert entries(warehouse) == [("open", first, again, None, None)]
    assert warehouse.value("select first_seen_at < last_seen_at from ops.quarantine_rows")


def test_neither_quotes_nor_the_order_of_columns_make_another_row(warehouse):
    first = load(warehouse, "a.csv", BAD)
    other = 'status,customer_id,amount,date,transaction_id\npaid,C2,20,"never",T2\n'
    second = warehouse.load("revenue", "b.csv", other, share=1.0).load_id
    assert entries(warehouse) == [("open", first, second, None, None)]


def test_a_mended_file_fixes_its_rows_and_says_which_load_did(warehouse):
    first = load(warehouse, "a.csv", GOOD, BAD, WORSE)
    mended = load(warehouse, "a.csv", GOOD, BAD.replace("never", "2024-01-03"), WORSE)
    assert entries(warehouse) == [("fixed", first, first, mended, "file"), ("open", first, mended, None, None)]
    assert warehouse.value("select count(*) from quarantine.revenue") == 1
    assert warehouse.broken_invariants("revenue") == []


def test_a_row_is_fixed_only_when_no_file_has_it_any_more(warehouse):
    load(warehouse, "a.csv", BAD)
    load(warehouse, "b.csv", BAD)
    load(warehouse, "b.csv", GOOD)
    assert entries(warehouse)[0][0] == "open"
    last = load(warehouse, "a.csv", GOOD)
    assert entries(warehouse)[0][0:4:3] == ("fixed", last)


def test_a_fixed_row_that_comes_back_is_open_again_with_its_history(warehouse):
    first = load(warehouse, "a.csv", BAD)
    load(warehouse, "a.csv", GOOD)
    back = load(warehouse, "a.csv", GOOD, BAD)
    assert entries(warehouse) == [("open", first, back, None, None)]


def test_a_refused_file_has_open_rows_until_it_is_mended_or_taken_away(warehouse):
    refused = warehouse.load("revenue", "a.csv", HEADER + BAD)
    assert (refused.status, entries(warehouse)[0][0]) == ("refused", "open")
    warehouse.forget_missing("revenue", [])
    assert entries(warehouse) == [("fixed", refused.load_id, refused.load_id, refused.load_id, "taken away")]


def test_a_version_that_cannot_be_read_fixes_nothing(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + BAD)
    assert warehouse.load("revenue", "a.csv", "no,such,header\n").rows_in_file == 0
    load(warehouse, "b.csv", GOOD)
    assert entries(warehouse)[0][0] == "open"
    mended = load(warehouse, "a.csv", GOOD)
    assert entries(warehouse)[0][3] == mended


def test_rows_that_another_contract_accepts_were_fixed_by_the_contract(warehouse):
    strict = warehouse.contracts["revenue"]
    line = GOOD.replace("paid", "settled")
    load(warehouse, "a.csv", line)
    columns = tuple(
        replace(column, accepted=(*column.accepted, "settled")) if column.name == "status" else column
        for column in strict.columns
    )
    warehouse.connection.execute("update ops.loads set replay_at = now()")
    warehouse.contracts = {**warehouse.contracts, "revenue": replace(strict, columns=columns)}
    again = load(warehouse, "a.csv", line)
    assert entries(warehouse)[0][0::3] == ("fixed", again)
    assert entries(warehouse)[0][4] == "contract"
    assert warehouse.broken_invariants("revenue") == []


def test_rows_of_before_the_ledger_are_entered_when_the_warehouse_is_migrated(warehouse):
    first = load(warehouse, "a.csv", BAD)
    warehouse.connection.execute("alter table quarantine.revenue drop column _fingerprint")
    warehouse.connection.execute("delete from ops.quarantine_rows")
    migrate(warehouse.connection, warehouse.contracts.values())
    assert entries(warehouse) == [("open", first, first, None, None)]
    migrate(warehouse.connection, warehouse.contracts.values())
    assert len(entries(warehouse)) == 1

"""Rows of one key in three files: which one is current, and which one comes back."""

from __future__ import annotations

HEADER = "transaction_id,date,amount,customer_id,status\n"
OTHER = "T9,2024-05-05,9,C9,paid\n"


def sale(status, day="2024-01-02"):
    return f"T1,{day},10,C1,{status}\n"


def current(warehouse):
    return warehouse.value("select status from staging.revenue where transaction_id = 'T1'")


def load(warehouse, name, *lines):
    found = warehouse.load("revenue", name, HEADER + "".join(lines))
    assert found.is_accepted, found.reason
    assert warehouse.broken_invariants("revenue") == []
    return found


def test_the_latest_of_several_outlived_rows_comes_back(warehouse):
    for name, status in (("a.csv", "pending"), ("b.csv", "failed"), ("c.csv", "paid")):
        load(warehouse, name, sale(status))
    assert current(warehouse) == "paid"
    load(warehouse, "c.csv", OTHER)
    assert current(warehouse) == "failed"
    load(warehouse, "b.csv", OTHER)
    assert current(warehouse) == "pending"


def test_a_row_that_comes_back_marks_its_day(warehouse):
    load(warehouse, "a.csv", sale("pending", day="2024-01-02"))
    load(warehouse, "b.csv", sale("paid", day="2024-03-04"))
    warehouse.connection.execute("delete from ops.dirty_days")
    load(warehouse, "b.csv", OTHER)
    marked = [str(day) for (day,) in warehouse.rows("select day from ops.dirty_days order by day")]
    assert marked == ["2024-01-02", "2024-03-04", "2024-05-05"]


def test_a_repeated_row_comes_back_when_both_that_outlived_it_are_gone(warehouse):
    load(warehouse, "a.csv", sale("pending"))
    repeated = load(warehouse, "b.csv", sale("pending"), OTHER)
    assert (repeated.staged, repeated.duplicates) == (1, 1)
    load(warehouse, "c.csv", sale("paid"))
    load(warehouse, "a.csv", OTHER)
    load(warehouse, "c.csv", OTHER)
    assert current(warehouse) == "pending"


def test_the_same_file_again_takes_its_turn_as_the_latest(warehouse):
    load(warehouse, "a.csv", sale("pending"))
    load(warehouse, "b.csv", sale("paid"))
    load(warehouse, "a.csv", sale("pending"), OTHER)
    assert current(warehouse) == "pending"

"""The invariants notice what they are there for: each way of tampering with the tables turns exactly its own red."""

from __future__ import annotations

import pytest

HEADER = "transaction_id,date,amount,customer_id,status\n"
FIRST = HEADER + "T1,2024-01-02,10,C1,paid\nT2,2024-01-03,20,C2,paid\nT3,never,30,C3,paid\n"
SECOND = HEADER + "T1,2024-01-02,11,C1,paid\nT2,2024-01-03,20,C2,paid\nT4,2024-01-04,40,C4,paid\n"
ROWS, MONEY, KEYS = "rows_are_conserved", "money_is_conserved", "keys_are_unique"
COLUMNS = "transaction_id, transaction_date, amount, currency, customer_id, status, _row_id"

# name of the case: (statement, invariants that it breaks)
TAMPERINGS = {
    "a row is deleted": ("delete from staging.revenue where transaction_id = 'T4'", {ROWS, MONEY}),
    "an amount is changed": ("update staging.revenue set amount = amount + 0.01 where transaction_id = 'T4'", {MONEY}),
    "a row is doubled": (
        f"insert into staging.revenue ({COLUMNS}) select {COLUMNS} from staging.revenue where transaction_id = 'T4'",
        {ROWS, MONEY, KEYS},
    ),
    "a row moves to a load that is not there": (
        "update staging.revenue set _row_id = 1 where transaction_id = 'T4'",
        {ROWS, MONEY},
    ),
    "an outlived row is deleted": (
        "delete from staging.revenue_shadow where _reason = 'outlived'",
        {ROWS, MONEY},
    ),
    "a repeated row is deleted": ("delete from staging.revenue_shadow where _reason = 'repeated'", {ROWS, MONEY}),
    "a rejected row is deleted": ("delete from quarantine.revenue", {ROWS}),
    "a rejected row belongs to no load": (
        "insert into quarantine.revenue select 1, _file_sha256, 1, _contract_version, raw, reasons"
        " from quarantine.revenue",
        {ROWS},
    ),
    "the ledger counts one too many": ("update ops.loads set staged = staged + 1 where file = 'b.csv'", {ROWS}),
    "the ledger lost a count": ("update ops.loads set quarantined = null where file = 'a.csv'", {ROWS}),
    "the ledger lost the money": ("update ops.loads set money_in_file = null where file = 'a.csv'", {MONEY}),
    "the ledger lost the load": ("delete from ops.loads where file = 'a.csv'", {ROWS}),
}


def test_untouched_tables_break_no_invariant(warehouse):
    load_two_files(warehouse)
    assert warehouse.broken_invariants("revenue") == []


@pytest.mark.law(1)
@pytest.mark.parametrize("case", TAMPERINGS)
def test_tampering_is_noticed(warehouse, case):
    load_two_files(warehouse)
    statement, broken = TAMPERINGS[case]
    warehouse.connection.execute(statement)
    assert set(warehouse.broken_invariants("revenue")) == broken


def load_two_files(warehouse):
    """Leaves current, outlived, repeated and rejected rows."""
    assert warehouse.load("revenue", "a.csv", FIRST, share=1.0).status == "loaded"
    assert warehouse.load("revenue", "b.csv", SECOND).status == "loaded"

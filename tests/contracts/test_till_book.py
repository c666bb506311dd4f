"""A contract that declares every reading, through the real suite: both countings agree on each row of a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_quality.odcs import read_contract

TILL_BOOK = read_contract(Path(__file__).parent / "data" / "till_book.yaml")
CONTENT = """receipt;sold_on;sold_at;amount;currency;pieces;discount;is_paid
R1;1.2.24;43830,5;€ 1.234,50;;1.000;12,5 %;ja
R2;45323;-;(2,50);EUR;;;NEIN
R3;1 Feb 2024;;5-;USD;;0 %;N/A
\u00a0R4\u200b;2024-02-01;;$ 7;USD;12;;1
R5;1.2.24;;$ 7;EUR;1,5;5;vielleicht
R6;60;;1.23,4;;;;
R7;31.2.24;0;1,5;;;;
R8
Summe;;;1.235;;;;
"""
RULES = {
    5: ["amount_in_currency", "pieces_valid", "discount_valid", "is_paid_valid"],
    6: ["sold_on_valid", "amount_valid"],
    7: ["sold_on_valid", "sold_at_valid"],
    8: ["row_well_formed"],
    9: ["no_totals_row"],
}
STAGED = [
    ("R1", "2024-02-01", "2024-01-01 11:00:00+00", "1234.50", "EUR", 1000, "0.1250", True, "999.9450"),
    ("R2", "2024-02-01", None, "-2.50", "EUR", None, None, False, "-2.0250"),
    ("R3", "2024-02-01", None, "-5.00", "USD", None, "0.0000", None, "-4.0500"),
    ("R4", "2024-02-01", None, "7.00", "USD", 12, None, True, "5.6700"),
]


@pytest.fixture
def book(warehouse_of):
    warehouse = warehouse_of(TILL_BOOK)
    warehouse.connection.execute("set time zone 'UTC'")
    return warehouse


def test_a_spreadsheet_of_another_country_is_read_as_declared(book):
    load = book.load("till_book", "a.csv", CONTENT)
    assert load.status == "loaded", load.reason
    assert [outcome.check for outcome in book.audited.outcomes if outcome.error] == []
    assert book.reasons("till_book") == RULES
    staged = book.rows(
        """select receipt, sold_on::text, sold_at::text, amount::text, currency, pieces, discount::text, is_paid,
           net::text from staging.till_book order by _row_id"""
    )
    assert staged == STAGED
    assert book.broken_invariants("till_book") == []
    counts = {outcome.check: outcome.unexpected_count for outcome in book.audited.outcomes}
    assert counts["totals_row_agrees"] == 1
    assert load.notes["normalised"] == {
        "receipt": {"trimmed": 1},
        "sold_on": {"date format": 3, "Excel date": 1},
        "sold_at": {"null text": 1, "Excel date": 1},
        "amount": {"thousands separator": 1, "decimal mark": 3, "negative": 2, "currency": 3},
        "pieces": {"thousands separator": 1},
        "discount": {"decimal mark": 1, "percent": 2},
        "is_paid": {"null text": 1, "truth value": 3},
    }


def test_the_same_bytes_again_change_nothing(book):
    first = book.load("till_book", "a.csv", CONTENT)
    again = book.load("till_book", "a.csv", CONTENT)
    assert again.load_id == first.load_id

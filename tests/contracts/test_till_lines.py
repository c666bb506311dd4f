"""A contract that declares all there is about reading: encoding, delimiter, date formats, zone, computed amounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from echo_quality.odcs import read_contract

TILL_LINES = read_contract(Path(__file__).parent / "data" / "till_lines.yaml")
HEADER = "InvoiceNo;Description;quantity;InvoiceDate;due_on;UnitPrice\r\n"
GOOD = "I1;Crème brûlée £5;6;12/1/2010 8:26;01/12/2010;2.55\r\n"


@pytest.fixture
def till(warehouse_of):
    warehouse = warehouse_of(TILL_LINES)
    warehouse.connection.execute("set time zone 'UTC'")
    return warehouse


def load(till, *lines, name="a.csv"):
    return till.load("till_lines", name, (HEADER + "".join(lines)).encode("latin-1"))


def test_lines_are_read_as_declared(till):
    assert load(till, GOOD).status == "loaded"
    assert till.rows("select article, quantity, sold_at::text, due_on::text, amount::text from staging.till_lines") == [
        ("Crème brûlée £5", 6, "2010-12-01 08:26:00+00", "2010-12-01", "15.300")
    ]
    assert till.broken_invariants("till_lines") == []


def test_times_are_in_the_zone_of_the_contract_and_days_in_none(till):
    load(till, "I1;;1;7/1/2010 0:30;01/07/2010;1\r\n", "I2;;1;01.07.2010;20100702;1\r\n")
    assert till.rows("select sold_at::text, due_on::text from staging.till_lines order by _row_id") == [
        ("2010-06-30 23:30:00+00", "2010-07-01"),
        ("2010-06-30 23:00:00+00", "2010-07-02"),
    ]


BAD = {
    "no such month": ("I1;;1;13/1/2010 8:26;;1\r\n", ["sold_at_valid"]),
    "no such day": ("I1;;1;2/30/2010 8:26;;1\r\n", ["sold_at_valid"]),
    "no such hour": ("I1;;1;1/2/2010 24:00;;1\r\n", ["sold_at_valid"]),
    "seconds nobody declared": ("I1;;1;1/2/2010 8:26:10;;1\r\n", ["sold_at_valid"]),
    "digits that may be two days": ("I1;;1;1/2/2010 8:26;2010111;1\r\n", ["due_on_valid"]),
    "a tenth of a thousandth": ("I1;;1;1/2/2010 8:26;;1.0001\r\n", ["unit_price_valid", "amount_not_null"]),
    "no price": ("I1;;1;1/2/2010 8:26;;\r\n", ["unit_price_not_null", "amount_not_null"]),
    "no quantity": ("I1;;;1/2/2010 8:26;;1\r\n", ["quantity_not_null", "amount_not_null"]),
    "an amount that no column holds": ("I1;;9000000000000000000;1/2/2010 8:26;;9000000\r\n", ["amount_not_null"]),
    "an amount that breaks its rule": ("I1;a;1000000;1/2/2010 8:26;;1\r\n", ["amount_not_huge"]),
    "a ragged line": ("I1;x\r\n", ["row_well_formed"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_line_that_does_not_read_is_quarantined_with_its_reasons(till, case):
    line, rules = BAD[case]
    found = load(till, GOOD, line)
    assert (found.status, found.staged, found.quarantined) == ("loaded", 1, 1), found.reason
    assert till.reasons("till_lines") == {2: rules}
    assert till.broken_invariants("till_lines") == []


def test_what_is_exempt_from_a_rule_passes(till):
    found = load(till, "I1;all {bulk} 100%;1000000;1/2/2010 8:26;;1.5\r\n")
    assert (found.status, found.staged) == ("loaded", 1), found.reason


def test_a_column_of_the_file_does_not_replace_what_is_computed(till):
    content = HEADER.replace("UnitPrice", "UnitPrice;Amount") + GOOD.replace("2.55", "2.55;999")
    found = till.load("till_lines", "a.csv", content.encode("latin-1"))
    assert found.status == "loaded", found.reason
    assert till.value("select amount::text from staging.till_lines") == "15.300"


def test_returns_and_equal_lines_are_all_kept(till):
    found = load(till, GOOD, GOOD, GOOD.replace(";6;", ";-6;"))
    assert (found.staged, found.duplicates) == (3, 0)
    assert till.value("select sum(amount)::text from staging.till_lines") == "15.300"


def test_another_encoding_than_declared_shows_in_its_mark_only(till):
    """A byte order mark says more than the contract; without one, the declared encoding is believed."""
    marked = till.load("till_lines", "a.csv", (HEADER + GOOD).encode("utf-8-sig"))
    assert (marked.notes["encoding"], till.value("select article from staging.till_lines")) == (
        "utf-8-sig",
        "Crème brûlée £5",
    )


def test_bytes_that_the_declared_encoding_does_not_have_refuse_the_file(warehouse_of):
    from dataclasses import replace

    contract = replace(TILL_LINES, dialect=replace(TILL_LINES.dialect, encoding="ascii"))
    found = load(warehouse_of(contract), GOOD)
    assert found.status == "refused"
    assert "ascii" in found.reason
    assert "declare another `encoding`" in found.reason

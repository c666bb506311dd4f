"""DuckDB and PostgreSQL read every text as the same value, or both as none: a contract's two readings, side by side.

A load is refused when the engines count differently, so a text on which they differ would cost its whole file.
"""

from __future__ import annotations

from itertools import product

import duckdb
import pytest
from contracts.two_engines import contract_of, differences, typed_by_duckdb

from echo_quality.contract import Column, LogicalType

NUMBERS = [
    "1", "+1", "-1", ".5", "5.", "1.50", "1.5000", "001", "-0", "0.00", "1 ", "\u00a01", "1\t", "1\n", "\n1",
    "\uff11", "٣", "1,0", "+.5", "-.50", "0" * 16 + ".1", "0" * 40 + "7",
    "+", "-", ".", "", "  ", "1e1", "1E+2", "0x1", "1_0", "NaN",
    "inf", "-Infinity", "1.005", "1.0005", "9" * 15, "9" * 16 + ".99", "9" * 17, "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "9" * 400, "$1", "1 0", "--1", "1-",
]  # fmt: skip
BOOLEANS = [
    "true",
    "T",
    "yes",
    "Y",
    "1",
    "0",
    "n",
    "No",
    "FALSE",
    "on",
    "off",
    "2",
    "\uff54",
    "fal\u017fe",
    " true ",
    "\u00a0true",
]
STRINGS = [
    " a ",
    "\ta",
    "\u00a0a",
    "\u3000",
    "\u2003a\u2003",
    "\u200b",
    "a\n",
    "\x1f",
    "\ufeffx",
    "\x85",
    "PAİD",
    "weeKly",
    "ẞ",
]
DAYS = ["2024-01-02", "2024-02-29", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "1899-12-31", "2199-12-31"]
CLOCKS = [
    "00:00",
    "23:59",
    "24:00",
    "24:00:00",
    "23:59:60",
    "23:60",
    "7:05",
    "10:20:30",
    "10:20:30.123456",
    "10:20:30.",
]
OFFSETS = ["", "Z", " Z", "z", "+00", "+0530", "+05:30", " +05:30", "-08:00", "-15:59", "+16:00", "+99:99", "+05:60"]
MOMENTS = [
    *DAYS, *(day + mark + clock + offset for day, mark, clock, offset in product(DAYS[:2], "T ", CLOCKS, OFFSETS)),
    "2024-1-2", "20240102", "now", "today", "epoch", "infinity", "2024-01-02\n", "2024-01-02  10:20", "10:20",
    "2024-03-10 02:30", "2024-11-03 01:30", "2024-03-31 01:30", "2024-10-27 01:30", "2024-10-27 02:30",
    "1900-01-01 00:00",
]  # fmt: skip
WRITTEN = [
    "1/2/2024", "01/02/2024", "13/01/2024", "2/30/2024", "2/29/2024", "1/2/24", "12/31/9999", "1/1/0000", "1/1/1850",
    "1/2/2024 10:20", "1/2/2024 24:00", "1/2/2024 23:60", "1/2/2024 1:2", "00/01/2024", "1/2/2024  10:20",
    "3/10/2024 02:30", "1.2.2024 10:20:60", "1.2.2024 10:20:59", "20240102", "20241301", "2024102", "202411",
    "01-02-2024", "2024/1/2",
]  # fmt: skip
FORMATS = ["%m/%d/%Y", "%d/%m/%Y", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y%m%d", "%m-%d-%Y", "%Y/%m/%d"]
ZONES = [
    ("UTC", "UTC"),
    ("America/New_York", "UTC"),
    ("Europe/London", "Asia/Kolkata"),
    ("Asia/Tokyo", "America/New_York"),
]
MAILS = ["a@b.c", "a b@c.d", "a\u2003b@c.d", "a\n@b.c", "a@b", "@b.c", "ä@b.c", "a@@b.c"]


COLUMNS = {
    "integer": (Column("value", LogicalType.INTEGER), NUMBERS),
    "money": (Column("value", LogicalType.NUMBER), NUMBERS),
    "whole number": (Column("value", LogicalType.NUMBER, scale=0), NUMBERS),
    "six decimals": (Column("value", LogicalType.NUMBER, scale=6), NUMBERS),
    "large number": (Column("value", LogicalType.NUMBER, precision=38, scale=10), NUMBERS),
    "boolean": (Column("value", LogicalType.BOOLEAN), BOOLEANS),
    "text": (Column("value", LogicalType.STRING), STRINGS),
    "text in lower case": (Column("value", LogicalType.STRING, lower_case=True), STRINGS),
    "text with a default": (Column("value", LogicalType.STRING, default="it's"), STRINGS),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_both_engines_read_values_alike(connection, case):
    assert differences(connection, *COLUMNS[case]) == []


@pytest.mark.parametrize("kind", [LogicalType.DATE, LogicalType.TIMESTAMP])
@pytest.mark.parametrize(("zone", "business_zone"), ZONES)
def test_both_engines_read_moments_alike(connection, kind, zone, business_zone):
    assert differences(connection, Column("value", kind), MOMENTS, zone, business_zone) == []


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize("kind", [LogicalType.DATE, LogicalType.TIMESTAMP])
def test_both_engines_read_declared_formats_alike(connection, kind, written):
    column = Column("value", kind, formats=(written,))
    assert differences(connection, column, WRITTEN, "Asia/Tokyo", "America/New_York") == []


def test_a_day_without_a_clock_is_that_day_in_any_zone():
    column = Column("value", LogicalType.DATE, formats=("%d/%m/%Y", "%Y%m%d"))
    texts = ["2024-02-01", "01/02/2024", "20240201"]
    assert typed_by_duckdb(contract_of(column, "Asia/Tokyo"), texts, "America/New_York") == ["2024-02-01"] * 3


def test_the_pattern_of_a_mail_address_is_read_alike(connection, contracts):
    pattern = contracts["customers"].column("email").pattern
    with duckdb.connect() as engine:
        ours = [engine.execute("select regexp_matches(?, ?, 's')", [mail, pattern]).fetchone() for mail in MAILS]
    theirs = [connection.execute("select %s ~ %s", [mail, pattern]).fetchone() for mail in MAILS]
    assert ours == theirs

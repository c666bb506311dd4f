"""Cells of three sources with what must become of each: the value that staging shows as text, or the rule it breaks.

The outcomes are written down by hand from the contracts, so that they are a third opinion beside the two engines.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Cell:
    """A text, its value as staging prints it (None where it has none), and the rules of its column that it breaks."""

    text: str
    value: str | None = None
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column with headers that a file may use for it; `is_free` texts may be anything.

    Good cells make good rows; a bad one breaks a rule of its column, or that over several columns.
    """

    name: str
    headers: tuple[str, ...]
    good: tuple[Cell, ...]
    bad: tuple[Cell, ...] = ()
    is_optional: bool = False
    is_free: bool = False


@dataclass(frozen=True)
class Source:
    """A source's columns in the order of the contract, its key, and its rule over several columns."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    money: str
    row_rule: str
    derived_from: tuple[str, ...] = ()

    @property
    def told_apart_by(self) -> tuple[str, str]:
        """The columns of text that, between them, every key has a part of."""
        return self.key[0], "channel" if self.name == "marketing" else "customer_id"

    def breaks_row_rule(self, values: dict[str, str | None]) -> bool:
        """Whether a row's values break the rule over several columns."""
        if self.name == "revenue":
            amount, quantity = (Decimal(values[name] or 0) for name in ("amount", "quantity"))
            return values["amount"] is not None and not (amount > 0 or (amount < 0 and quantity < 0))
        first, second = ("conversions", "leads") if self.name == "marketing" else ("started_at", "ended_at")
        if values[first] is None or values[second] is None:
            return False
        if self.name == "marketing":
            return int(values[first] or 0) > int(values[second] or 0)
        return str(values[second]) < str(values[first])


def _same(*texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text, text) for text in texts)


def _bad(rule: str, *texts: str) -> tuple[Cell, ...]:
    return tuple(Cell(text, None, (rule,)) for text in texts)


def _missing(column: str) -> tuple[Cell, ...]:
    return _bad(f"{column}_not_null", "", "   ")


_ABSENT = (Cell(""), Cell("  "))
_NO_NUMBERS = ("NaN", "Infinity", "1e3", "1_000", "1.234,56", "$5", "12.345", "ten", "٣", "0x10", "\u00a05", '1"0"')
_NO_DAYS = ("now", "infinity", "2024-02-30", "13/04/2024", "2024-1-2", "20240102", "0001-01-01", "2024-01-02 25:00")
_NO_MOMENTS = (*_NO_DAYS, "2024-01-02T10:20:60Z", "2024-01-02T10:20+16:00")
_DAYS = (
    *_same("2024-01-02", "2024-01-03", "2024-02-29", "1999-12-31"),
    Cell(" 2024-01-02 ", "2024-01-02"), Cell("2024-01-02T23:30:00", "2024-01-02"),
    Cell("2024-01-02T23:30:00-02:00", "2024-01-03"), Cell("2024-01-03 00:10 +0030", "2024-01-02"),
)  # fmt: skip
_MOMENTS = (
    Cell("2024-01-02", "2024-01-02 00:00:00+00"), Cell("2024-01-02T00:00Z", "2024-01-02 00:00:00+00"),
    Cell("2024-03-31 02:30:00.5", "2024-03-31 02:30:00.5+00"),
    Cell("2024-04-01T01:00:00 +05:30", "2024-03-31 19:30:00+00"),
)  # fmt: skip
_MONEY = (
    Cell("10", "10.00"), Cell("10.00", "10.00"), Cell("+10.0", "10.00"), Cell(".5", "0.50"), Cell("0.01", "0.01"),
    Cell("007.10", "7.10"), Cell("12.3400", "12.34"), Cell("999999.99", "999999.99"),
)  # fmt: skip
_COUNTS = (Cell("5", "5"), Cell("+7", "7"), Cell("007", "7"))
_IDS = _same("T1", "T2", "t2", "00123", "123", "É-9", 'T"3"', "T,4")
_LONG = "é" * 201
_STATUSES = (*_same("paid", "refunded", "pending"), Cell("PAID", "paid"), Cell(" Completed ", "completed"))

REVENUE = Source(
    "revenue",
    (
        Column("transaction_id", ("transaction_id",), (*_IDS, *_ABSENT),
               _bad("transaction_id_not_too_long", _LONG), is_optional=True),
        Column("transaction_date", ("transaction_date", "date", "Order Date"), _DAYS,
               (*_missing("transaction_date"), *_bad("transaction_date_valid", *_NO_DAYS))),
        Column("amount", ("amount", " AMOUNT "), _MONEY,
               (*_missing("amount"), *_bad("amount_valid", *_NO_NUMBERS, "9" * 30),
                Cell("1000000.01", "1000000.01", ("amount_in_range",)), Cell("-0", "0.00"), Cell("-5", "-5.00"))),
        Column("currency", ("currency",), (Cell("USD", "USD"), Cell("", "USD")),
               (Cell("EUR", "EUR", ("currency_accepted",)), Cell("usd", "usd", ("currency_accepted",))),
               is_optional=True),
        Column("customer_id", ("customer_id", "Customer-ID"), _same("C1", "C2", 'C"1"'), _missing("customer_id"),
               is_free=True),
        Column("product", ("product", "plan"), (*_same("Pro", "pro"), *_ABSENT), is_optional=True, is_free=True),
        Column("quantity", ("quantity",), (Cell("1", "1.000"), Cell("-2", "-2.000"), *_ABSENT),
               _bad("quantity_valid", *_NO_NUMBERS[:4], "1.2345"), is_optional=True),
        Column("status", ("status",), _STATUSES,
               (*_missing("status"), Cell("maybe", "maybe", ("status_accepted",)))),
    ),
    ("transaction_id",), "amount", "amount_positive",
    ("transaction_date", "amount", "customer_id", "product", "quantity"),
)  # fmt: skip

MARKETING = Source(
    "marketing",
    (
        Column("event_id", ("event_id",), (*_IDS, *_ABSENT), _bad("event_id_not_too_long", _LONG), is_optional=True),
        Column("event_date", ("event_date", "Date"), _DAYS,
               (*_missing("event_date"), *_bad("event_date_valid", *_NO_DAYS))),
        Column("channel", ("channel", "source"), _same("Google Ads", 'E"M"'), _missing("channel"), is_free=True),
        Column("campaign", ("campaign",), (*_same("Winter"), *_ABSENT), is_optional=True, is_free=True),
        Column("leads", ("leads",), _COUNTS,
               (*_missing("leads"), *_bad("leads_valid", *_NO_NUMBERS, "1.0", "9" * 19),
                Cell("-1", "-1", ("leads_in_range",)))),
        Column("conversions", ("conversions",), (Cell("0", "0"), Cell("5", "5")),
               (*_missing("conversions"), Cell("6", "6"), *_bad("conversions_valid", *_NO_NUMBERS),
                Cell("-3", "-3", ("conversions_in_range",)))),
        Column("spend", ("spend",), (*_MONEY, Cell("0", "0.00"), Cell("9999999999999999.99", "9999999999999999.99")),
               (*_missing("spend"), *_bad("spend_valid", *_NO_NUMBERS),
                Cell("-0.01", "-0.01", ("spend_in_range",)))),
    ),
    ("event_id",), "spend", "conversions_at_most_leads", ("event_date", "channel", "campaign"),
)  # fmt: skip

SUBSCRIPTIONS = Source(
    "subscriptions",
    (
        Column("subscription_id", ("subscription_id",), _IDS,
               (*_missing("subscription_id"), Cell(_LONG, _LONG, ("subscription_id_not_too_long",)))),
        Column("effective_at", ("effective_at", "effective_date"), _MOMENTS,
               (*_missing("effective_at"), *_bad("effective_at_valid", *_NO_MOMENTS))),
        Column("customer_id", ("customer_id",), _same("C1", "C2"), _missing("customer_id"), is_free=True),
        Column("plan", ("plan",), _same("basic"), _missing("plan"), is_free=True),
        Column("amount", ("amount", "subscription_amount"), (*_MONEY, Cell("0", "0.00")),
               (*_missing("amount"), *_bad("amount_valid", *_NO_NUMBERS), Cell("-1", "-1.00", ("amount_in_range",)))),
        Column("currency", ("currency",), (Cell("USD", "USD"), Cell("", "USD")),
               (Cell("EUR", "EUR", ("currency_accepted",)),), is_optional=True),
        Column("billing_period", ("billing_period",), (*_same("weekly"), Cell("Annual", "annual")),
               (*_missing("billing_period"), Cell("daily", "daily", ("billing_period_accepted",)))),
        Column("status", ("status",), _same("trial", "active", "cancelled"),
               (*_missing("status"), Cell("aktiv", "aktiv", ("status_accepted",)))),
        Column("started_at", ("started_at",), (Cell("2024-01-01", "2024-01-01 00:00:00+00"),),
               (*_missing("started_at"), *_bad("started_at_valid", *_NO_MOMENTS))),
        Column("ended_at", ("ended_at",), (*_ABSENT, *_MOMENTS),
               (*_bad("ended_at_valid", *_NO_MOMENTS), Cell("2023-12-31", "2023-12-31 00:00:00+00")), is_optional=True),
    ),
    ("subscription_id", "effective_at"), "amount", "ended_after_started",
)  # fmt: skip

SOURCES = {source.name: source for source in (REVENUE, MARKETING, SUBSCRIPTIONS)}

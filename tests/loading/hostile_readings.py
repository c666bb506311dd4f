"""Cells and totals rows under declared readings, each with what becomes of it: loaded, normalised, quarantined, refused.

A case is a file of a small source, the contract that it is read under, and the outcome in rows, written down by hand.
All contracts here have the same columns, so that one set of tables serves all of them.
"""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.odcs_readings import reading_of, totals_row_of

NBSP, NARROW, MINUS = "\u00a0", "\u202f", "\u2212"
LOADED, NORMALISED, QUARANTINED, REFUSED = "loaded", "normalised", "quarantined", "refused"
Counts = tuple[str, int, int, int, int]
"""Status, rows in file, staged, quarantined, duplicates."""

PLAIN = Contract(
    source="cells",
    version="1.0.0",
    owner="o",
    description="Cells of every type.",
    columns=(
        Column("row_id", LogicalType.STRING, required=True, longest=200),
        Column("seen_on", LogicalType.DATE, required=True),
        Column("amount", LogicalType.NUMBER),
        Column("currency", LogicalType.STRING, default="EUR"),
        Column("share", LogicalType.NUMBER, scale=4),
        Column("pieces", LogicalType.INTEGER),
        Column("flag", LogicalType.BOOLEAN),
        Column("day", LogicalType.DATE),
        Column("moment", LogicalType.TIMESTAMP),
        Column("note", LogicalType.STRING),
    ),
    key=("row_id",),
    event_column="seen_on",
    suite="raw_cells_data",
    conserved="amount",
    max_rejected_share=1.0,
)


def contract_of(of_contract: Mapping[str, Any], of_columns: Mapping[str, Mapping[str, Any]]) -> Contract:
    """The plain contract with readings declared for all columns, and for single ones."""
    columns = []
    for column in PLAIN.columns:
        own = dict(of_columns.get(column.name, {}))
        formats = tuple(own.pop("formats", ()))
        columns.append(replace(column, formats=formats, reading=reading_of(column.logical_type, of_contract, own)))
    return replace(PLAIN, columns=tuple(columns), totals_row=totals_row_of(of_contract))


@dataclass(frozen=True)
class Case:
    """One file with its outcome. `values` are column and text as staged, `rules` the reasons by row, `why` a part of one."""

    contract: Contract
    content: str
    rows: int
    staged: int
    status: str = LOADED
    values: tuple[str, tuple[str | None, ...]] = ("row_id", ())
    normalised: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rules: Mapping[int, list[str]] = field(default_factory=dict)
    why: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def quarantined(self) -> int:
        return len(self.rules)

    @property
    def outcome(self) -> str:
        """In one word: what the file's rows came to."""
        if self.status == REFUSED:
            return REFUSED
        return QUARANTINED if self.rules else NORMALISED if self.normalised else LOADED

    @property
    def counts(self) -> Counts:
        """What the ledger must say of the load."""
        return (self.status, self.rows, self.staged, self.quarantined, 0)


def file_of(header: Iterable[str], *rows: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([list(header), *map(list, rows)])
    return text.getvalue()


def cell(
    column: str, text: str, outcome: str, shown: str | None, what: str = "", in_row: str = "", **declared: Any
) -> Case:
    """A file of two rows, of which the second has the text.

    `shown` is the value as staging prints it, or the rule that the row breaks; `what` is the kind of change, or a part
    of the reason.
    """
    contract = contract_of({}, {column: declared})
    columns = ["row_id", "seen_on", column, *(["currency"] if in_row else [])]
    row = ["R2", "2024-01-03", text, *([in_row] if in_row else [])]
    content = file_of(columns, ["R1", "2024-01-02", *[""] * (len(columns) - 2)], row)
    if outcome == QUARANTINED:
        was_read = {column: {"currency": 1}} if str(shown).endswith("_in_currency") else {}
        return Case(contract, content, 2, 1, rules={2: [str(shown)]}, why=what, normalised=was_read)
    changes = {column: dict.fromkeys(what.split(" + "), 1)} if outcome == NORMALISED else {}
    return Case(contract, content, 2, 2, values=(column, (None, shown)), normalised=changes)


def totals(
    *rows: tuple[str, str],
    staged: int,
    rules: Mapping[int, list[str]],
    status: str = LOADED,
    notes: Mapping[str, str] | None = None,
    **declared: Any,
) -> Case:
    """A file of labels and amounts, whose totals rows are declared so."""
    contract = contract_of(declared, {})
    lines = [[label, "" if "otal" in label.lower() else "2024-01-02", amount] for label, amount in rows]
    content = file_of(["row_id", "seen_on", "amount"], *lines)
    return Case(contract, content, len(rows), staged, status, rules=rules, notes=notes or {})


EVERYTHING = contract_of(
    {
        "numberFormat": "1.234,56", "negatives": ["(100)", "100-", f"{MINUS}100"], "nullTexts": ["N/A", "-"],
        "trim": "invisible", "unicode": "NFC", "excelDates": 1900, "twoDigitYearsFrom": 1950, "monthNames": "english",
        "trueTexts": ["ja", "J"], "falseTexts": ["nein", "N"],
        "totalsRow": {"column": "row_id", "pattern": "total|summe", "sums": "amount"},
    },
    {
        "amount": {"currencies": {"€": "EUR", "$": "USD", "Fr.": "CHF"}, "currencyColumn": "currency"},
        "share": {"percent": "fraction"},
        "day": {"formats": ["%d.%m.%y", "%d %b %Y"]},
        "moment": {"formats": ["%d.%m.%Y %H:%M"]},
    },
)  # fmt: skip
"""A contract that declares all readings at once."""

GERMAN, ENGLISH, FRENCH, SWISS = "1.234,56", "1,234.56", "1 234,56", "1'234.56"
EUROS = {"currencies": {"€": "EUR", "$": "USD"}, "currencyColumn": "currency"}
DOLLARS = {"currencies": {"$": "USD", "US$": "USD"}, "currency": "USD"}
TOTAL = {"column": "row_id", "pattern": "(grand )?total:?|summe", "sums": "amount"}
STRICT = {**TOTAL, "mismatch": "refuse"}
BOTH = ["no_totals_row", "totals_row_agrees"]

CASES: dict[str, Case] = {
    "plain number": cell("amount", "1234.56", LOADED, "1234.56"),
    "thousands nobody declared": cell("amount", "1,234", QUARANTINED, "amount_valid", "declare numberFormat"),
    "decimals or thousands": cell("amount", "1.234", QUARANTINED, "amount_valid", "'1.234,56'"),
    "decimal comma nobody declared": cell("amount", "12,5", QUARANTINED, "amount_valid", "declare numberFormat"),
    "german amount": cell("amount", "1.234,56", NORMALISED, "1234.56", "thousands separator + decimal mark", numberFormat=GERMAN),
    "german thousands": cell("amount", "1.234", NORMALISED, "1234.00", "thousands separator", numberFormat=GERMAN),
    "german whole number stands as it is": cell("amount", "1234", LOADED, "1234.00", numberFormat=GERMAN),
    "english decimals under a german form": cell("amount", "12.5", QUARANTINED, "amount_valid", "thousands", numberFormat=GERMAN),
    "english amount": cell("amount", "1,234,567.80", NORMALISED, "1234567.80", "thousands separator", numberFormat=ENGLISH),
    "misplaced thousands": cell("amount", "1,23,4", QUARANTINED, "amount_valid", "stand elsewhere", numberFormat=ENGLISH),
    "thousands of two digits": cell("amount", "12,34,567.00", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "nought before a thousands separator": cell("amount", "0,123", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "two decimal marks": cell("amount", "1,234.5.6", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "more decimals than the scale": cell("amount", "1234.567", QUARANTINED, "amount_valid", "decimals", numberFormat="1234.56"),
    "french blanks": cell("amount", "1 234,50", NORMALISED, "1234.50", "thousands separator + decimal mark", numberFormat=FRENCH),
    "french no-break blanks": cell("amount", f"1{NBSP}234{NARROW}567,5", NORMALISED, "1234567.50", "thousands separator + decimal mark", numberFormat=FRENCH),
    "a tab is no blank of a number": cell("amount", "1\t234,5", QUARANTINED, "amount_valid", numberFormat=FRENCH),
    "swiss apostrophe": cell("amount", "1'234.50", NORMALISED, "1234.50", "thousands separator", numberFormat=SWISS),
    "swiss typographic apostrophe": cell("amount", "1\u2019234.50", NORMALISED, "1234.50", "thousands separator", numberFormat=SWISS),
    "decimal comma without thousands": cell("amount", "1234,5", NORMALISED, "1234.50", "decimal mark", numberFormat="1234,56"),
    "wide digits": cell("amount", "\uff11\uff12", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "arabic digits": cell("amount", "٣", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "exponent": cell("amount", "1e3", QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "more digits than the type holds": cell("amount", "9" * 30, QUARANTINED, "amount_valid", numberFormat=ENGLISH),
    "parentheses": cell("amount", "(100)", NORMALISED, "-100.00", "negative", negatives=["(100)"]),
    "parentheses nobody declared": cell("amount", "(100)", QUARANTINED, "amount_valid", "declare negatives"),
    "parentheses and a minus": cell("amount", "(-100)", QUARANTINED, "amount_valid", negatives=["(100)"]),
    "open parenthesis": cell("amount", "(100", QUARANTINED, "amount_valid", negatives=["(100)"]),
    "trailing minus": cell("amount", "100-", NORMALISED, "-100.00", "negative", negatives=["100-"]),
    "trailing minus nobody declared": cell("amount", "100-", QUARANTINED, "amount_valid", "declare negatives"),
    "two minus signs": cell("amount", "-100-", QUARANTINED, "amount_valid", negatives=["100-"]),
    "typographic minus": cell("amount", f"{MINUS}5", NORMALISED, "-5.00", "negative", negatives=[f"{MINUS}100"]),
    "plain minus beside other ways": cell("amount", "-5", LOADED, "-5.00", negatives=["(100)", "100-"]),
    "symbol before": cell("amount", "€5", NORMALISED, "5.00", "currency", **EUROS),
    "symbol after a no-break blank": cell("amount", f"5{NBSP}€", NORMALISED, "5.00", "currency", **EUROS),
    "code before": cell("amount", "EUR 5", NORMALISED, "5.00", "currency", **EUROS),
    "negative with a symbol": cell("amount", "-€5", NORMALISED, "-5.00", "currency", **EUROS),
    "symbol around parentheses": cell("amount", "€(5)", NORMALISED, "-5.00", "negative + currency", negatives=["(100)"], **EUROS),
    "symbol nobody declared": cell("amount", "$5", QUARANTINED, "amount_valid", "declare currencies"),
    "another currency than the row": cell("amount", "$5", QUARANTINED, "amount_in_currency", in_row="EUR", **EUROS),
    "the currency of the row": cell("amount", "$5", NORMALISED, "5.00", "currency", in_row="USD", **EUROS),
    "another currency than the default": cell("amount", "$5", QUARANTINED, "amount_in_currency", **EUROS),
    "a currency that is not accepted": cell("amount", "GBP 5", QUARANTINED, "amount_valid", **EUROS),
    "two marks": cell("amount", "$5 USD", QUARANTINED, "amount_valid", **DOLLARS),
    "the longer mark": cell("amount", "US$5", NORMALISED, "5.00", "currency", **DOLLARS),
    "percentage as a fraction": cell("share", "12.5 %", NORMALISED, "0.1250", "percent", percent="fraction"),
    "a fraction without its sign": cell("share", "12.5", QUARANTINED, "share_valid", percent="fraction"),
    "percentage in points": cell("share", "12.5%", NORMALISED, "12.5000", "percent", percent="points"),
    "points without a sign": cell("share", "12.5", LOADED, "12.5000", percent="points"),
    "a percentage nobody declared": cell("share", "5%", QUARANTINED, "share_valid", "declare percent"),
    "german whole number": cell("pieces", "1.234", NORMALISED, "1234", "thousands separator", numberFormat=GERMAN),
    "whole number with decimals": cell("pieces", "1,5", QUARANTINED, "pieces_valid", numberFormat=GERMAN),
    "day and month nobody declared": cell("day", "03/04/2024", QUARANTINED, "day_valid", "declare formats"),
    "day before month": cell("day", "03/04/2024", NORMALISED, "2024-04-03", "date format", formats=["%d/%m/%Y"]),
    "iso beside a declared form": cell("day", "2024-04-03", LOADED, "2024-04-03", formats=["%d/%m/%Y"]),
    "two-digit year in the last century": cell("day", "1.2.50", NORMALISED, "1950-02-01", "date format", formats=["%d.%m.%y"], twoDigitYearsFrom=1950),
    "two-digit year in this century": cell("day", "1.2.49", NORMALISED, "2049-02-01", "date format", formats=["%d.%m.%y"], twoDigitYearsFrom=1950),
    "two-digit year nobody declared": cell("day", "1.2.49", QUARANTINED, "day_valid", "declare formats"),
    "name of a month": cell("day", "2-SEP-2024", NORMALISED, "2024-09-02", "date format", formats=["%d-%b-%Y"], monthNames="english"),
    "name of a month in another language": cell("day", "2-MAI-2024", QUARANTINED, "day_valid", formats=["%d-%b-%Y"], monthNames="english"),
    "day that is not there": cell("day", "30 Feb 2024", QUARANTINED, "day_valid", formats=["%d %b %Y"], monthNames="english"),
    "excel day": cell("day", "45292", NORMALISED, "2024-01-01", "Excel date", excelDates=1900),
    "excel day of the other system": cell("day", "43830", NORMALISED, "2024-01-01", "Excel date", excelDates=1904),
    "excel day nobody declared": cell("day", "45292", QUARANTINED, "day_valid", "declare excelDates"),
    "excel day sixty": cell("day", "60", QUARANTINED, "day_valid", "in no calendar", excelDates=1900),
    "excel day nought": cell("day", "0", QUARANTINED, "day_valid", excelDates=1900),
    "excel day beyond the calendar": cell("day", "999999", QUARANTINED, "day_valid", excelDates=1900),
    "excel time": cell("moment", "45292.3506944444", NORMALISED, "2024-01-01 08:25:00+00", "Excel date", excelDates=1900),
    "declared truth": cell("flag", "JA", NORMALISED, "true", "truth value", trueTexts=["ja"], falseTexts=["nein"]),
    "usual truth where another is declared": cell("flag", "yes", QUARANTINED, "flag_valid", "declare trueTexts", trueTexts=["ja"], falseTexts=["nein"]),
    "truth of workbooks": cell("flag", "false", LOADED, "false", trueTexts=["ja"], falseTexts=["nein"]),
    "truth nobody declared": cell("flag", "ja", QUARANTINED, "flag_valid", "declare trueTexts"),
    "null text": cell("amount", "N/A", NORMALISED, None, "null text", nullTexts=["N/A", "-"]),
    "null text among blanks": cell("note", " - ", NORMALISED, None, "null text", nullTexts=["N/A", "-"]),
    "null text in other capitals": cell("note", "n/a", LOADED, "n/a", nullTexts=["N/A", "-"]),
    "null text nobody declared": cell("amount", "N/A", QUARANTINED, "amount_valid", "declare nullTexts"),
    "null text in a text nobody declared": cell("note", "NULL", LOADED, "NULL"),
    "invisible characters": cell("note", f"{NBSP}\u200ba\ufeff", NORMALISED, "a", "trimmed", trim="invisible"),
    "invisible characters nobody declared": cell("note", f"{NBSP}a", LOADED, f"{NBSP}a"),
    "an invisible amount": cell("amount", f"{NBSP}5{NBSP}", NORMALISED, "5.00", "trimmed", trim="invisible"),
    "nothing but invisible characters": cell("note", "\u200b\u3000", NORMALISED, None, "trimmed", trim="invisible"),
    "letters in pieces": cell("note", "e\u0301", NORMALISED, "é", "composed", unicode="NFC"),
    "totals row that agrees": totals(("R1", "10"), ("R2", "20"), ("Total", "30"), staged=2, rules={3: ["no_totals_row"]}, totalsRow=TOTAL),
    "totals row that differs": totals(("R1", "10"), ("R2", "20"), ("SUMME", "31"), staged=2, rules={3: ["no_totals_row"]}, totalsRow=TOTAL),
    "totals row that says nothing": totals(("R1", "10"), ("Total:", ""), staged=1, rules={2: ["no_totals_row"]}, totalsRow=TOTAL),
    "totals row that differs and refuses": totals(("R1", "10"), ("Total", "11"), staged=0, rules={2: BOTH}, status=REFUSED, totalsRow=STRICT),
    "totals row that agrees and could refuse": totals(("R1", "10"), ("Total", "10"), staged=1, rules={2: ["no_totals_row"]}, totalsRow=STRICT),
    "subtotal and grand total": totals(("R1", "10"), ("total", "10"), ("R2", "5"), ("Grand Total", "15"), staged=2, rules={2: ["no_totals_row"], 4: ["no_totals_row"]}, totalsRow=STRICT),
    "rejected rows count in the total as far as they read": totals(("R1", "10"), ("", "5"), ("Total", "15"), staged=1, rules={2: ["row_id_not_null"], 3: ["no_totals_row"]}, totalsRow=STRICT),
    "a name that begins like a total": totals(("R1", "10"), ("Totalbank", "10"), staged=1, rules={2: ["seen_on_not_null"]}, totalsRow=TOTAL),
    "totals row nobody declared": totals(("R1", "10"), ("R2", "20"), ("Total", "30"), staged=2, rules={3: ["seen_on_not_null"]}),
    "a last row that sums up": totals(("R1", "10"), ("R2", "20"), ("R3", "30"), staged=3, rules={}, notes={"last_row_sums_up": "30.00"}),
    "a last row that does not": totals(("R1", "10"), ("R2", "20"), ("R3", "31"), staged=3, rules={}),
}  # fmt: skip

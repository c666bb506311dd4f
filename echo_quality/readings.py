"""How the text of a cell is read where a contract declares more than the plain forms, as frozen values.

Without a declaration a number is `-1234.56`, a date is ISO 8601, a truth value one of a few words, and blank is empty.
How a reading is written down is in `odcs_readings.py`, what contradicts itself in `reading_checks.py`, what it means
in SQL in `generate/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

BLANKS = " \u00a0\u2009\u202f"
"""Blanks that stand between the groups of a number: the plain one, and those that do not break a line."""
APOSTROPHES = "'\u2019"


class Negative(StrEnum):
    """Ways to write minus one hundred, beside `-100`, each as it looks."""

    PARENTHESES = "(100)"
    TRAILING = "100-"
    MINUS_SIGN = "\u2212100"


class Percent(StrEnum):
    """What `12.5 %` is: the fraction 0.125, or 12.5 points."""

    FRACTION = "fraction"
    POINTS = "points"


@dataclass(frozen=True)
class NumberForm:
    """How numbers of a column are written. `marks` are (text, ISO 4217 code), the longest first.

    What a mark in the cell must agree with is `currency` or the row's `currency_column`.
    """

    written: str = "1234.56"
    thousands: str = ""
    decimal: str = "."
    negatives: tuple[Negative, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    currency: str | None = None
    currency_column: str | None = None
    percent: Percent | None = None


@dataclass(frozen=True)
class Reading:
    """All that is declared about reading one column; a field that is not set means the plain form."""

    trims_invisible: bool = False
    composes: bool = False
    null_texts: tuple[str, ...] = ()
    number: NumberForm | None = None
    true_texts: tuple[str, ...] = ()
    false_texts: tuple[str, ...] = ()
    excel_dates: int | None = None
    two_digit_years_from: int | None = None
    month_names: str | None = None


@dataclass(frozen=True)
class TotalsRow:
    """How to tell a totals row: the text of `column` in lower case has the `pattern`; `sums` is what it adds up.

    A total that differs from the rows above it is reported; with `refuses` its file is refused.
    """

    column: str
    pattern: str
    sums: str
    refuses: bool = False


def in_words(reading: Reading) -> str:
    """The declared readings as sentences for the data dictionary; empty where nothing is declared."""
    return " ".join(_sentences(reading))


def _sentences(reading: Reading) -> Iterator[str]:
    if reading.number:
        yield f"Written as {'; '.join(_number(reading.number))}."
    if reading.true_texts:
        yield f"True is {_listed(reading.true_texts)}; false is {_listed(reading.false_texts)}."
    if reading.excel_dates:
        yield f"Also read as a serial number of Excel ({reading.excel_dates} system)."
    if reading.two_digit_years_from:
        first = reading.two_digit_years_from
        yield f"Years of two digits are {first} to {first + 99}."
    if reading.null_texts:
        yield f"Empty where it says {_listed(reading.null_texts)}."
    if reading.trims_invisible:
        yield "Invisible characters around it are left out."
    if reading.composes:
        yield "Brought to Unicode's composed form (NFC)."


def _number(form: NumberForm) -> Iterator[str]:
    yield f"`{form.written}`"
    if form.negatives:
        yield f"minus also as {_listed(form.negatives)}"
    if form.marks:
        marks = ", ".join(f"`{mark}`" + (f" ({code})" if mark != code else "") for mark, code in form.marks)
        agrees = form.currency or f"the row's `{form.currency_column}`"
        yield f"with {marks}, which must agree with {agrees}"
    if form.percent:
        yield "`5 %` is 0.05" if form.percent is Percent.FRACTION else "`5 %` is 5"


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(f"`{text}`" for text in texts)

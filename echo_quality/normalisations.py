"""The normalisations that follow from a contract's declared readings: what may be done to a text before it is a value.

One list, like that of the rules: typing says for each row which of them it applied, by their numbers here, and the
load's ledger row keeps how many cells of each column they changed. What is read as it stands, in a plain form, is none;
nor is taking plain blanks away or writing in lower case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.readings import NumberForm


class Change(StrEnum):
    """What was done to a cell."""

    TRIMMED = "trimmed"
    COMPOSED = "composed"
    EMPTIED = "null text"
    THOUSANDS = "thousands separator"
    DECIMAL = "decimal mark"
    NEGATIVE = "negative"
    CURRENCY = "currency"
    PERCENT = "percent"
    TRUTH = "truth value"
    DATE_FORMAT = "date format"
    EXCEL_DATE = "Excel date"


OF_TEXTS = (Change.TRIMMED, Change.COMPOSED, Change.EMPTIED)
"""Made before a text is read; the others are how it was read."""


@dataclass(frozen=True)
class Normalisation:
    """One change that may be made to the cells of one column."""

    column: str
    change: Change


def normalisations_of(contract: Contract) -> tuple[Normalisation, ...]:
    """Every change that the contract declares, column by column; none for a contract of plain forms."""
    return tuple(
        Normalisation(column.name, change)
        for column in contract.columns
        if not column.computed_as
        for change in _changes(column)
    )


def _changes(column: Column) -> Iterator[Change]:
    reading = column.reading
    if reading.trims_invisible:
        yield Change.TRIMMED
    if reading.composes:
        yield Change.COMPOSED
    if reading.null_texts:
        yield Change.EMPTIED
    if reading.number:
        yield from _changes_of_numbers(reading.number, is_whole=column.logical_type is LogicalType.INTEGER)
    if reading.true_texts:
        yield Change.TRUTH
    if column.formats:
        yield Change.DATE_FORMAT
    if reading.excel_dates:
        yield Change.EXCEL_DATE


def _changes_of_numbers(form: NumberForm, *, is_whole: bool) -> Iterator[Change]:
    if form.thousands:
        yield Change.THOUSANDS
    if form.decimal != "." and not is_whole:
        yield Change.DECIMAL
    if form.negatives:
        yield Change.NEGATIVE
    if form.marks:
        yield Change.CURRENCY
    if form.percent:
        yield Change.PERCENT

"""What declared readings must not do: contradict each other, or never apply.

Each refusal names the offender and the fix. How readings are written down is in `odcs_readings.py`; everything else
that a contract must satisfy in `contract_checks.py`.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from itertools import combinations

from echo_quality.contract import Column, Contract, ContractError, LogicalType
from echo_quality.generate.date_formats import NAMES_OF_MONTHS, pattern_of
from echo_quality.generate.patterns import WORDS_FALSE, WORDS_TRUE
from echo_quality.readings import NumberForm, Percent, Reading

_SAMPLE = datetime(2011, 10, 12, 8, 9, 7)  # parts of a date that nobody can tell apart


def check_reading(contract: Contract, column: Column) -> None:
    """ContractError if the column's declared reading contradicts itself or what else is declared."""
    reading = column.reading
    _check_formats(column, reading)
    _check_null_texts(column, reading)
    _check_truth(reading)
    if reading.number:
        _check_number(contract, column, reading.number)


def check_totals_row(contract: Contract) -> None:
    """ContractError if the totals row refers to what is not there, or could never be found."""
    totals = contract.totals_row
    if totals is None:
        return
    label, sums = contract.column(totals.column), contract.column(totals.sums)
    if label.computed_as or sums.computed_as:
        raise ContractError("totalsRow: column and sums must be in the file, not computed")
    if sums.logical_type not in (LogicalType.NUMBER, LogicalType.INTEGER) or label == sums:
        raise ContractError(
            f"totalsRow sums {sums.name!r}: it must be a number, and another column than {label.name!r}"
        )
    if totals.pattern != totals.pattern.lower():
        raise ContractError(f"totalsRow pattern {totals.pattern!r} is compared with lower case: write it so")
    try:
        check_pattern(totals.pattern)
    except ContractError as error:
        raise ContractError(f"totalsRow: {error}") from error


def check_pattern(pattern: str) -> None:
    """ContractError for a regular expression that is none, or that the engines read differently."""
    if shorthand := re.search(r"\[:|\\[a-zA-Z0-9]|\(\?", pattern):
        raise ContractError(
            f"pattern {pattern!r} uses {shorthand[0]!r}, which engines read differently; list the characters, as [0-9]"
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise ContractError(f"pattern {pattern!r} is no regular expression: {error}") from error


def _check_formats(column: Column, reading: Reading) -> None:
    for written in column.formats:
        pattern_of(written)
        if "%y" in written and reading.two_digit_years_from is None:
            raise ContractError(f"date format {written!r}: %y needs twoDigitYearsFrom, the first year that it may mean")
        if any(name in written for name in NAMES_OF_MONTHS) and reading.month_names is None:
            named = next(name for name in NAMES_OF_MONTHS if name in written)
            raise ContractError(f"date format {written!r}: {named} needs `monthNames: english`")
        if reading.excel_dates and re.fullmatch("(%y|%m|%d){3}", written):
            raise ContractError(f"date format {written!r} and excelDates both read six digits: keep one")
    for first, second in combinations(column.formats, 2):
        if _differ(first, second) or _differ(second, first):
            raise ContractError(f"date formats {first!r} and {second!r} read the same text as different days: keep one")


def _differ(first: str, second: str) -> bool:
    """Whether a text of the first format also has the second, and says something else there."""
    text = _SAMPLE.strftime(first)
    if not re.fullmatch(pattern_of(second), text):
        return False
    return datetime.strptime(text, second) != datetime.strptime(text, first)


def _check_null_texts(column: Column, reading: Reading) -> None:
    taken = {*column.accepted, *reading.true_texts, *reading.false_texts, *([column.default] if column.default else [])}
    for text in reading.null_texts:
        if text != text.strip() or not text:
            raise ContractError(f"nullTexts holds {text!r}: blanks around a text are never seen, and blank is empty")
        if text in taken:
            raise ContractError(f"{text!r} is in nullTexts, and declared as a value as well: keep one")


def _check_truth(reading: Reading) -> None:
    true, false = ({text.lower() for text in texts} for texts in (reading.true_texts, reading.false_texts))
    if bool(true) != bool(false):
        raise ContractError("trueTexts and falseTexts belong together: declare both")
    if both := sorted((true | set(WORDS_TRUE)) & (false | set(WORDS_FALSE))):
        raise ContractError(f"{', '.join(map(repr, both))} would be both true and false: keep one")


def _check_number(contract: Contract, column: Column, form: NumberForm) -> None:
    for mark, _ in form.marks:
        if not all(sign.isalpha() or sign == "." or unicodedata.category(sign) == "Sc" for sign in mark) or mark in ".":
            raise ContractError(f"currencies holds {mark!r}: letters, dots and signs of currencies only")
    if form.percent and form.marks:
        raise ContractError("an amount of money is no percentage: keep currencies or percent")
    if form.percent is Percent.FRACTION and column.scale < 2:
        raise ContractError(f"percent: fraction needs a scale of 2 or more, not {column.scale}: 5 % is 0.05")
    _check_currency(contract, form)


def _check_currency(contract: Contract, form: NumberForm) -> None:
    said = [each for each in (form.currency, form.currency_column) if each]
    if len(said) != (1 if form.marks else 0):
        raise ContractError("currencies and either currency or currencyColumn belong together: declare both, or none")
    if not said:
        return
    possible: set[str] = {str(form.currency)}
    if form.currency_column:
        other = contract.column(form.currency_column)
        if other.logical_type is not LogicalType.STRING:
            raise ContractError(f"currencyColumn {other.name!r} must be a string")
        possible = {code.upper() for code in other.accepted}
    if possible and not possible & {code for _, code in form.marks}:
        right = ", ".join(sorted(possible))
        raise ContractError(f"currencies has no mark for {right}: every amount with a mark would be rejected")

"""Reading declarations as `customProperties` of a contract or of one of its columns; the column's own wins.

`numberFormat` is the number 1234.56 as it looks in the files (`1.234,56`); `negatives` lists how -100 may look;
`currencies` maps what may stand beside an amount to ISO codes, `currency` or `currencyColumn` says which is right for a
row; `percent`; `nullTexts`, `trueTexts`, `falseTexts`; `excelDates` (1900 or 1904), `twoDigitYearsFrom`,
`monthNames: english`; `trim: invisible`, `unicode: NFC`; on the contract alone `totalsRow`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from echo_quality.contract import Column, ContractError, LogicalType
from echo_quality.readings import APOSTROPHES, BLANKS, Negative, NumberForm, Percent, Reading, TotalsRow

_NUMBERS = (LogicalType.NUMBER, LogicalType.INTEGER)
_MOMENTS = (LogicalType.DATE, LogicalType.TIMESTAMP)
_FITS: dict[str, tuple[LogicalType, ...]] = {
    "numberFormat": _NUMBERS, "negatives": _NUMBERS,
    "trueTexts": (LogicalType.BOOLEAN,), "falseTexts": (LogicalType.BOOLEAN,),
    "excelDates": _MOMENTS, "twoDigitYearsFrom": _MOMENTS, "monthNames": _MOMENTS,
    "nullTexts": tuple(LogicalType), "trim": tuple(LogicalType), "unicode": tuple(LogicalType),
}  # fmt: skip
_FITS_COLUMN = dict.fromkeys(("currencies", "currency", "currencyColumn", "percent"), (LogicalType.NUMBER,))

OF_COLUMN = frozenset(_FITS | _FITS_COLUMN)
OF_CONTRACT = frozenset({*_FITS, "totalsRow"})

_SAMPLE = re.compile(rf"1(?P<thousands>[.,{BLANKS}{APOSTROPHES}]?)234(?P<decimal>[.,])56")
_CODE = re.compile("[A-Z]{3}")


def reading_of(kind: LogicalType, of_contract: Mapping[str, Any], of_column: Mapping[str, Any]) -> Reading:
    """The reading of a column of that type; ContractError for a declaration that is not understood or does not fit."""
    given = {name: value for name, value in of_contract.items() if kind in _FITS.get(name, ())}
    for name, value in of_column.items():
        fits = (_FITS | _FITS_COLUMN).get(name)
        if fits is not None and kind not in fits:
            raise ContractError(f"{name} is for {' and '.join(each.value for each in fits)} columns, not for {kind}")
        given |= {name: value} if fits else {}
    return Reading(
        trims_invisible=_one_of(given, "trim", ("invisible",)) is not None,
        composes=_one_of(given, "unicode", ("NFC",)) is not None,
        null_texts=_texts(given, "nullTexts"),
        number=_number_form(given),
        true_texts=_texts(given, "trueTexts"),
        false_texts=_texts(given, "falseTexts"),
        excel_dates=_number(given, "excelDates", (1900, 1904)),
        two_digit_years_from=_number(given, "twoDigitYearsFrom", range(1900, 2101)),
        month_names=_one_of(given, "monthNames", ("english",)),
    )


def refuse_unused(column: Column, own: Mapping[str, Any]) -> None:
    """ContractError for what a column declares of its own and nothing would ever read."""
    if column.computed_as and (never := sorted(own.keys() & OF_COLUMN)):
        raise ContractError(f"{', '.join(never)}: a computed column is not read from a file")
    for name, directives in (("twoDigitYearsFrom", ("%y",)), ("monthNames", ("%b", "%B"))):
        if name in own and not any(each in written for each in directives for written in column.formats):
            raise ContractError(f"{name} does nothing without {' or '.join(directives)} in formats")


def totals_row_of(given: Mapping[str, Any]) -> TotalsRow | None:
    """The totals row that a contract declares, if it does."""
    written = given.get("totalsRow")
    if written is None:
        return None
    if not isinstance(written, dict) or not {"column", "pattern", "sums"} <= set(written) <= {*_TOTALS}:
        raise ContractError(f"totalsRow {written!r} must be {{column: ..., pattern: ..., sums: ...}}")
    texts = {name: str(written[name]) for name in ("column", "pattern", "sums")}
    return TotalsRow(**texts, refuses=_one_of(written, "mismatch", ("warn", "refuse")) == "refuse")


_TOTALS = ("column", "pattern", "sums", "mismatch")


def _number_form(given: Mapping[str, Any]) -> NumberForm | None:
    if not given.keys() & {"numberFormat", "negatives", *_FITS_COLUMN}:
        return None
    written = str(given.get("numberFormat", "1234.56"))
    thousands, decimal = _separators(written)
    percent = _one_of(given, "percent", tuple(Percent))
    return NumberForm(
        written=written,
        thousands=thousands,
        decimal=decimal,
        negatives=tuple(Negative(_member(text, "negatives", tuple(Negative))) for text in _texts(given, "negatives")),
        marks=_marks(given.get("currencies", ())),
        currency=None if given.get("currency") is None else _code(given["currency"]),
        currency_column=given.get("currencyColumn"),
        percent=None if percent is None else Percent(percent),
    )


def _separators(written: str) -> tuple[str, str]:
    """All characters that may separate thousands, and the one that starts the decimals."""
    sample = _SAMPLE.fullmatch(written)
    if sample is None or sample["thousands"] == sample["decimal"]:
        raise ContractError(f"numberFormat {written!r}: write the number 1234.56 as it looks there, such as '1.234,56'")
    thousands = sample["thousands"]
    for alike in (BLANKS, APOSTROPHES):
        if thousands and thousands in alike:
            return alike, sample["decimal"]
    return thousands, sample["decimal"]


def _marks(written: Any) -> tuple[tuple[str, str], ...]:
    """From `[EUR, USD]`, or from `{"€": EUR}`, which accepts the codes as well."""
    if not isinstance(written, dict | list | tuple):
        raise ContractError(f"currencies {written!r} must be a list of codes, or a mapping such as {{'€': EUR}}")
    named = dict(written) if isinstance(written, dict) else {}
    codes = [_code(code) for code in (named.values() if named else written)]
    marks = {code: code for code in codes} | {str(mark): str(code) for mark, code in named.items()}
    return tuple(sorted(marks.items(), key=lambda item: (-len(item[0]), item[0])))


def _code(written: Any) -> str:
    if not isinstance(written, str) or not _CODE.fullmatch(written):
        raise ContractError(f"currency {written!r} is no code of three capitals, such as EUR")
    return written


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    written = given.get(name, ())
    if not isinstance(written, list | tuple):
        raise ContractError(f"{name} {written!r} must be a list of texts")
    for text in written:
        if not isinstance(text, str):
            raise ContractError(f"{name} holds {text!r}, which YAML takes for something else: put it in quotes")
    return tuple(dict.fromkeys(written))


def _one_of(given: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str | None:
    return None if given.get(name) is None else _member(given[name], name, known)


def _member(written: Any, name: str, known: tuple[str, ...]) -> str:
    if written not in known:
        raise ContractError(f"{name} {written!r} is not known; use {' or '.join(map(repr, map(str, known)))}")
    return str(written)


def _number(given: Mapping[str, Any], name: str, known: range | tuple[int, ...]) -> int | None:
    written = given.get(name)
    if written is None:
        return None
    if not str(written).isdecimal() or int(written) not in known:
        between = "to" if isinstance(known, range) else "or"
        raise ContractError(f"{name} {written!r} is not known; use {known[0]} {between} {known[-1]}")
    return int(written)

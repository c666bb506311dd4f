"""What a contract would say about a column of numbers: how they are written, how large, and what nobody can tell."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from echo_quality.contract import LogicalType
from echo_quality.discover.dates import Dates
from echo_quality.discover.decision import ENOUGH, Decision, as_text, is_identifier, share_of
from echo_quality.discover.numbers import Numbers, numbers_of
from echo_quality.discover.profile import Profile, extremes, marks_of

if TYPE_CHECKING:
    import duckdb

_DATED, _SERIALS = re.compile(r"(?:^|_)(?:date|day|datum|time|at|on)$"), (20_000, 60_000)
_CURRENCIES = {"\u20ac": "EUR", "\u00a3": "GBP"}


def number_decision(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Decision | None:
    """The decision about a column whose values are numbers; None if they are none."""
    numbers = numbers_of(profile)
    if profile.filled == 0 or numbers.rows < ENOUGH * profile.filled:
        return None
    if numbers.currencies:
        numbers = replace(numbers, currencies=marks_of(connection, profile.name))
    if is_identifier(profile.name):
        return as_text(profile, "an identifier by its name, so it stays text although its values are digits")
    if numbers.is_mixed:
        return as_text(profile, "numbers with decimal commas and with decimal points: one column, two meanings")
    share = share_of(numbers.rows, profile, "a number")
    if numbers.decimal is None:
        return _either_separator(profile, numbers, share)
    ends = extremes(connection, profile.name)
    if ends and _DATED.search(profile.name) and _SERIALS[0] <= ends[0] <= ends[1] <= _SERIALS[1]:
        return _serial(profile, share)
    return _sized(
        profile, numbers, f"{share}, from {ends[0].normalize():f} to {ends[1].normalize():f}" if ends else share
    )


def _sized(profile: Profile, numbers: Numbers, share: str) -> Decision:
    if numbers.digits > 38 - numbers.decimals:
        return as_text(profile, "more digits than a number can have")
    properties, question, choices = _written(numbers)
    if question:
        return Decision(profile, LogicalType.STRING, (share,), choices=tuple(choices), open=question, numbers=numbers)
    if numbers.decimals == 0 and numbers.digits <= 18 and not properties:
        return Decision(profile, LogicalType.INTEGER, (share,), numbers=numbers)
    sized = (("scale", numbers.decimals), *_precision(numbers))
    reason = f"{share}, with up to {numbers.decimals} decimals"
    return Decision(profile, LogicalType.NUMBER, (reason,), (*sized, *properties), numbers=numbers)


def _serial(profile: Profile, share: str) -> Decision:
    systems = (1900, 1904)
    return Decision(
        profile,
        LogicalType.STRING,
        (share,),
        choices=tuple(
            f"logicalType: date, customProperties: [{{property: excelDates, value: {each}}}]" for each in systems
        ),
        open=f"{profile.top[0][0]!r} may be a day as Excel counts them, from 1900 on or from 1904 on",
        dates=Dates(profile.filled),
    )


def _precision(numbers: Numbers) -> tuple[tuple[str, Any], ...]:
    needed = numbers.digits + numbers.decimals
    return (("precision", min(38, needed + 3)),) if needed > 18 else ()


def _either_separator(profile: Profile, numbers: Numbers, share: str) -> Decision:
    sign = "," if "," in numbers.example or numbers.plain < numbers.rows else "."
    shown = next((each.example for each in profile.shapes if sign in each.text), numbers.example)
    return Decision(
        profile,
        LogicalType.STRING,
        (share,),
        choices=(
            "logicalType: number, customProperties: [{property: numberFormat, value: '1,234.56'}]",
            "logicalType: number, customProperties: [{property: numberFormat, value: '1.234,56'}]",
        ),
        open=f"{shown!r} has thousands or decimals, and no value says which",
        numbers=numbers,
    )


def _written(numbers: Numbers) -> tuple[tuple[tuple[str, Any], ...], str, list[str]]:
    """What must be declared about how the numbers are written; what is open about it, and the lines to choose from."""
    found: list[tuple[str, Any]] = []
    decimal = numbers.decimal or "."
    group = next(iter(sorted(numbers.groups)), "")
    if decimal == "," or group:
        found.append(("numberFormat", f"1{group}234{decimal}56"))
    if numbers.has_accounting:
        found.append(("negatives", ["(100)", "100-"]))
    if numbers.has_percent:
        return (), f"{numbers.example!r} is a share or percentage points", [
            "logicalType: number, customProperties: [{property: percent, value: fraction}]",
            "logicalType: number, customProperties: [{property: percent, value: points}]",
        ]  # fmt: skip
    codes = {_CURRENCIES.get(mark, mark) for mark in numbers.currencies}
    if len(codes) > 1:
        return (), f"amounts in {', '.join(sorted(codes))} in one column", [
            "a column with the currency of each row, named as currencyColumn beside currencies"
        ]  # fmt: skip
    if codes & {"$", "\u00a5"}:
        return (), f"{numbers.example!r}: several currencies write {codes.pop()}", [
            "logicalType: number, customProperties: [{property: currencies, value: {'$': USD}}, "
            "{property: currency, value: USD}]"
        ]  # fmt: skip
    if codes:
        marks = {mark: _CURRENCIES.get(mark, mark) for mark in sorted(numbers.currencies)}
        found += [("currencies", marks), ("currency", codes.pop())]
    return tuple(found), "", []

"""What a contract must satisfy beyond its form: that it refers to what exists and that both engines can follow it.

Each refusal names the offender and the fix. How contracts are written down is in `odcs.py`.
"""

from __future__ import annotations

import codecs
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from echo_quality.contract import Column, Contract, ContractError, Dialect, LogicalType
from echo_quality.extracts.checks import check_server
from echo_quality.generate.sql_text import names_in
from echo_quality.loading.header import spelling
from echo_quality.reading_checks import check_pattern, check_reading, check_totals_row
from echo_quality.rules import rules_of

_MOMENTS = (LogicalType.DATE, LogicalType.TIMESTAMP)
_LARGEST_PRECISION = 38


def refuse_unread(written: Any, understood: Any, at: str = "") -> None:
    """ContractError for a field of the YAML that the reader passed over: a misspelt rule would silently not hold."""
    pairs = enumerate(written) if isinstance(written, list) else written.items() if isinstance(written, dict) else ()
    for key, value in pairs:
        if isinstance(written, dict) and key not in understood:
            raise ContractError(f"unknown field {at}{key}: the standard has no such field there")
        refuse_unread(value, understood[key], f"{at}{key}.")


def check_contract(contract: Contract) -> None:
    """ContractError if the contract refers to what it does not have or leaves out what loading needs."""
    _check_key(contract)
    _check_event(contract)
    _check_conserved(contract)
    _check_dialect(contract)
    check_server(contract)
    for column in contract.columns:
        try:
            _check_column(contract, column)
        except ContractError as error:
            raise ContractError(f"column {column.name!r}: {error}") from error
    check_totals_row(contract)
    _check_headers(contract)
    _check_rules(contract)
    if not 0 <= contract.max_rejected_share <= 1:
        raise ContractError(f"maxRejectedShare {contract.max_rejected_share} must lie between 0 and 1")


def _check_key(contract: Contract) -> None:
    if not contract.key:
        raise ContractError("no primaryKey: say which columns identify a row")
    for name in contract.key:
        if not contract.column(name).required:
            raise ContractError(f"column {name!r} is part of the primaryKey and must be required")


def _check_event(contract: Contract) -> None:
    if not contract.event_column:
        raise ContractError("no eventColumn: say which column gives the day that a row belongs to")
    if contract.column(contract.event_column).logical_type not in _MOMENTS:
        raise ContractError(f"eventColumn {contract.event_column!r} must be a date or a timestamp")
    try:
        ZoneInfo(contract.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ContractError(f"timezone {contract.timezone!r} is not known; write it as 'Europe/Berlin'") from error


def _check_conserved(contract: Contract) -> None:
    if contract.conserved and contract.column(contract.conserved).logical_type is not LogicalType.NUMBER:
        raise ContractError(f"conserved {contract.conserved!r} must be a number: its sum is what must not change")


def _check_dialect(contract: Contract) -> None:
    encoding, delimiter = contract.dialect.encoding, contract.dialect.delimiter
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError as error:
        raise ContractError(f"encoding {encoding!r} is not known; use a name such as 'utf-8' or 'latin-1'") from error
    if delimiter is not None and (len(delimiter.encode()) != 1 or delimiter in '"\r\n'):
        raise ContractError(f"delimiter {delimiter!r} must be one ASCII character, no quote and no line end")
    _check_place_of_header(contract.dialect)


def _check_place_of_header(dialect: Dialect) -> None:
    for name, row, most in (("headerRow", dialect.header_row, 1000), ("headerRows", dialect.header_rows, 10)):
        if row is not None and (isinstance(row, bool) or not isinstance(row, int) or not 1 <= row <= most):
            raise ContractError(f"{name} {row!r} must be a whole number from 1 to {most}")
    sheet = dialect.sheet
    if sheet is not None and (isinstance(sheet, bool) or not isinstance(sheet, int | str) or sheet in (0, "")):
        raise ContractError(f"sheet {sheet!r} must be a name in quotes, or a position from 1")


def _check_column(contract: Contract, column: Column) -> None:
    for name in (*column.derived_from, *([column.default_from] if column.default_from else [])):
        contract.column(name)
    if not 0 <= column.scale <= column.precision <= _LARGEST_PRECISION:
        raise ContractError(f"scale {column.scale}, precision {column.precision}: at most {_LARGEST_PRECISION} digits")
    if column.formats and column.logical_type not in _MOMENTS:
        raise ContractError("formats are for dates and timestamps")
    check_reading(contract, column)
    if column.lower_case and any(value != value.lower() for value in column.accepted):
        raise ContractError(f"lowerCase makes accepted values in capitals unreachable: {', '.join(column.accepted)}")
    check_pattern(column.pattern or "")
    _check_person(column)
    _check_computed(contract, column)


def _check_person(column: Column) -> None:
    if column.identifies not in (None, "customer"):
        raise ContractError(f"identifies {column.identifies!r}: the one thing that is known is customer")
    if column.identifies and column.logical_type is not LogicalType.STRING:
        raise ContractError("what identifies a customer is a string: after an erasure a random text stands there")
    if column.personal and column.required and column.logical_type is not LogicalType.STRING:
        raise ContractError("personal data that is required must be a string: an erasure could not blank it")


def _check_computed(contract: Contract, column: Column) -> None:
    """Both engines must compute the same, to the last decimal, from what is in the file."""
    expression = column.computed_as or ""
    if "/" in expression:
        raise ContractError(f"computedAs {expression!r} divides, and engines round that differently; multiply instead")
    for name in names_in(expression):
        if contract.column(name).computed_as:
            raise ContractError(f"computedAs {expression!r} may only use columns that are in the file, not {name!r}")


def _check_rules(contract: Contract) -> None:
    for rule in contract.rules:
        if unknown := [name for name in names_in(rule.expression) if name not in contract.names]:
            raise ContractError(f"quality rule {rule.name!r} uses {', '.join(unknown)}, which is no column")
    for name, times in Counter(rule.name for rule in rules_of(contract)).items():
        if times > 1:
            raise ContractError(f"two rules are called {name!r}: rename the quality rule")


def _check_headers(contract: Contract) -> None:
    seen: dict[str, str] = {}
    for column in contract.columns:
        for header in (column.name, *column.aliases):
            written = spelling(header)
            if written in seen:
                raise ContractError(f"header {header!r} belongs to both {seen[written]!r} and {column.name!r}")
            seen[written] = column.name

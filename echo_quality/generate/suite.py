"""The Great Expectations suite of a source: one named expectation for each rule of its contract, as plain JSON.

The batch has a column for whatever a rule asks, so that every rule is an expectation over one column, and all of them
are counted in one statement. What the batch offers is in `batch_sql.py`, how a suite is run in `echo_quality/suites`.
"""

from __future__ import annotations

from typing import Any

from echo_quality.contract import Column, Contract, Severity
from echo_quality.generate.batch_sql import found, holds, unreadable
from echo_quality.rules import Kind, Rule, rules_of

RUNBOOK = "docs/runbook.md"
HAS_ROWS = "file_has_rows"


def suite_of(contract: Contract) -> dict[str, Any]:
    """The suite, named by the contract, in the order of the rules."""
    expectations = [_expectation(contract, rule) for rule in rules_of(contract)]
    return {
        "name": contract.suite,
        "expectations": [_has_rows(), *expectations],
        "meta": {"source": contract.source, "contract_version": contract.version, "generated": True},
    }


def masked_columns(contract: Contract) -> frozenset[str]:
    """Columns with personal data, which no sample may show."""
    return frozenset(column.name for column in contract.columns if column.personal)


def _has_rows() -> dict[str, Any]:
    return {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1},
        "severity": "warning",
        "meta": _meta(HAS_ROWS, "table", (), "The file has at least one row below its header."),
    }


def _expectation(contract: Contract, rule: Rule) -> dict[str, Any]:
    kind, kwargs = form_of_rule(contract, rule)
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": "critical" if rule.severity is Severity.ERROR else "warning",
        "meta": _meta(rule.name, rule.kind, rule.columns, rule.description),
    }


def _meta(check: str, kind: str, columns: tuple[str, ...], description: str) -> dict[str, Any]:
    runbook = f"{RUNBOOK}#{kind.replace('_', '-')}"
    return {"check": check, "rule": str(kind), "columns": list(columns), "description": description, "runbook": runbook}


def form_of_rule(contract: Contract, rule: Rule) -> tuple[str, dict[str, Any]]:
    """The type of expectation for a rule, with its arguments."""
    if rule.kind is Kind.WELL_FORMED:
        return "expect_column_values_to_be_null", {"column": "_unparsed"}
    if rule.kind in (Kind.ROW, Kind.KNOWN):
        return "expect_column_values_to_be_in_set", {"column": holds(rule), "value_set": [True]}
    if rule.kind in (Kind.TOTALS_ROW, Kind.CURRENCY):
        return "expect_column_values_to_be_null", {"column": found(rule)}
    if rule.kind is Kind.VALID:
        return "expect_column_values_to_be_null", {"column": unreadable(rule)}
    column = contract.column(rule.columns[0])
    if rule.kind is not Kind.REQUIRED:
        return _form_of_value(rule.kind, column)
    if column.computed_as:
        return "expect_column_values_to_not_be_null", {"column": column.name, "row_condition": _in_whole_rows(contract)}
    return "expect_column_values_to_not_be_null", {"column": f"{column.name}__text"}


def _in_whole_rows(contract: Contract) -> dict[str, Any]:
    """A value computed from other columns is not also missing where the line itself is broken, or is no data."""
    column = "_set_aside" if contract.totals_row else "_unparsed"
    return {"type": "nullity", "column": {"name": column}, "is_null": True}


def _form_of_value(kind: Kind, column: Column) -> tuple[str, dict[str, Any]]:
    if kind is Kind.ACCEPTED:
        return "expect_column_values_to_be_in_set", {"column": column.name, "value_set": list(column.accepted)}
    if kind is Kind.RANGE:
        return "expect_column_values_to_be_between", _between(column)
    if kind is Kind.LENGTH:
        return "expect_column_value_lengths_to_be_between", {"column": column.name, "max_value": column.longest}
    return "expect_column_values_to_match_regex", {"column": column.name, "regex": column.pattern}


def _between(column: Column) -> dict[str, Any]:
    bounds: dict[str, Any] = {"column": column.name}
    for end, sign, bound in (("min", ">", column.minimum), ("max", "<", column.maximum)):
        if bound is not None:
            bounds[f"{end}_value"] = _number(bound.lstrip("<>"))
            if bound.startswith(sign):
                bounds[f"strict_{end}"] = True
    return bounds


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)

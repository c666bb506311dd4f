"""Every rule of every contract, in both engines: clean rows keep all checks green, and a row that breaks a rule turns
that rule's check red, once, and no other. The rows are derived from the contracts."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate.suite import HAS_ROWS
from echo_quality.odcs import read_contracts
from echo_quality.rules import Kind, Rule, rules_of

CONTRACTS = read_contracts(Path(__file__).parents[2] / "echo_quality" / "contracts")
RAGGED = "one field only"

# A rule over several columns cannot be broken from its name alone; add a line for a new one.
BREAKS_ROW_RULE = {
    "amount_positive": {"amount": "0"},
    "conversions_at_most_leads": {"leads": "1", "conversions": "2"},
    "ended_after_started": {"started_at": "2024-01-02", "ended_at": "2024-01-01"},
    "ends_after_started": {"started_at": "2024-01-02", "ends_at": "2024-01-01"},
}
BREAKS_PATTERN = {"email": "nobody at nowhere"}
# A rule that no row can break alone, with the rule that it takes along.
TAKES_ALONG = {"leads_in_range": "conversions_at_most_leads"}
TEXTS = {
    LogicalType.INTEGER: ["1"], LogicalType.NUMBER: ["1", "0.5"], LogicalType.BOOLEAN: ["yes"],
    LogicalType.DATE: ["2024-01-02"], LogicalType.TIMESTAMP: ["2024-01-02T03:04:05Z"],
    LogicalType.JSON: ['{"control": 0.5}'], LogicalType.STRING: ["text", "somebody@example.org"],
}  # fmt: skip


def clean_text(column: Column, number: int) -> str:
    """A text that breaks no rule of the column; keys differ from row to row."""
    if column.accepted or column.known:
        labels = column.accepted or column.known
        return labels[number % len(labels)]
    if column.logical_type is LogicalType.STRING and column.required:
        return f"{column.name}-{number}"
    return next(text for text in TEXTS[column.logical_type] if _is_in_range(column, text) and _fits(column, text))


def _is_in_range(column: Column, text: str) -> bool:
    if not (column.minimum or column.maximum):
        return True
    low, high = (float((bound or default).lstrip("<>")) for bound, default in _bounds(column))
    return low <= float(text) <= high and text not in (f"{column.minimum}"[1:], f"{column.maximum}"[1:])


def _bounds(column: Column) -> list[tuple[str | None, str]]:
    return [(column.minimum, "-inf"), (column.maximum, "inf")]


def _fits(column: Column, text: str) -> bool:
    return not column.pattern or bool(re.search(column.pattern, text))


def clean_row(contract: Contract, number: int) -> dict[str, str]:
    return {column.name: clean_text(column, number) for column in contract.columns}


def breaking(contract: Contract, rule: Rule) -> dict[str, str]:
    """The cells that make a clean row break the rule."""
    if rule.kind is Kind.ROW:
        return BREAKS_ROW_RULE[rule.name]
    column = contract.column(rule.columns[0])
    if rule.kind is Kind.REQUIRED:
        return {column.name: "  ", **({column.default_from: ""} if column.default_from else {})}
    if rule.kind is Kind.RANGE:
        return {column.name: _beyond(column)}
    texts = {Kind.VALID: "neither here nor there", Kind.ACCEPTED: "no such value", Kind.KNOWN: "no such label"}
    texts |= {Kind.LENGTH: "x" * ((column.longest or 0) + 1), Kind.PATTERN: BREAKS_PATTERN.get(column.name, "")}
    return {column.name: texts[rule.kind]}


def _beyond(column: Column) -> str:
    if column.maximum:
        return str(int(float(column.maximum.lstrip("<"))) + 1)
    bound = str(column.minimum)
    return bound[1:] if bound.startswith(">") else str(int(float(bound)) - 1)


def as_csv(contract: Contract, rows: list[dict[str, str] | None]) -> str:
    """The rows as a file; None is a line with one field."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(contract.names)
    writer.writerows([row[name] for name in contract.names] if row else [RAGGED] for row in rows)
    return file.getvalue()


@pytest.mark.parametrize("source", sorted(CONTRACTS))
def test_clean_rows_leave_every_check_green(warehouse, source):
    contract = CONTRACTS[source]
    load = warehouse.load(source, "a.csv", as_csv(contract, [clean_row(contract, at) for at in range(5)]))
    assert (load.status, load.staged) == ("loaded", 5), load.reason
    assert [outcome.check for outcome in warehouse.audited.outcomes if not outcome.passed] == []
    assert len(warehouse.audited.outcomes) == len(rules_of(contract)) + 1
    assert warehouse.broken_invariants(source) == []


@pytest.mark.parametrize("source", sorted(CONTRACTS))
def test_each_rule_catches_its_row_and_no_other(warehouse, source):
    """Row n of the file breaks rule n; a clean row stands before and after them."""
    contract, rules = CONTRACTS[source], rules_of(CONTRACTS[source])
    rows: list[dict[str, str] | None] = [clean_row(contract, 0)]
    for number, rule in enumerate(rules, start=1):
        is_ragged = rule.kind is Kind.WELL_FORMED
        rows.append(None if is_ragged else {**clean_row(contract, number), **breaking(contract, rule)})
    rows.append(clean_row(contract, len(rows)))
    load = warehouse.load(source, "a.csv", as_csv(contract, rows), share=1.0)
    assert load.status == "loaded", load.reason

    expected = {number: {rule.name} for number, rule in enumerate(rules, start=2)}
    for number, rule in enumerate(rules, start=2):
        expected[number] |= {TAKES_ALONG[rule.name]} if rule.name in TAKES_ALONG else set()
    check_suite(warehouse, expected)
    rejecting = {rule.name for rule in rules if rule.rejects}
    found = {number: set(names) for number, names in warehouse.reasons(source).items()}
    assert found == {number: names for number, names in expected.items() if names <= rejecting}
    assert load.staged == len(rows) - len(found)


def check_suite(warehouse, expected):
    """Each check has found exactly the rows that break its rule."""
    for outcome in warehouse.audited.outcomes:
        rows = {number for number, names in expected.items() if outcome.check in names}
        seen = {row["_row_number"] for row in outcome.sample if "_row_number" in row}
        assert outcome.error is None
        assert outcome.passed == (not rows), outcome.check
        assert outcome.check == HAS_ROWS or outcome.unexpected_count == len(rows), outcome.check
        assert seen == rows, f"{outcome.check} shows rows {seen}"

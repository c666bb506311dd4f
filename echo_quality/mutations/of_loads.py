"""Candidates for the rules of a contract: cells as texts of a file, for the suite that judges a load."""

from __future__ import annotations

from collections.abc import Mapping

from echo_quality.contract import Column, Contract, ContractError, LogicalType
from echo_quality.generate.batch_sql import condition_of
from echo_quality.generate.sql_text import column_type
from echo_quality.generate.suite import form_of_rule, suite_of
from echo_quality.mutations.case import Candidates, Cells
from echo_quality.mutations.of_columns import tries_of
from echo_quality.mutations.of_tables import of_row_count
from echo_quality.mutations.search import found, tries
from echo_quality.rules import Kind, Rule, rules_of
from echo_quality.suites import declared_checks

UNPARSED = "_unparsed"
_UNREADABLE = "neither here nor there"
_PLAIN = {
    LogicalType.INTEGER: ["1"], LogicalType.NUMBER: ["1", "0.5"], LogicalType.BOOLEAN: ["true"],
    LogicalType.DATE: ["2024-01-02"], LogicalType.TIMESTAMP: ["2024-01-02"], LogicalType.JSON: ['{"a": 0.5}'],
    LogicalType.STRING: ["a"],
}  # fmt: skip


def candidates_of_load(contract: Contract) -> tuple[Candidates, ...]:
    """For each check of the suite, in its order."""
    by_rule = {rule.name: rule for rule in rules_of(contract)}
    return tuple(
        _candidates(contract, by_rule[check.name]) if check.name in by_rule else of_row_count(check)
        for check in declared_checks(suite_of(contract))
    )


def sound_row(contract: Contract) -> Cells:
    """Texts of a row that keeps every rule, with a cell for each required column; ContractError if there is none."""
    cells: dict[str, str | None] = {}
    for column in contract.columns:
        if column.required and not column.computed_as:
            cells[column.name] = _written(column, next(iter(_keeping(contract, column)), None))
    judged = [rule for rule in rules_of(contract) if rule.kind is Kind.ROW]
    if judged:
        together = " and ".join(f"coalesce({rule.expression}, true)" for rule in judged)
        names = list(dict.fromkeys(name for rule in judged for name in rule.columns))
        rows = _tried(contract, names, together)
        if not rows:
            raise ContractError(f"no row keeps {', '.join(rule.name for rule in judged)} together")
        cells |= rows[0]
    return cells


def _candidates(contract: Contract, rule: Rule) -> Candidates:
    if rule.kind is Kind.WELL_FORMED:
        empty = dict.fromkeys(contract.names)
        return Candidates(rule.name, ({**empty, UNPARSED: "one field only"},), ({},))
    if rule.kind is Kind.ROW:
        others = [each for each in rules_of(contract) if each.kind is Kind.ROW and each != rule]
        kept = "".join(f" and coalesce({each.expression}, true)" for each in others)
        names = list(dict.fromkeys(name for each in (rule, *others) for name in each.columns))
        broken, keeps = f"not ({rule.expression}){kept}", f"({rule.expression}){kept}"
        return Candidates(rule.name, _tried(contract, names, broken), _tried(contract, names, keeps))
    return _of_column(contract, rule, contract.column(rule.columns[0]))


def _of_column(contract: Contract, rule: Rule, column: Column) -> Candidates:
    keeping = _cells(column, _keeping(contract, column))
    if rule.kind is Kind.REQUIRED:
        return Candidates(rule.name, ({column.name: None, **_no_other_way(column)},), keeping)
    if rule.kind is Kind.VALID:
        return Candidates(rule.name, ({column.name: _UNREADABLE},), keeping)
    if rule.kind is Kind.KNOWN:
        return Candidates(rule.name, ({column.name: "no such label"},) if condition_of(contract, rule) else (), keeping)
    if rule.kind is Kind.CURRENCY:
        return Candidates(rule.name, _cells(column, _other_currencies(column)), keeping)
    if rule.kind is Kind.TOTALS_ROW:
        return Candidates(rule.name)
    kind, arguments = form_of_rule(contract, rule)
    found_for = tries_of(kind, arguments, column_type(column))
    if found_for is None:
        return Candidates(rule.name)
    breaking = [text for text in found_for[0] if text is None or text.strip()]
    return Candidates(rule.name, _cells(column, breaking), keeping if found_for[1] else ())


def _other_currencies(column: Column) -> list[str | None]:
    form = column.reading.number
    return [f"{mark} 1" for mark, code in form.marks if code != form.currency] if form else []


def _no_other_way(column: Column) -> Mapping[str, None]:
    return {column.default_from: None} if column.default_from else {}


def _cells(column: Column, texts: list[str | None]) -> tuple[Cells, ...]:
    return tuple({column.name: _written(column, text)} for text in texts)


def _written(column: Column, text: str | None) -> str | None:
    """A number as the contract says that this column writes it."""
    form = column.reading.number
    return text.replace(".", form.decimal) if text and form else text


def _keeping(contract: Contract, column: Column) -> list[str | None]:
    """Texts that keep every rule of the column itself."""
    if column.accepted or column.known:
        return list[str | None](column.accepted or column.known)[:2]
    ways: list[list[str | None]] = [list(_PLAIN[column.logical_type])]
    for rule in rules_of(contract):
        if rule.columns == (column.name,) and rule.kind in (Kind.RANGE, Kind.PATTERN):
            kind, arguments = form_of_rule(contract, rule)
            ways.append((tries_of(kind, arguments, column_type(column)) or ([], []))[1])
    return ways[-1]


def _tried(contract: Contract, names: list[str], wanted: str) -> tuple[Cells, ...]:
    """Cells of these columns that keep the columns' own rules and for which the condition is true."""
    types = {name: column_type(contract.column(name)) for name in names}
    choices = {name: _choices(contract.column(name), wanted) for name in names}
    rows = found(types, choices, wanted)
    return tuple({name: _written(contract.column(name), text) for name, text in row.items()} for row in rows)


def _choices(column: Column, expression: str) -> list[str | None]:
    if column.accepted:
        values: list[str | None] = [*column.accepted]
    else:
        near = tries(column_type(column), expression)
        values = [value for value in near if value is not None and _in_range(column, value)]
    return values if column.required else [*values, None]


def _in_range(column: Column, value: str) -> bool:
    if not (column.minimum or column.maximum):
        return True
    number = float(value)
    low, high = (
        (bound or default).lstrip("<>") for bound, default in ((column.minimum, "-inf"), (column.maximum, "inf"))
    )
    outside = number < float(low) or number > float(high)
    on_bound = (f">{low}" == column.minimum and number == float(low)) or (
        f"<{high}" == column.maximum and number == float(high)
    )
    return not outside and not on_bound

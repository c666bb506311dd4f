"""When a row breaks a rule, in DuckDB: conditions over the texts and values that `typing_sql.py` puts side by side."""

from __future__ import annotations

from echo_quality.contract import Column, Contract
from echo_quality.generate import number_formats, totals_rows
from echo_quality.generate.sql_text import literal, literals, name, violated_range
from echo_quality.rules import Kind, Rule
from echo_quality.seeds import compared_sql


def broken(rules: list[tuple[int, Rule]], contract: Contract) -> str:
    """The numbers of those of the rules that a row breaks, comma separated; the guard spares good rows the list."""
    if not rules:
        return "null::varchar"
    conditions = [(number, violation(contract, rule)) for number, rule in rules]
    anything = " or ".join(f"({condition})" for _, condition in conditions)
    listed = ", ".join(f"case when {condition} then '{number}' end" for number, condition in conditions)
    return f"case when {anything} then concat_ws(',', {listed}) end"


def violation(contract: Contract, rule: Rule) -> str:
    """When a row breaks the rule, over `<column>__text` and typed `<column>`."""
    if rule.kind is Kind.WELL_FORMED:
        return "_unparsed is not null"
    if rule.kind is Kind.TOTALS_ROW:
        return totals_rows.broken(rule)
    if rule.kind is Kind.ROW:
        return f"not ({rule.expression})"
    return _violation_of_cell(contract, rule, contract.column(rule.columns[0]))


def _violation_of_cell(contract: Contract, rule: Rule, column: Column) -> str:
    value, text = name(column.name), name(f"{column.name}__text")
    if rule.kind is Kind.REQUIRED:
        data = f"_unparsed is null and not {totals_rows.FOUND}" if contract.totals_row else "_unparsed is null"
        return f"{data} and {value if column.computed_as else text} is null"
    if rule.kind is Kind.CURRENCY:
        return f"{number_formats.currency(column)} <> coalesce({number_formats.currency_of_row(column)}, '')"
    return _violation_of_value(rule.kind, column)


def _violation_of_value(kind: Kind, column: Column) -> str:
    value, text = name(column.name), name(f"{column.name}__text")
    if kind is Kind.VALID:
        return f"{text} is not null and {value} is null"
    if kind in (Kind.ACCEPTED, Kind.KNOWN):
        return _unlisted(kind, value, column)
    if kind is Kind.RANGE:
        return violated_range(value, column)
    if kind is Kind.LENGTH:
        return f"length({value}) > {column.longest}"
    return f"not regexp_matches({text}, {literal(str(column.pattern))}, 's')"


def _unlisted(kind: Kind, value: str, column: Column) -> str:
    if kind is Kind.KNOWN:
        return f"{compared_sql(value)} not in ({literals(column.known)})"
    return f"{value} not in ({literals(column.accepted)})"

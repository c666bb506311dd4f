"""The rules that follow from a contract, each with the name its check carries everywhere.

This is the one list of rules: the rejecting SQL, the suite, the data dictionary and the reasons in quarantine all walk
it, in this order. What a rule looks like in DuckDB or PostgreSQL is in `generate/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from echo_quality.contract import Column, Contract, LogicalType, Severity
from echo_quality.readings import NumberForm


class Kind(StrEnum):
    """What a rule demands."""

    WELL_FORMED = "well_formed"
    TOTALS_ROW = "totals_row"
    REQUIRED = "required"
    VALID = "valid"
    CURRENCY = "currency"
    ACCEPTED = "accepted"
    KNOWN = "known"
    RANGE = "range"
    LENGTH = "length"
    PATTERN = "pattern"
    ROW = "row"


@dataclass(frozen=True)
class Rule:
    """One condition on one row. `columns` are what it reads; `expression` is set for rules over several columns."""

    name: str
    kind: Kind
    columns: tuple[str, ...]
    severity: Severity
    description: str
    expression: str | None = None

    @property
    def rejects(self) -> bool:
        """Whether a row that violates it goes to quarantine."""
        return self.severity is Severity.ERROR


def rules_of(contract: Contract) -> tuple[Rule, ...]:
    """Every rule of the contract: row shape first, then column by column, then across columns."""
    found = [
        Rule(
            "row_well_formed",
            Kind.WELL_FORMED,
            (),
            Severity.ERROR,
            "The line has one field for each header and no NUL.",
        )
    ]
    found += _totals_rules(contract)
    for column in contract.columns:
        found += _column_rules(contract, column)
    found += [
        Rule(rule.name, Kind.ROW, rule.columns, rule.severity, rule.description, rule.expression)
        for rule in contract.rules
    ]
    return tuple(found)


NO_TOTALS_ROW, TOTALS_ROW_AGREES = "no_totals_row", "totals_row_agrees"


def _totals_rules(contract: Contract) -> list[Rule]:
    """A totals row is set aside, whatever it says; what it says must be the sum of the rows above it."""
    totals = contract.totals_row
    if totals is None:
        return []
    severity = Severity.ERROR if totals.refuses else Severity.WARNING
    words = f"A totals row is no data: {totals.column} says something else than {totals.pattern}."
    agrees = f"The total of {totals.sums} is the sum of the rows above it."
    return [
        Rule(NO_TOTALS_ROW, Kind.TOTALS_ROW, (totals.column,), Severity.ERROR, words),
        Rule(TOTALS_ROW_AGREES, Kind.TOTALS_ROW, (totals.column, totals.sums), severity, agrees),
    ]


def _column_rules(contract: Contract, column: Column) -> list[Rule]:
    return [*_rules_of_texts(contract, column), *_rules_of_values(column)]


def _rules_of_texts(contract: Contract, column: Column) -> list[Rule]:
    """That the text is there, that it reads as a value, and that it names no other currency."""
    name, one = column.name, (column.name,)
    found: list[Rule] = []
    if column.required and not (column.default or column.derived_from):
        found.append(Rule(f"{name}_not_null", Kind.REQUIRED, one, Severity.ERROR, f"{name} has a value."))
    if column.logical_type is not LogicalType.STRING and not column.computed_as:
        found.append(Rule(f"{name}_valid", Kind.VALID, one, Severity.ERROR, f"{name} {_reads_as(contract, column)}."))
    if column.reading.number and column.reading.number.marks:
        found.append(_currency_rule(column, column.reading.number))
    return found


def _rules_of_values(column: Column) -> list[Rule]:
    name, one = column.name, (column.name,)
    found: list[Rule] = []
    if column.accepted:
        values = ", ".join(column.accepted)
        found.append(
            Rule(f"{name}_accepted", Kind.ACCEPTED, one, column.accepted_severity, f"{name} is one of {values}.")
        )
    if column.known:
        words = f"{name} is a label that the seed {column.known_in} lists; another one counts as itself."
        found.append(Rule(f"{name}_known", Kind.KNOWN, one, Severity.WARNING, words))
    if column.minimum or column.maximum:
        found.append(Rule(f"{name}_in_range", Kind.RANGE, one, Severity.ERROR, f"{name} {_range_in_words(column)}."))
    if column.longest:
        words = f"{name} has at most {column.longest} characters."
        found.append(Rule(f"{name}_not_too_long", Kind.LENGTH, one, Severity.ERROR, words))
    if column.pattern:
        found.append(
            Rule(f"{name}_matches_pattern", Kind.PATTERN, one, column.pattern_severity, f"{name} has the agreed form.")
        )
    return found


def _currency_rule(column: Column, form: NumberForm) -> Rule:
    columns = (column.name, *([form.currency_column] if form.currency_column else []))
    words = f"{column.name} names no other currency than {form.currency or f'the {form.currency_column} of its row'}."
    return Rule(f"{column.name}_in_currency", Kind.CURRENCY, columns, Severity.ERROR, words)


def _reads_as(contract: Contract, column: Column) -> str:
    if form := column.reading.number:
        decimals = 0 if column.logical_type is LogicalType.INTEGER else column.scale
        return f"reads as a number written as {form.written}, with at most {decimals} decimals"
    if column.logical_type is LogicalType.NUMBER:
        return f"reads as a plain decimal number with at most {column.scale} decimals"
    if column.logical_type in (LogicalType.DATE, LogicalType.TIMESTAMP):
        formats = " or ".join(column.formats) or "ISO 8601"
        formats += " or as a serial number of Excel" if column.reading.excel_dates else ""
        return f"reads as a {column.logical_type} written as {formats}; without an offset it is in {contract.timezone}"
    return f"reads as {'JSON' if column.logical_type is LogicalType.JSON else f'a {column.logical_type}'}"


def _range_in_words(column: Column) -> str:
    words = []
    if column.minimum:
        words.append(f"above {column.minimum[1:]}" if column.minimum[0] == ">" else f"at least {column.minimum}")
    if column.maximum:
        words.append(f"below {column.maximum[1:]}" if column.maximum[0] == "<" else f"at most {column.maximum}")
    return "is " + " and ".join(words)

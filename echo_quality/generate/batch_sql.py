"""The PostgreSQL query over the landed rows of one load that a suite is evaluated on.

It offers each column twice, as the text that arrived (`<column>__text`) and as the value it reads as (`<column>`, NULL
where it does not), so that ordinary expectations apply. It is the second, independent reading of the contract: DuckDB's
is in `typing_sql.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate import date_formats, patterns
from echo_quality.generate.sql_text import column_type, literal, literals, name, with_names_replaced
from echo_quality.rules import Kind, Rule, rules_of
from echo_quality.seeds import compared_sql

ROW_NUMBERS = 4294967295
"""The lower 32 bits of a `_row_id`, which hold the row number."""


def batch_sql(contract: Contract) -> str:
    """The query, with `:first_row_id`, `:last_row_id` and `:business_timezone` left open for `bound`."""
    texts = [f"{_text(column)} as {_t(column)}" for column in contract.columns]
    values = [f"{_value(contract, column)} as {name(column.name)}" for column in contract.columns]
    judged = [f"{expression} as {name(alias)}" for alias, expression in _judgements(contract)]
    return (
        f"with texts as (\n    select\n        {_listed(['_row_id', '_unparsed', *texts], 8)}\n"
        f"    from raw.{name(contract.source)}\n"
        "    where _row_id between :first_row_id and :last_row_id\n),\n"
        f"typed as (\n    select\n        {_listed(['texts.*', *values], 8)}\n    from texts\n)\n"
        f"select\n    {_listed(['typed.*', f'(_row_id & {ROW_NUMBERS}) as _row_number', *judged], 4)}\nfrom typed\n"
    )


def _listed(expressions: list[str], indent: int) -> str:
    return (",\n" + " " * indent).join(expressions)


def _judgements(contract: Contract) -> Iterator[tuple[str, str]]:
    """Columns for the rules that no expectation over a plain column covers."""
    for rule in rules_of(contract):
        if condition := condition_of(contract, rule):
            yield holds(rule), condition
        elif rule.kind is Kind.VALID:
            column = contract.column(rule.columns[0])
            yield unreadable(rule), f"case when {name(column.name)} is null then nullif({_t(column)}, '') end"


def condition_of(contract: Contract, rule: Rule) -> str | None:
    """What must be true of typed columns, where no expectation says it over one column; None for other rules."""
    if rule.kind is Kind.ROW:
        return f"({rule.expression})"
    if rule.kind is Kind.KNOWN:
        column = contract.column(rule.columns[0])
        return f"{compared_sql(name(column.name))} in ({literals(column.known)})"
    return None


def holds(rule: Rule) -> str:
    """The batch's column that says whether such a rule holds; NULL counts as holding."""
    return f"{rule.name}__holds"


def unreadable(rule: Rule) -> str:
    """The batch's column with the text that does not read as its type; NULL where it does."""
    return f"{rule.columns[0]}__unreadable"


def bound(sql: str, load_id: int, business_timezone: str) -> str:
    """The query for the rows of one load."""
    first = load_id << 32
    filled = sql.replace(":first_row_id", str(first)).replace(":last_row_id", str(first + ROW_NUMBERS))
    return filled.replace(":business_timezone", literal(business_timezone))


def conserved_sum(contract: Contract) -> str:
    """The sum of the conserved column over the rows of a load as they landed, unreadable amounts left out."""
    value = _value(contract, contract.column(str(contract.conserved)))
    for column in contract.columns:
        value = value.replace(_t(column), _text(column))
    return (
        f"select coalesce(sum({value}), 0)"
        f" from raw.{name(contract.source)} where _row_id between :first_row_id and :last_row_id"
    )


def _t(column: Column) -> str:
    return name(f"{column.name}__text")


def _text(column: Column) -> str:
    """The text that arrived. A broken line has no fields; it counts once, as such, and not as missing values too."""
    text = f"nullif(btrim({name(column.name)}), '')"
    if column.default_from:
        text = f"coalesce({text}, nullif(btrim({name(column.default_from)}), ''))"
    if column.default:
        text = f"coalesce({text}, {literal(column.default)})"
    if column.required:
        text = f"coalesce({text}, case when _unparsed is not null then '' end)"
    return f"lower({text})" if column.lower_case else text


def _value(contract: Contract, column: Column) -> str:
    text, kind = _t(column), column.logical_type
    if column.computed_as:
        parts = {part.name: f"({_value(contract, part)})" for part in contract.columns if part.name != column.name}
        expression, wanted = with_names_replaced(column.computed_as, parts), column_type(column)
        fits = f"pg_input_is_valid(({expression})::text, {literal(wanted)})"
        return f"case when {fits} then ({expression})::{wanted} end"
    if kind is LogicalType.INTEGER:
        return _cast(text, patterns.INTEGER, "bigint")
    if kind is LogicalType.NUMBER:
        return _cast(text, patterns.number(column), column_type(column))
    if kind is LogicalType.BOOLEAN:
        return (
            f"case when lower({text}) in ({literals(patterns.TRUE)}) then true"
            f" when lower({text}) in ({literals(patterns.FALSE)}) then false end"
        )
    if kind is LogicalType.JSON:
        outside_strings = f"regexp_replace({text}, {literal(patterns.JSON_STRING)}, '\"\"', 'g')"
        return (
            f"case when length({text}) > {patterns.JSON_LONGEST} or {outside_strings} ~ {literal(patterns.NOT_JSON)}"
            f" then null when pg_input_is_valid({text}, 'jsonb') then {text} end"
        )
    return f"nullif({text}, '')" if kind is LogicalType.STRING else _moment(contract, column)


def _matches(text: str, pattern: str) -> str:
    return f"{text} ~ {literal(f'^({pattern})$')}"


def _cast(text: str, pattern: str, kind: str) -> str:
    return f"case when {_matches(text, pattern)} and pg_input_is_valid({text}, {literal(kind)}) then {text}::{kind} end"


def _moment(contract: Contract, column: Column) -> str:
    """Branches in the order of the forms: with offset, ISO without, then each declared format rewritten as ISO."""
    text = _t(column)
    branches = [_branch(contract, column, patterns.MOMENT_WITH_OFFSET, text, "timestamptz")]
    branches.append(_branch(contract, column, patterns.MOMENT, text, "timestamp"))
    for written in column.formats:
        pattern = date_formats.pattern_of(written)
        branches.append(_branch(contract, column, pattern, date_formats.as_iso(written, text), "timestamp"))
    return f"case {' '.join(branches)} end"


def _branch(contract: Contract, column: Column, pattern: str, text: str, kind: str) -> str:
    moment = f"({text})::{kind}" + (f" at time zone {literal(contract.timezone)}" if kind == "timestamp" else "")
    if column.logical_type is LogicalType.DATE:
        moment = f"(({moment}) at time zone :business_timezone)::date"
        if kind == "timestamp":
            moment = f"case when strpos({text}, ':') = 0 then ({text})::date else {moment} end"
    valid = f"pg_input_is_valid({text}, {literal(kind)})"
    guard = f"length({_t(column)}) > 10 and " if pattern == patterns.MOMENT_WITH_OFFSET else ""
    return f"when {guard}{_matches(_t(column), pattern)} then case when {valid} then {moment} end"

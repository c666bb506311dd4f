"""The PostgreSQL query over the landed rows of one load that a suite is evaluated on.

It offers each column twice, as the text that arrived (`<column>__text`) and as the value it reads as (`<column>`, NULL
where it does not), so that ordinary expectations apply. It is the second, independent reading of the contract: DuckDB's
is in `typing_sql.py`.
"""

from __future__ import annotations

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate import patterns
from echo_quality.generate.sql_text import column_type, literal, literals, name
from echo_quality.rules import Kind, Rule

ROW_NUMBERS = 4294967295
"""The lower 32 bits of a `_row_id`, which hold the row number."""


def batch_sql(contract: Contract) -> str:
    """The query, with `:first_row_id`, `:last_row_id` and `:business_timezone` left open for `bound`."""
    texts = ",\n".join(f"        {_text(column)} as {_t(column)}" for column in contract.columns)
    values = ",\n".join(f"        {_value(contract, column)} as {name(column.name)}" for column in contract.columns)
    return (
        f"with texts as (\n    select\n        _row_id,\n        _unparsed,\n{texts}\n"
        f"    from raw.{name(contract.source)}\n"
        "    where _row_id between :first_row_id and :last_row_id\n)\n"
        f"select\n    texts.*,\n    (_row_id & {ROW_NUMBERS}) as _row_number,\n"
        + values.replace("        ", "    ")
        + "\nfrom texts\n"
    )


def bound(sql: str, load_id: int, business_timezone: str) -> str:
    """The query for the rows of one load."""
    first = load_id << 32
    filled = sql.replace(":first_row_id", str(first)).replace(":last_row_id", str(first + ROW_NUMBERS))
    return filled.replace(":business_timezone", literal(business_timezone))


def violation(contract: Contract, rule: Rule) -> str:
    """When a row of the batch breaks a rule that no ready expectation covers; NULL means that it does not."""
    if rule.kind is Kind.ROW:
        return f"({rule.expression}) is false"
    column = contract.column(rule.columns[0])
    value = name(column.name)
    if rule.kind is Kind.REQUIRED:
        return f"_unparsed is null and {value} is null"
    return f"{_t(column)} <> '' and {value} is null"


def conserved_sum(contract: Contract) -> str:
    """The sum of the conserved column over the rows of a load as they landed, unreadable amounts left out."""
    column = contract.column(str(contract.conserved))
    return (
        f"select coalesce(sum({_value(contract, column).replace(_t(column), _text(column))}), 0)"
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
        expression = " ".join(parts.get(word, word) for word in column.computed_as.split())
        return f"({expression})::{column_type(column)}"
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
        return f"case when {text} is json then {text} end"
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
        pattern, iso = patterns.date_format(written)
        rewritten = f"regexp_replace({text}, {literal(f'^{pattern}$')}, {literal(iso)})"
        branches.append(_branch(contract, column, pattern, rewritten, "timestamp"))
    return f"case {' '.join(branches)} end"


def _branch(contract: Contract, column: Column, pattern: str, text: str, kind: str) -> str:
    moment = f"({text})::{kind}" + (f" at time zone {literal(contract.timezone)}" if kind == "timestamp" else "")
    if column.logical_type is LogicalType.DATE:
        moment = f"(({moment}) at time zone :business_timezone)::date"
        if kind == "timestamp":
            moment = f"case when length({text}) = 10 then ({text})::date else {moment} end"
    valid = f"pg_input_is_valid({text}, {literal(kind)})"
    return f"when {_matches(_t(column), pattern)} then case when {valid} then {moment} end"

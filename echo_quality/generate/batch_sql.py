"""The PostgreSQL query over the landed rows of one load that a suite is evaluated on.

It offers each column twice, as the text that arrived (`<column>__text`) and as the value it reads as (`<column>`, NULL
where it does not), so that ordinary expectations apply. It is the second, independent reading of the contract: DuckDB's
is in `typing_sql.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate import date_formats, number_formats, patterns, serial_dates, totals_rows
from echo_quality.generate.sql_text import column_type, literal, literals, name, with_names_replaced
from echo_quality.generate.text_cleaning import in_postgres
from echo_quality.rules import Kind, Rule, rules_of
from echo_quality.seeds import compared_sql

ROW_NUMBERS = 4294967295
"""The lower 32 bits of a `_row_id`, which hold the row number."""


def batch_sql(contract: Contract, rows: str | None = None) -> str:
    """The query, with `:first_row_id`, `:last_row_id` and `:business_timezone` left open for `bound`.

    Given `rows`, it reads them instead of the source's raw table; they must have its columns.
    """
    judged = [f"{expression} as {name(alias)}" for alias, expression in _judgements(contract)]
    ctes, last = _typed_rows(contract, rows or f"raw.{name(contract.source)}")
    judging = _listed([f"{last}.*", f"(_row_id & {ROW_NUMBERS}) as _row_number", *judged], 4)
    return f"{ctes}\nselect\n    {judging}\nfrom {last}\n"


def _typed_rows(contract: Contract, raw: str) -> tuple[str, str]:
    """The steps from the landed rows to typed ones, and the name of the last."""
    columns, totals = totals_rows.columns_to_read(contract), contract.totals_row
    range_of_load = "_row_id between :first_row_id and :last_row_id"
    texts = ["_row_id", "_unparsed", *(f"{_text_of(contract, column)} as {_t(column)}" for column in columns)]
    if totals:
        found = f"{totals_rows.found_in_postgres(contract, totals)} as {totals_rows.FOUND}"
        raw = f"(select *, {found} from {raw} where {range_of_load} offset 0) as landed"
        label = in_postgres(totals.column, contract.column(totals.column).reading)
        texts += [
            totals_rows.FOUND,
            f"case when {totals_rows.FOUND} then '' else _unparsed end as _set_aside",
            f"case when {totals_rows.FOUND} then {label} end as {totals_rows.LABEL}",
        ]
    numbers = [(column, column.reading.number) for column in columns]
    plain = [
        f"{number_formats.plain_in_postgres(column, form)} as {number_formats.plain(column)}"
        for column, form in numbers
        if form
    ]
    fence = "\n    offset 0" if plain else ""  # else PostgreSQL would work each text out anew wherever it is read
    steps = [("texts", texts, f"{raw}\n    where {range_of_load}{fence}")]
    if plain:
        steps.append(("plain", ["texts.*", *plain], f"texts{fence}"))
    last = steps[-1][0]
    steps.append(("typed", [f"{last}.*", *_values(contract)], last))
    if totals:
        above = f"{totals_rows.sum_above(totals, '_row_id')} as {totals_rows.ABOVE}"
        steps.append(("summed", ["typed.*", above], "typed"))
    written = (
        f"{step} as (\n    select\n        {_listed(listed, 8)}\n    from {origin}\n)" for step, listed, origin in steps
    )
    return "with " + ",\n".join(written), steps[-1][0]


def _values(contract: Contract) -> list[str]:
    columns = totals_rows.columns_to_read(contract)
    values = [f"{_value(contract, column)} as {name(column.name)}" for column in columns]
    marked = [column for column in columns if number_formats.has_marks(column)]
    return values + [
        f"{number_formats.currency_of(contract, column)} as {number_formats.currency(column)}" for column in marked
    ]


def _listed(expressions: list[str], indent: int) -> str:
    return (",\n" + " " * indent).join(expressions)


def _judgements(contract: Contract) -> Iterator[tuple[str, str]]:
    """Columns for the rules that no expectation over a plain column covers."""
    for rule in rules_of(contract):
        if condition := condition_of(contract, rule):
            yield holds(rule), condition
        elif rule.kind is Kind.TOTALS_ROW:
            yield found(rule), f"case when {totals_rows.broken(rule)} then {totals_rows.LABEL} end"
        elif rule.kind is Kind.CURRENCY:
            column = contract.column(rule.columns[0])
            named, right = number_formats.currency(column), number_formats.currency_of_row(column)
            yield found(rule), f"case when {named} <> coalesce({right}, '') then {named} end"
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


def found(rule: Rule) -> str:
    """The batch's column with what must not be found: a row's label of totals, a cell's other currency; else NULL."""
    return f"{rule.name}__found"


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
    ctes, _ = _typed_rows(contract, f"raw.{name(contract.source)}")
    return f"{ctes}\nselect coalesce(sum({name(str(contract.conserved))}), 0) from typed"


def _t(column: Column) -> str:
    return name(f"{column.name}__text")


def _text_of(contract: Contract, column: Column) -> str:
    """The text of a column, that of the total included; a totals row has none, as a broken line has none."""
    text = _text(column, totals_rows.field_of(contract, column))
    if contract.totals_row is None:
        return text
    return totals_rows.only_in(column, text, otherwise="''" if column.required else "null")


def _text(column: Column, field: str) -> str:
    """The text that arrived. A broken line has no fields; it counts once, as such, and not as missing values too."""
    text = in_postgres(field, column.reading)
    if column.default_from:
        text = f"coalesce({text}, {in_postgres(column.default_from, column.reading)})"
    if column.default:
        text = f"coalesce({text}, {literal(column.default)})"
    if column.required:
        text = f"coalesce({text}, case when _unparsed is not null then '' end)"
    return f"lower({text})" if column.lower_case else text


def _value(contract: Contract, column: Column) -> str:
    text, kind = number_formats.plain(column) if column.reading.number else _t(column), column.logical_type
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
        true, false = map(literals, patterns.true_and_false(column))
        return f"case when lower({text}) in ({true}) then true when lower({text}) in ({false}) then false end"
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
        iso = date_formats.as_iso(written, text, column.reading.two_digit_years_from)
        branches.append(_branch(contract, column, pattern, iso, "timestamp"))
    if column.reading.excel_dates:
        branches.append(_serial(contract, column, column.reading.excel_dates))
    return f"case {' '.join(branches)} end"


def _serial(contract: Contract, column: Column, system: int) -> str:
    """A day as a spreadsheet numbers it; one with a time of day is a moment in the contract's zone."""
    text = _t(column)
    moment = f"{serial_dates.moment_in_postgres(text, system)} at time zone {literal(contract.timezone)}"
    if column.logical_type is LogicalType.DATE:
        day = serial_dates.day(text, system)
        at_clock = f"(({moment}) at time zone :business_timezone)::date"
        moment = f"case when {serial_dates.has_clock(text)} then {at_clock} else {day} end"
    return f"when {_matches(text, serial_dates.PATTERN)} then {moment}"


def _branch(contract: Contract, column: Column, pattern: str, text: str, kind: str) -> str:
    moment = f"({text})::{kind}" + (f" at time zone {literal(contract.timezone)}" if kind == "timestamp" else "")
    if column.logical_type is LogicalType.DATE:
        moment = f"(({moment}) at time zone :business_timezone)::date"
        if kind == "timestamp":
            moment = f"case when strpos({text}, ':') = 0 then ({text})::date else {moment} end"
    valid = f"pg_input_is_valid({text}, {literal(kind)})"
    guard = f"length({_t(column)}) > 10 and " if pattern == patterns.MOMENT_WITH_OFFSET else ""
    return f"when {guard}{_matches(_t(column), pattern)} then case when {valid} then {moment} end"

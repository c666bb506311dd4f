"""The DuckDB statement that types the rows of one file and says which rules each row breaks.

It reads a relation `landed` (every contract column as text, `_row_number`, `_unparsed`) and the variable
`business_timezone`, and yields a row for each row: typed columns, `_row_number`, `_identity` (the key as one text),
`_is_derived`, `_event_day`, `_violations` and `_warnings` (numbers of broken rules, comma separated, or NULL).
The suite counts the same rules again in PostgreSQL, from `batch_sql.py`; neither is made from the other.
"""

from __future__ import annotations

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate import date_formats, number_formats, patterns, serial_dates, totals_rows
from echo_quality.generate.normalised import changes_of_texts, changes_of_values
from echo_quality.generate.sql_text import column_type, literal, literals, name, with_names_replaced
from echo_quality.generate.text_cleaning import in_duckdb
from echo_quality.generate.violations import broken
from echo_quality.rules import rules_of


def typing_sql(contract: Contract) -> str:
    """The whole statement, one CTE a step."""
    landed, step, steps = "landed", "texts", []
    if totals := contract.totals_row:
        landed = f"(select *, {totals_rows.found_in_duckdb(contract, totals)} as {totals_rows.FOUND} from landed)"
    steps.append(("texts", _texts(contract), landed))
    if plain := _plain_numbers(contract):
        steps.append(("plain", ["*", *plain], step))
        step = "plain"
    steps.append(("typed", _typed(contract), step))
    step = "typed"
    if totals:
        steps.append(("summed", ["*", f"{totals_rows.sum_above(totals, '_row_number')} as {totals_rows.ABOVE}"], step))
        step = "summed"
    ctes = ",\n".join(f"{cte} as (\n{_select(columns, origin, 4)}\n)" for cte, columns, origin in steps)
    head = f"-- Generated from contracts/{contract.source}.yaml {contract.version}; do not edit."
    return f"{head}\nwith {ctes}\n{_select(_outputs(contract), step, 0)}\n"


def _select(columns: list[str], origin: str, indent: int) -> str:
    blanks = " " * indent
    listed = ",\n".join(f"{blanks}    {column}" for column in columns)
    return f"{blanks}select\n{listed}\n{blanks}from {origin}"


def _texts(contract: Contract) -> list[str]:
    texts = ["_row_number", "_unparsed"]
    for column in totals_rows.columns_to_read(contract):
        text = text_of(column, totals_rows.field_of(contract, column))
        texts.append(f"{totals_rows.only_in(column, text) if contract.totals_row else text} as {_t(column)}")
    if changes := changes_of_texts(contract):
        texts.append(f"{changes} as _changed_texts")
    return [*texts, totals_rows.FOUND] if contract.totals_row else texts


def _plain_numbers(contract: Contract) -> list[str]:
    """Numbers of a declared form, rewritten as plain decimals."""
    columns = [(column, column.reading.number) for column in totals_rows.columns_to_read(contract)]
    forms = [(column, form) for column, form in columns if form]
    return [f"{number_formats.plain_in_duckdb(*each)} as {number_formats.plain(each[0])}" for each in forms]


def _typed(contract: Contract) -> list[str]:
    columns = totals_rows.columns_to_read(contract)
    kept = [_t(column) for column in columns]
    values = [f"{_value(contract, column)} as {name(column.name)}" for column in columns]
    marked = [column for column in columns if number_formats.has_marks(column)]
    marks = [f"{number_formats.currency_of(contract, each)} as {number_formats.currency(each)}" for each in marked]
    own = ["_changed_texts"] if changes_of_texts(contract) else []
    own += [totals_rows.FOUND] if contract.totals_row else []
    return ["_row_number", "_unparsed", *kept, *values, *marks, *own]


def _outputs(contract: Contract) -> list[str]:
    rules = tuple(enumerate(rules_of(contract)))
    columns = [f"{_final(column)} as {name(column.name)}" for column in contract.columns]
    return [
        "_row_number",
        *columns,
        f"{_identity(contract)} as _identity",
        f"{_is_derived(contract)} as _is_derived",
        f"{event_day(contract)} as _event_day",
        f"{broken([item for item in rules if item[1].rejects], contract)} as _violations",
        f"{broken([item for item in rules if not item[1].rejects], contract)} as _warnings",
        *_changes(contract),
    ]


def _changes(contract: Contract) -> list[str]:
    """The normalisations that were applied to the row, where the contract declares any."""
    parts = ["_changed_texts" if changes_of_texts(contract) else None, changes_of_values(contract)]
    found = ", ".join(f"nullif({part}, '')" for part in parts if part)
    return [f"nullif(concat_ws(',', {found}), '') as _normalised"] if found else []


def _t(column: Column) -> str:
    return name(f"{column.name}__text")


def text_of(column: Column, field: str | None = None) -> str:
    """The text that a column's value is read from: without blanks around it, filled in where the contract says so.

    `field` is the column of `landed`, where it is called otherwise.
    """
    text = in_duckdb(field or column.name, column.reading)
    if column.default_from:
        text = f"coalesce({text}, {in_duckdb(column.default_from, column.reading)})"
    if column.default:
        text = f"coalesce({text}, {literal(column.default)})"
    return f"lower({text})" if column.lower_case else text


def _value(contract: Contract, column: Column) -> str:
    text, kind = number_formats.plain(column) if column.reading.number else _t(column), column.logical_type
    if column.computed_as:
        return f"try(try_cast({_computed(contract, column)} as {column_type(column)}))"
    if kind is LogicalType.INTEGER:
        return _guarded(text, patterns.INTEGER, f"try_cast({text} as bigint)")
    if kind is LogicalType.NUMBER:
        return _guarded(text, patterns.number(column), f"try_cast({text} as {column_type(column)})")
    if kind is LogicalType.BOOLEAN:
        true, false = map(literals, patterns.true_and_false(column))
        return f"case when lower({text}) in ({true}) then true when lower({text}) in ({false}) then false end"
    if kind is LogicalType.JSON:
        return f"case when {_is_json(text)} then {text} end"
    if kind is LogicalType.STRING:
        return text
    return _moment(contract, column)


def _computed(contract: Contract, column: Column) -> str:
    """A computed column's expression over typed columns; the names in it are replaced by their typing expressions."""
    parts = {part.name: f"({_value(contract, part)})" for part in contract.columns if part.name != column.name}
    return with_names_replaced(str(column.computed_as), parts)


def _is_json(text: str) -> str:
    """DuckDB's parser also takes `NaN`, trailing commas and the escape of NUL, which jsonb has no place for."""
    outside_strings = f"regexp_replace({text}, {literal(patterns.JSON_STRING)}, '\"\"', 'g')"
    return (
        f"length({text}) <= {patterns.JSON_LONGEST} and json_valid({text})"
        f" and not regexp_matches({text}, {literal(patterns.JSON_NUL)})"
        f" and not regexp_matches({outside_strings}, {literal(patterns.NOT_JSON)})"
    )


def _guarded(text: str, pattern: str, cast: str) -> str:
    """The cast where the text has the form. A value that is written as it was read has it; asking that is cheaper."""
    return f"case when {cast}::varchar = {text} or regexp_full_match({text}, {literal(pattern)}) then {cast} end"


def _moment(contract: Contract, column: Column) -> str:
    """A date or a timestamptz. A text without an offset is in the contract's zone; a day needs no conversion."""
    text, local = _t(column), literal(contract.timezone)
    branches = []
    if column.logical_type is LogicalType.DATE:
        branches.append((patterns.DAY, f"try_cast({text} as date)"))
    zoned = f"try_cast(regexp_replace({text}, ' ([Z+-])', '\\1') as timestamptz)"
    branches.append((patterns.MOMENT_WITH_OFFSET, _as_kind(column, zoned)))
    branches.append((patterns.MOMENT, _as_kind(column, f"try_cast({text} as timestamp) at time zone {local}")))
    for written in column.formats:
        parsed = date_formats.parsed_by_duckdb(written, text, column.reading.two_digit_years_from)
        is_day = column.logical_type is LogicalType.DATE and not date_formats.has_clock(written)
        moment = f"{parsed}::date" if is_day else _as_kind(column, f"{parsed} at time zone {local}")
        branches.append((date_formats.pattern_of(written), moment))
    if column.reading.excel_dates:
        branches.append((serial_dates.PATTERN, _serial(contract, column, column.reading.excel_dates)))
    cases = " ".join(f"when {_form(text, pattern)} then {cast}" for pattern, cast in branches)
    return f"case {cases} end"


def _serial(contract: Contract, column: Column, system: int) -> str:
    """A day as a spreadsheet numbers it; one with a time of day is a moment in the contract's zone."""
    text = _t(column)
    moment = f"{serial_dates.moment_in_duckdb(text, system)} at time zone {literal(contract.timezone)}"
    if column.logical_type is LogicalType.TIMESTAMP:
        return moment
    day = serial_dates.day(text, system)
    return f"case when {serial_dates.has_clock(text)} then {_as_kind(column, moment)} else {day} end"


def _form(text: str, pattern: str) -> str:
    """That a text has a form. A plain day is told by its value; the long forms are not tried on short texts."""
    if pattern == patterns.DAY:
        day = f"try_cast({text} as date)"
        return f"{day} between '1900-01-01' and '2199-12-31' and {day}::varchar = {text}"
    guard = f"length({text}) > 10 and " if pattern == patterns.MOMENT_WITH_OFFSET else ""
    return f"{guard}regexp_full_match({text}, {literal(pattern)})"


def _as_kind(column: Column, moment: str) -> str:
    if column.logical_type is LogicalType.TIMESTAMP:
        return moment
    return f"(({moment}) at time zone getvariable('business_timezone'))::date"


def _final(column: Column) -> str:
    return name(column.name)


def event_day(contract: Contract) -> str:
    """The business day of a row, from its typed event column."""
    column = contract.column(contract.event_column)
    if column.logical_type is LogicalType.DATE:
        return name(column.name)
    return f"({name(column.name)} at time zone getvariable('business_timezone'))::date"


def derived_key(contract: Contract) -> Column | None:
    """The id that rows without one get from their other values, if the contract has such an id."""
    first = contract.column(contract.key[0])
    return first if len(contract.key) == 1 and first.derived_from else None


def _is_derived(contract: Contract) -> str:
    column = derived_key(contract)
    return f"{name(column.name)} is null" if column else "false"


def _identity(contract: Contract) -> str:
    """The key as one text; for a row without its id, the values that identify it."""
    column = derived_key(contract)
    if column is None:
        return _joined(contract, contract.key)
    return f"coalesce({name(column.name)}, {_joined(contract, column.derived_from)})"


def _joined(contract: Contract, columns: tuple[str, ...]) -> str:
    if len(columns) == 1 and contract.column(columns[0]).logical_type is LogicalType.STRING:
        return name(columns[0])
    return "concat_ws(chr(31), " + ", ".join(_part(contract.column(column)) for column in columns) + ")"


def _part(column: Column) -> str:
    """A value as part of a key; a text says its length first, so that no text can look like two."""
    value = name(column.name)
    if column.logical_type is LogicalType.STRING:
        value = f"strlen({value}) || ':' || {value}"
    return f"coalesce({value}::varchar, '')"

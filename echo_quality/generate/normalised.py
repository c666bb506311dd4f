"""Which of the declared normalisations typing applied to a row, for DuckDB: their numbers, comma separated, or NULL.

What was done to a text is seen where the field still stands beside it, how it was read where its value is.
"""

from __future__ import annotations

from collections.abc import Callable

from echo_quality.contract import Column, Contract
from echo_quality.generate import number_formats, patterns, serial_dates, text_cleaning
from echo_quality.generate.sql_text import literals, name, visible
from echo_quality.normalisations import OF_TEXTS, Change, normalisations_of
from echo_quality.readings import Negative, NumberForm

_BEGINS_LIKE_ISO = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"


def changes_of_texts(contract: Contract) -> str | None:
    """The numbers of the changes that were made to texts, over `landed`; None if the contract declares none."""
    return _numbers(contract, _of_text, lambda change: change in OF_TEXTS)


def changes_of_values(contract: Contract) -> str | None:
    """The numbers of the changes by which values were read, over typed rows; None if the contract declares none."""
    return _numbers(contract, _of_value, lambda change: change not in OF_TEXTS)


def _numbers(
    contract: Contract, condition: Callable[[Column, Change], str], is_meant: Callable[[Change], bool]
) -> str | None:
    cases = [
        f"case when {condition(contract.column(each.column), each.change)} then '{number}' end"
        for number, each in enumerate(normalisations_of(contract))
        if is_meant(each.change)
    ]
    return f"concat_ws(',', {', '.join(cases)})" if cases else None


def _of_text(column: Column, change: Change) -> str:
    if change is Change.TRIMMED:
        return text_cleaning.trimmed_in_duckdb(column.name)
    if change is Change.COMPOSED:
        return text_cleaning.composed_in_duckdb(column.name)
    return text_cleaning.emptied_in_duckdb(column.name, column.reading)


def _of_value(column: Column, change: Change) -> str:
    return f"{name(column.name)} is not null and {_said_otherwise(column, change)}"


def _said_otherwise(column: Column, change: Change) -> str:
    text, form = name(f"{column.name}__text"), column.reading.number or NumberForm()
    if change is Change.THOUSANDS:
        return f"regexp_matches({text}, {visible(f'[0-9][{form.thousands}][0-9]')})"
    if change is Change.DECIMAL:
        return f"contains({text}, {visible(form.decimal)})"
    if change is Change.NEGATIVE:
        return _is_negative(text, form)
    if change is Change.CURRENCY:
        return f"{number_formats.currency(column)} is not null"
    if change is Change.PERCENT:
        return f"contains({text}, '%')"
    if change is Change.TRUTH:
        return f"lower({text}) not in ({literals((*patterns.WORDS_TRUE, *patterns.WORDS_FALSE))})"
    serial = f"regexp_full_match({text}, {visible(serial_dates.PATTERN)})"
    if change is Change.EXCEL_DATE:
        return serial
    no_serial = f" and not {serial}" if column.reading.excel_dates else ""
    return f"not regexp_matches({text}, {visible(_BEGINS_LIKE_ISO)}){no_serial}"


def _is_negative(text: str, form: NumberForm) -> str:
    """Written in one of the declared ways, and not with a plain minus before it."""
    signs = {Negative.PARENTHESES: "[(]", Negative.MINUS_SIGN: "\u2212", Negative.TRAILING: "[0-9][^0-9]*-"}
    return f"regexp_matches({text}, {visible('|'.join(signs[each] for each in form.negatives))})"

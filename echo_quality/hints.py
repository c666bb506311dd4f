"""What a text that does not read may mean, and what to declare so that it does: the `why` of a reason in quarantine.

Each is a pattern over the rejected text with a sentence; the first that fits is taken. They are asked in PostgreSQL, of
rejected values only, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.readings import NumberForm
from echo_quality.rules import Kind, Rule

Hint = tuple[str, str]
"""A regular expression of PostgreSQL, and what to say of texts that it matches."""

_NO_VALUE = "(?i)^(n/?a|#n/a|null|none|nil|nan|nat|[-.?]+|unknown)$"
_MOMENTS = (LogicalType.DATE, LogicalType.TIMESTAMP)


def hints_of(contract: Contract, rule: Rule) -> list[Hint]:
    """The hints for a rule, the most telling first; none but for texts that should read as a value."""
    if rule.kind is not Kind.VALID:
        return []
    column = contract.column(rule.columns[0])
    if column.logical_type in (LogicalType.NUMBER, LogicalType.INTEGER):
        found = _of_numbers(column)
    elif column.logical_type in _MOMENTS:
        found = _of_moments(column)
    elif column.logical_type is LogicalType.BOOLEAN:
        found = iter([(".", "none of the texts for true and false: declare trueTexts and falseTexts")])
    else:
        found = iter(())
    return [(_NO_VALUE, "may mean that there is no value: declare nullTexts"), *found]


def _of_numbers(column: Column) -> Iterator[Hint]:
    form = column.reading.number or NumberForm()
    if not form.percent:
        yield "%", "a percentage: declare percent"
    if not form.marks:
        yield "[$\u20ac\u00a3\u00a5]|^[A-Z]{3} ?[-0-9(]|[0-9] ?[A-Z]{3}$", "names a currency: declare currencies"
    if not form.negatives:
        yield "^[(].*[)]$|[0-9] ?-$|^\u2212", "may be a negative number: declare negatives"
    if not form.thousands and form.decimal == ".":
        yield (
            "^[+-]?[1-9][0-9]{0,2}(,[0-9]{3}|[.][0-9]{3})$",
            "may be a thousand and more, or one and a bit: declare numberFormat, as '1,234.56' or '1.234,56'",
        )
        yield "[0-9][,' \u00a0\u2009\u202f\u2019][0-9]", "declare numberFormat: how 1234.56 looks there, as '1.234,56'"
    elif form.thousands:
        yield f"[0-9][{form.thousands}][0-9]", f"separators of thousands stand elsewhere than in {form.written}"
    if column.logical_type is LogicalType.INTEGER:
        yield "^[+-]?[0-9]*[.,][0-9]*$", "is no whole number: declare logicalType number"
    else:
        yield f"[{form.decimal}][0-9]{{{column.scale + 1},}}$", f"more than {column.scale} decimals: declare the scale"


def _of_moments(column: Column) -> Iterator[Hint]:
    yield "^[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ]([0-9]{2}|[0-9]{4})( |$)", _WHICH_IS_WHICH
    yield "^[0-9]{1,2}[-./ ]?[A-Za-z]{3,9}[-./, ]", "declare formats with %b or %B, and monthNames: english"
    if column.reading.excel_dates:
        yield "^(0|60)([.,]|$)", "day 0 and day 60 of a spreadsheet are in no calendar"
    else:
        yield (
            "^[1-9][0-9]{4}([.,][0-9]+)?$",
            "may be a day as spreadsheets number it: declare excelDates, 1900 or 1904",
        )


_WHICH_IS_WHICH = "which part is the day and which the month is not guessed: declare formats, as %d/%m/%Y or %m/%d/%Y"

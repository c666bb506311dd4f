"""Numbers that arrive as numbers, from workbooks, JSON and Parquet, written as their contract says numbers are written.

They have no text of their own. Printed plainly, 1.234 would be read as more than a thousand where `1.234,56` is
declared. A text in such a file is left as it is, and is read like any text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import literal, name
from echo_quality.loading.header import known_headers, spelling
from echo_quality.readings import NumberForm, Percent

_PLAIN = re.compile("[+-]?[0-9]+(?:[.][0-9]+)?")
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip
Forms = dict[int, NumberForm]


def forms_of(contract: Contract, columns: Sequence[str | None]) -> Forms:
    """The forms, by the position of the field, of columns whose numbers are not printed plainly."""
    forms = {at: contract.column(column).reading.number for at, column in enumerate(columns) if column is not None}
    return {at: form for at, form in forms.items() if form and _is_special(form)}


def _is_special(form: NumberForm) -> bool:
    return form.decimal != "." or form.percent is Percent.FRACTION


def as_declared(text: str, form: NumberForm) -> str:
    """A plainly printed number in the declared form; what is not printed so stays, and will not be read."""
    if not _PLAIN.fullmatch(text):
        return text
    if form.percent is Percent.FRACTION:
        text = format(Decimal(text) * 100, "f") + "%"
    return text.replace(".", form.decimal)


def parquet_text(contract: Contract, column: str, kind: str) -> str | None:
    """DuckDB's expression for such a column of a Parquet file; None where the number is printed plainly."""
    known = known_headers(contract).get(spelling(column))
    form = contract.column(known).reading.number if known else None
    if form is None or not _is_special(form) or not kind.startswith(_NUMERIC):
        return None
    text = f"{name(column)}::varchar"
    if form.percent is Percent.FRACTION:
        text = f"coalesce((try_cast({name(column)} as decimal(28,10)) * 100)::varchar || '%', {text})"
    return f"replace({text}, '.', {literal(form.decimal)}) as {name(column)}"

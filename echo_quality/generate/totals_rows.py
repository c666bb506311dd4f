"""Finding totals rows and comparing them with the rows above, for contracts that declare one.

A totals row is no data: its texts count as absent, so that neither its amount nor its blanks are counted anywhere. What
it says is read beside them, as `_total`; `_above` is the sum of the rows before it.
"""

from __future__ import annotations

from dataclasses import replace

from echo_quality.contract import Column, Contract
from echo_quality.generate.sql_text import literal, name
from echo_quality.generate.text_cleaning import in_duckdb, in_postgres
from echo_quality.readings import TotalsRow
from echo_quality.rules import TOTALS_ROW_AGREES, Rule

FOUND, TOTAL, ABOVE, LABEL = "_is_total", "_total", "_above", "_total_label"


def columns_to_read(contract: Contract) -> tuple[Column, ...]:
    """The contract's columns, and what a totals row says as one more."""
    totals = contract.totals_row
    if totals is None:
        return contract.columns
    said = replace(contract.column(totals.sums), name=TOTAL, required=False, default=None, default_from=None)
    return (*contract.columns, said)


def field_of(contract: Contract, column: Column) -> str:
    """The field of the file that a column's text comes from."""
    totals = contract.totals_row
    return totals.sums if totals and column.name == TOTAL else column.name


def found_in_duckdb(contract: Contract, totals: TotalsRow) -> str:
    """That a row of `landed` is a totals row."""
    label = in_duckdb(totals.column, contract.column(totals.column).reading)
    return f"coalesce(regexp_full_match(lower({label}), {literal(totals.pattern)}), false)"


def found_in_postgres(contract: Contract, totals: TotalsRow) -> str:
    """That a row of `raw` is a totals row."""
    label = in_postgres(totals.column, contract.column(totals.column).reading)
    return f"coalesce(lower({label}) ~ {literal(f'^({totals.pattern})$')}, false)"


def only_in(column: Column, text: str, *, otherwise: str = "null") -> str:
    """The text of a column where it counts: that of the total in totals rows, any other in all other rows."""
    if column.name == TOTAL:
        return f"case when {FOUND} then {text} end"
    return f"case when {FOUND} then {otherwise} else {text} end"


def sum_above(totals: TotalsRow, order: str) -> str:
    """The sum of what the rows above a row add up to; totals rows among them have no value."""
    return f"sum({name(totals.sums)}) over (order by {order} rows between unbounded preceding and 1 preceding)"


def broken(rule: Rule) -> str:
    """When a row breaks one of the two rules about totals rows."""
    return f"{FOUND} and {TOTAL} is distinct from coalesce({ABOVE}, 0)" if rule.name == TOTALS_ROW_AGREES else FOUND

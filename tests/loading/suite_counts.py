"""The counts that a suite asks for, by one plain SQL statement: a quick stand-in for a checkpoint where loads are many.

Great Expectations itself must count the same; test_conservation.py holds it to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from loading.warehouse import Warehouse

from echo_quality.audit import Audit
from echo_quality.contract import Contract
from echo_quality.generate.batch_sql import batch_sql, bound, conserved_sum
from echo_quality.generate.sql_text import literal, name
from echo_quality.generate.suite import suite_of
from echo_quality.loading.loads import Load


@dataclass(frozen=True)
class Counted:
    """As much of a check's outcome as the gate of a load reads."""

    check: str
    unexpected_count: int
    severity: str
    error: str | None = None


class QuicklyAudited(Warehouse):
    """A warehouse whose audits count with plain SQL."""

    def audit(self, load: Load, contract: Contract) -> Audit:
        return counted_audit(self.connection, contract, load, self.timezone)


def counted_audit(connection: psycopg.Connection[Any], contract: Contract, load: Load, timezone: str) -> Audit:
    """An audit like `audit.audit`, without Great Expectations."""
    expectations = [each for each in suite_of(contract)["expectations"] if "column" in each["kwargs"]]
    conditions = [f"count(*) filter (where {_unexpected(each['type'], each['kwargs'])})" for each in expectations]
    batch = bound(batch_sql(contract), load.load_id, timezone)
    counts = connection.execute(f"select {', '.join(conditions)} from ({batch}) as batch".encode()).fetchone() or ()
    outcomes: Any = tuple(
        Counted(each["meta"]["check"], count, each["severity"])
        for each, count in zip(expectations, counts, strict=True)
    )
    total = bound(conserved_sum(contract), load.load_id, timezone)
    money = connection.execute(total.encode()).fetchone()
    connection.execute("update ops.loads set money_in_file = %s where load_id = %s", [*(money or ()), load.load_id])
    return Audit(load, outcomes, money[0] if money else None)


def _unexpected(kind: str, kwargs: dict[str, Any]) -> str:
    column = name(kwargs["column"])
    if kind == "expect_column_values_to_not_be_null":
        where = kwargs.get("row_condition", {}).get("column", {}).get("name")
        return f"{column} is null" + (f" and {where} is null" if where else "")
    if kind == "expect_column_values_to_be_null":
        return f"{column} is not null"
    if kind == "expect_column_values_to_be_in_set":
        values = ("true" if value is True else str(value) for value in kwargs["value_set"])
        return f"{column}::text not in ({', '.join(map(literal, values))})"
    if kind == "expect_column_value_lengths_to_be_between":
        return f"length({column}) > {kwargs['max_value']}"
    if kind == "expect_column_values_to_match_regex":
        return f"{column} !~ {literal(kwargs['regex'])}"
    assert kind == "expect_column_values_to_be_between", f"teach this module to count {kind}"
    below = f"{column} <{'=' if kwargs.get('strict_min') else ''} {kwargs.get('min_value', 'null')}"
    above = f"{column} >{'=' if kwargs.get('strict_max') else ''} {kwargs.get('max_value', 'null')}"
    return f"{below} or {above}"

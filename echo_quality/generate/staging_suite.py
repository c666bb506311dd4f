"""`staging_<source>`: what the contract demands of a row, asked of every row that is published now.

A load is judged by the contract of its day; this suite judges all standing rows by the contract of today. That a value
is there is left to the table's own `not null`, which no row can break.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from echo_quality.contract import Contract, Severity
from echo_quality.expectations.table_suite import TableSuite
from echo_quality.generate.batch_sql import condition_of, holds
from echo_quality.generate.sql_text import name
from echo_quality.generate.suite import RUNBOOK, form_of_rule, masked_columns
from echo_quality.rules import Kind, Rule, rules_of

_OF_VALUES = (Kind.ACCEPTED, Kind.KNOWN, Kind.RANGE, Kind.LENGTH, Kind.PATTERN, Kind.ROW)
"""The others are about the text of a file; a typed row cannot break them."""
_KEYS = "published_keys_unique"
_COPIES = "_copies_of_key"
_RUNBOOK = f"{RUNBOOK}#published"


def staging_suite(contract: Contract) -> TableSuite:
    """The suite of `staging.<source>`, in the order of the contract's rules."""
    rules = [rule for rule in rules_of(contract) if rule.kind in _OF_VALUES]
    asked = [column for rule in rules for column in rule.columns]
    conditions = {holds(rule): text for rule in rules if (text := condition_of(contract, rule))}
    return TableSuite(
        suite={
            "name": f"staging_{contract.source}",
            "expectations": list(_expectations(contract, rules)),
            "meta": {"source": contract.source, "contract_version": contract.version, "generated": True},
        },
        schema="staging",
        table=contract.source,
        shown=tuple(dict.fromkeys(("_row_id", *contract.key, *asked))),
        computed={_COPIES: _same_key(contract), **conditions},
        masked=masked_columns(contract),
        held_by=(f"staging/{contract.source} keys_are_unique",),
    )


def _expectations(contract: Contract, rules: list[Rule]) -> Iterator[dict[str, Any]]:
    yield {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": _COPIES, "max_value": 1},
        "severity": "critical",
        "meta": _meta(_KEYS, "key", contract.key, f"One row is current for each {', '.join(contract.key)}."),
    }
    for rule in rules:
        kind, kwargs = form_of_rule(contract, rule)
        yield {
            "type": kind,
            "kwargs": kwargs,
            "severity": "critical" if rule.severity is Severity.ERROR else "warning",
            "meta": _meta(f"published_{rule.name}", str(rule.kind), (*contract.key, *rule.columns), rule.description),
        }


def _meta(check: str, rule: str, columns: tuple[str, ...], description: str) -> dict[str, Any]:
    return {
        "check": check,
        "rule": rule,
        "columns": list(dict.fromkeys(columns)),
        "description": description,
        "runbook": _RUNBOOK,
    }


def _same_key(contract: Contract) -> str:
    return f"count(*) over (partition by {', '.join(map(name, contract.key))})"

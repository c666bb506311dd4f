"""What dbt reads of the contracts: the source tables, and which statuses count as revenue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import literals


def sources_yml(contracts: Iterable[Contract]) -> str:
    """`sources.yml`: one table a source, each bound to its asset."""
    tables = [_table(contract) for contract in contracts]
    source = {
        "name": "staging",
        "schema": "staging",
        "description": "Typed rows that conform to their contract, from loads that were accepted.",
        "tables": tables,
    }
    text = yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False, allow_unicode=True, width=120)
    return "# Generated from the contracts; do not edit.\n" + text


def _table(contract: Contract) -> dict[str, Any]:
    columns = [
        {"name": column.name, "description": column.description, "data_type": _dbt_type(column.logical_type)}
        for column in contract.columns
    ]
    row_id = {"name": "_row_id", "description": "Load number * 2^32 + row number in the file.", "data_type": "bigint"}
    return {
        "name": contract.source,
        "description": f"{contract.grain} {contract.description}",
        "config": {"meta": {"dagster": {"asset_key": ["staging", contract.source]}, "owner": contract.owner}},
        "columns": [*columns, row_id],
    }


def _dbt_type(logical_type: str) -> str:
    return {"string": "text", "integer": "bigint", "number": "numeric", "timestamp": "timestamptz", "json": "text"}.get(
        logical_type, str(logical_type)
    )


def counted_statuses_sql(contracts: Mapping[str, Contract]) -> str:
    """A macro that lists the statuses of a source that count, as its contract declares them."""
    branches: list[str] = []
    for source, contract in contracts.items():
        counted = [value for column in contract.columns for value in column.counted]
        if counted:
            branches.append(f"{{%- {'el' if branches else ''}if source == '{source}' -%}}\n    {literals(counted)}\n")
    return (
        "{# Generated from the contracts; do not edit. #}\n"
        "{% macro counted_statuses(source='revenue') -%}\n" + "".join(branches) + "{%- else -%}\n"
        "    {{ exceptions.raise_compiler_error('no contract says which statuses of ' ~ source ~ ' count') }}\n"
        "{%- endif -%}\n{%- endmacro %}\n"
    )

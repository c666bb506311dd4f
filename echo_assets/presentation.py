"""How assets and checks present themselves in the UI: owners, columns, freshness, rows as a table, retries.

Nothing here knows a layer or a database; what the runbook says about a check is in `runbook.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from echo_quality.contract import Column, Contract
from echo_quality.generate.tables import Table, TableColumn
from echo_quality.readings import in_words

_WARN_AT = 0.75
_OWN_COLUMNS = {
    "_row_id": "Load number * 2^32 + row number in the file: names the load and the line.",
    "_extra": "What the file has beyond the contract's columns, as JSON.",
    "_unparsed": "The whole line, where it does not fit the header.",
    "_file_sha256": "The sha256 of the file's bytes.",
    "_row_number": "Counts the rows below the header, from 1.",
    "_contract_version": "The version of the contract that the row was judged by.",
    "raw": "The row as the file had it: text by column.",
    "_fingerprint": "The hash of `raw`, by which ops.quarantine_rows knows the row over all loads.",
    "reasons": "Why the row was rejected: a list of column, rule and value.",
}


def owners(owner: str) -> list[str]:
    """A contract's owner as Dagster writes it: a mail address as it is, anything else as a team."""
    return [owner if "@" in owner else f"team:{owner}"]


def table_schema(contract: Contract, table: Table) -> dict[str, Any]:
    """Table name and columns, with what the contract says of them, as the UI's table view shows them."""
    return {
        "dagster/table_name": f"{table.schema}.{table.name}",
        "dagster/column_schema": dg.TableSchema(columns=[_column(contract, column) for column in table.columns]),
    }


def _column(contract: Contract, column: TableColumn) -> dg.TableColumn:
    declared = {each.name: each for each in contract.columns}.get(column.name)
    return dg.TableColumn(
        column.name,
        column.type,
        description=_described(declared) if declared else _OWN_COLUMNS.get(column.name),
        constraints=dg.TableColumnConstraints(nullable=not column.not_null),
        tags={"personal": ""} if declared and declared.personal else {},
    )


def _described(column: Column) -> str:
    also = f"In files also called {' or '.join(column.aliases)}." if column.aliases else ""
    return " ".join(part for part in (column.description, also, in_words(column.reading)) if part)


def normalised(notes: Mapping[str, Any]) -> dict[str, Any]:
    """How many cells of a load were changed before they were read, as metadata; empty where none was."""
    rows = [
        {"column": column, "change": change, "cells": cells}
        for column, changes in notes.get("normalised", {}).items()
        for change, cells in changes.items()
    ]
    return {"normalised_cells": as_table(rows)} if rows else {}


def freshness(contract: Contract) -> dg.FreshnessPolicy | None:
    """Late when no file came for as long as the contract says, and warned of before; None if it says nothing."""
    if contract.freshness_hours is None:
        return None
    hours = timedelta(hours=contract.freshness_hours)
    return dg.FreshnessPolicy.time_window(fail_window=hours, warn_window=hours * _WARN_AT)


def as_table(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as the UI shows a table; a value that one of them lacks is empty, a nested one is text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in names}) for row in rows]
    return dg.MetadataValue.table(records, dg.TableSchema(columns=[dg.TableColumn(name) for name in names]))


def _cell(value: object) -> str | int | float | bool | None:
    return value if isinstance(value, str | int | float | bool | None) else str(value)

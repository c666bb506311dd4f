"""How assets present themselves in the UI: owners, table schemas, retries. No logic of any layer."""

from __future__ import annotations

from typing import Any

import dagster as dg

from echo_quality.generate.tables import Table

RUNBOOK = "docs/runbook.md"


def owners(owner: str) -> list[str]:
    """A contract's owner as Dagster writes it: a mail address as it is, anything else as a team."""
    return [owner if "@" in owner else f"team:{owner}"]


def table_schema(table: Table) -> dict[str, Any]:
    """Table name and columns, as the UI's table view shows them."""
    columns = [
        dg.TableColumn(column.name, column.type, constraints=dg.TableColumnConstraints(nullable=not column.not_null))
        for column in table.columns
    ]
    return {
        "dagster/table_name": f"{table.schema}.{table.name}",
        "dagster/column_schema": dg.TableSchema(columns=columns),
    }


def retry() -> dg.RetryPolicy:
    """For steps that may be repeated safely: three times, backing off."""
    return dg.RetryPolicy(max_retries=3, delay=2, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)

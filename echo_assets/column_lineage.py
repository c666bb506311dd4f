"""Lineage by column as Dagster's UI shows it: from the contracts for staging, from the models' SQL for dbt's assets."""

from __future__ import annotations

from collections.abc import Iterable

import dagster as dg

from echo_assets.lineage.edges import ROWS, Edge
from echo_assets.lineage.file_edges import origins
from echo_quality.contract import Contract

_ROW_ID = "_row_id"


def column_lineage(contract: Contract) -> dg.TableColumnLineage:
    """For every column of `staging/<source>` those of `raw/<source>` that its value may come from."""
    raw = dg.AssetKey(["raw", contract.source])
    found = {column.name: origins(contract, column) for column in contract.columns}
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(asset_key=raw, column_name=origin) for origin in names]
            for name, names in {**found, _ROW_ID: [_ROW_ID]}.items()
        }
    )


def lineage_by_model(edges: Iterable[Edge]) -> dict[str, dg.TableColumnLineage]:
    """The lineage of each asset; the UI has no place for what only decides which rows there are."""
    found: dict[str, dict[str, list[dg.TableColumnDep]]] = {}
    for column, origin, how in edges:
        if how == "value" and ROWS not in (column.name, origin.name):
            key = dg.AssetKey(origin.asset.split("/"))
            columns = found.setdefault(column.asset, {})
            columns.setdefault(column.name, []).append(dg.TableColumnDep(asset_key=key, column_name=origin.name))
    return {asset: dg.TableColumnLineage(columns) for asset, columns in found.items()}

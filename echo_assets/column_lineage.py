"""Which columns of a file each staging column comes from, as the contract declares it."""

from __future__ import annotations

import re

import dagster as dg

from echo_quality.contract import Column, Contract

_ROW_ID = "_row_id"


def column_lineage(contract: Contract) -> dg.TableColumnLineage:
    """For every column of `staging/<source>` those of `raw/<source>` that its value may come from."""
    raw = dg.AssetKey(["raw", contract.source])
    origins = {column.name: _origins(contract, column) for column in contract.columns}
    return dg.TableColumnLineage(
        {
            name: [dg.TableColumnDep(asset_key=raw, column_name=origin) for origin in found]
            for name, found in {**origins, _ROW_ID: [_ROW_ID]}.items()
        }
    )


def _origins(contract: Contract, column: Column) -> list[str]:
    """The column itself, and whatever fills it in where the file has no value."""
    computed = re.findall(r"\w+", column.computed_as or "")
    named = {column.name, *column.derived_from, column.default_from, *computed}
    return [name for name in contract.names if name in named]

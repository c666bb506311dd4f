"""Generated data of known truth in the staging tables of a test warehouse, loaded as the assets load it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt_warehouse import CONTRACTS, Warehouse

from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path, take_in
from echo_quality.loading.typed_rows import Engine
from echo_quality.odcs import read_contracts
from echo_quality.synthetic import generate


def load_generated(warehouse: Warehouse, folder: Path, rows: int, *sources: str) -> dict[str, Any]:
    """Load these sources of a data set of `rows` transactions, file by file; return its truth."""
    truth = generate(rows, folder / "landing").to_dict()
    for source in sources:
        for path in sorted((folder / "landing" / source).iterdir()):
            _load(warehouse, folder, SourceFile(source, path, path.name))
    return truth


def _load(warehouse: Warehouse, folder: Path, file: SourceFile) -> None:
    """Take one file in and publish its good rows, however many of its rows are bad."""
    contract, lake, workspace = read_contracts(CONTRACTS)[file.source], folder / "lake", folder / "workspace"
    workspace.mkdir(exist_ok=True)
    engine = Engine(workspace)
    load = take_in(warehouse.connection, contract, file, lake, engine, 1.0).load
    table = text_of(load, contract, archived_path(load, lake), load.file, workspace)
    published = publish(warehouse.connection, contract, load, table, engine, lambda _: None)
    assert published.load.status == "loaded", published.load

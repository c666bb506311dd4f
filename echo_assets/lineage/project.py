"""The lineage of the whole project: files to raw to staging by the contracts, from there by the models' SQL."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from echo_assets.dbt.nodes import Manifest, Node, asset_path
from echo_assets.lineage.edges import ROWS, Column, Edge, Lineage, strongest
from echo_assets.lineage.file_edges import edges_of_contract
from echo_assets.lineage.select_edges import Deps, columns_of
from echo_quality.contract import Contract
from echo_quality.generate.tables import tables_of


def project_lineage(
    manifest: Manifest, compiled: Mapping[str, str], contracts: Mapping[str, Contract], project_dir: Path
) -> Lineage:
    """Every edge; `compiled` is the SQL of every model by unique id."""
    columns = dict(tables_and_seeds(manifest, contracts, project_dir))
    edges = [edge for contract in contracts.values() for edge in edges_of_contract(contract)]
    for asset, found in _Models(manifest, compiled, columns).read():
        edges += [Edge(Column(asset, name), *origin) for name, origins in found.items() for origin in origins]
    return Lineage(strongest(edges), columns)


def tables_and_seeds(
    manifest: Manifest, contracts: Mapping[str, Contract], project_dir: Path
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The columns of everything that no model makes."""
    for contract in contracts.values():
        raw, staging, _, quarantine = tables_of(contract)
        for table in (raw, staging, quarantine):
            yield f"{table.schema}/{table.name}", tuple(column.name for column in table.columns)
    for source in manifest["sources"].values():
        if source["columns"] and source["source_name"] != "staging":
            yield f"{source['schema']}/{source['name']}", tuple(source["columns"])
    for node in manifest["nodes"].values():
        if node["resource_type"] == "seed":
            with (project_dir / node["original_file_path"]).open(encoding="utf-8", newline="") as file:
                yield "/".join(asset_path(node)), tuple(next(csv.reader(file)))


@dataclass
class _Models:
    """Reads models in an order in which each finds the columns of those that it reads; it adds its own."""

    manifest: Manifest
    compiled: Mapping[str, str]
    columns: dict[str, tuple[str, ...]]
    _read: set[str] = field(default_factory=set)

    def read(self) -> Iterator[tuple[str, dict[str, Deps]]]:
        for unique_id in sorted(self.compiled):
            yield from self._model(unique_id)

    def _model(self, unique_id: str) -> Iterator[tuple[str, dict[str, Deps]]]:
        if unique_id in self._read or unique_id not in self.compiled:
            return
        self._read.add(unique_id)
        node: Node = self.manifest["nodes"][unique_id]
        for parent in node["depends_on"]["nodes"]:
            yield from self._model(parent)
        asset = "/".join(asset_path(node))
        found = columns_of(self.compiled[unique_id], self.columns, asset)
        self.columns[asset] = tuple(name for name in found if name != ROWS)
        yield asset, found

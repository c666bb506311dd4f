"""The data dictionary page: sources as their contracts say, models and seeds as the dbt project says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from echo_assets.dbt.nodes import (
    Manifest,
    Node,
    asset_path,
    built_nodes,
    data_tests,
    is_as_of,
    is_daily,
    is_monthly,
    meta,
)
from echo_assets.lineage.edges import Lineage
from echo_assets.lineage.graph import layer_order
from echo_quality.contract import Contract
from echo_quality.generate.dictionary import dictionary_md
from echo_quality.streams.contract import StreamContract
from echo_quality.streams.dictionary import streams_md

PAGE = Path("docs/data_dictionary.md")
_HEAD = """# Data dictionary

Generated from the contracts and the dbt project by `echoctl contract generate`; do not edit.

# Sources
"""
_MODELS = """# Models

In the order in which data flows. What a column is made of: `echoctl trace <schema.table.column>`.
"""


def data_dictionary(
    contracts: Mapping[str, Contract], manifest: Manifest, lineage: Lineage, streams: Iterable[StreamContract] = ()
) -> str:
    """The page; `lineage` knows the columns that a model has but does not describe."""
    nodes = sorted(built_nodes(manifest).values(), key=lambda node: (layer_order(node["schema"]), node["name"]))
    tests = _tests_by_column(manifest)
    models = [_section(node, manifest, lineage, tests) for node in nodes]
    return "\n".join([_HEAD, dictionary_md(contracts.values()), streams_md(streams), _MODELS, *models])


def _section(node: Node, manifest: Manifest, lineage: Lineage, tests: Mapping[tuple[str, str], list[str]]) -> str:
    asset = "/".join(asset_path(node))
    parents = (manifest["nodes"].get(each) or manifest["sources"][each] for each in node["depends_on"].get("nodes", ()))
    reads = sorted({f"`{each['schema']}.{each['name']}`" for each in parents})
    facts = [f"Built: {_built(node)}. {_owner(node)}", *([f"Reads {', '.join(reads)}."] if reads else [])]
    columns = ["| column | type | tests | meaning |", "|---|---|---|---|"]
    for name in lineage.columns[asset]:
        kind, meaning = _described(node, name, manifest)
        tested = ", ".join(f"`{test}`" for test in tests.get((node["unique_id"], name), ()))
        columns.append(f"| `{name}` | {kind} | {tested} | {_cell(meaning)} |")
    parts = [f"## {asset.replace('/', '.')}", _cell(node["description"]), "\n".join(facts), "\n".join(columns)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _built(node: Node) -> str:
    if node["resource_type"] == "seed":
        return f"from `echo_dbt/{node['original_file_path']}`"
    if node["config"]["materialized"] == "view":
        return "a view"
    if is_as_of(node):
        return "as of days"
    return "by day" if is_daily(node) else "by month" if is_monthly(node) else "whole"


def _owner(node: Node) -> str:
    owners = meta(node, "dagster").get("owners") or ()
    return f"Owner: {', '.join(str(owner).removeprefix('team:') for owner in owners)}." if owners else ""


def _described(node: Node, column: str, manifest: Manifest) -> tuple[str, str]:
    """Type and meaning; a column of a view that does not describe it is the one of the same name in its source."""
    own = node["columns"].get(column, {})
    kind, meaning = own.get("data_type") or "", own.get("description") or ""
    for source in _columns_of_sources(node, manifest):
        kind, meaning = kind or source.get(column, {}).get("data_type") or "", meaning or _said(source, column)
    return kind, meaning


def _columns_of_sources(node: Node, manifest: Manifest) -> Iterator[Mapping[str, Mapping[str, str]]]:
    for unique_id in node["depends_on"].get("nodes", ()):
        if unique_id in manifest["sources"]:
            yield manifest["sources"][unique_id]["columns"]


def _said(source: Mapping[str, Mapping[str, str]], column: str) -> str:
    return source.get(column, {}).get("description") or ""


def _tests_by_column(manifest: Manifest) -> dict[tuple[str, str], list[str]]:
    """The kinds of tests of each column, by the model's id and the column's name."""
    found: dict[tuple[str, str], set[str]] = {}
    for test in data_tests(manifest).values():
        if test.get("column_name") and test.get("attached_node"):
            kind = test["test_metadata"]["name"]
            found.setdefault((test["attached_node"], test["column_name"]), set()).add(kind)
    return {place: sorted(kinds) for place, kinds in found.items()}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def out_of_date(text: str, root: Path) -> Iterable[str]:
    """The page's path, if the committed page is missing or another."""
    path = root / PAGE
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        yield PAGE.as_posix()

"""What the nodes of a dbt manifest say about themselves: asset path, reach, owners, and what lies above them.

Plain dictionaries in, plain values out: neither Dagster nor dbt is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Node = Mapping[str, Any]
Manifest = Mapping[str, Any]

_BUILT = ("model", "seed", "snapshot")


def built_nodes(manifest: Manifest) -> dict[str, Node]:
    """Return what dbt builds, by unique id: models (ephemeral ones are only text), seeds and snapshots."""
    return {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in _BUILT and node["config"]["materialized"] != "ephemeral"
    }


def data_tests(manifest: Manifest) -> dict[str, Node]:
    """Return the data tests by unique id; unit tests are not among a manifest's nodes."""
    return {unique_id: node for unique_id, node in manifest["nodes"].items() if node["resource_type"] == "test"}


def asset_path(node: Node) -> tuple[str, str]:
    """Return the asset key's parts: schema and name."""
    return node["schema"], node["name"]


def meta(node: Node, namespace: str = "echo") -> Mapping[str, Any]:
    """Return what the node declares under ``meta.<namespace>``."""
    declared: Mapping[str, Any] = node["config"].get("meta") or node.get("meta") or {}
    return declared.get(namespace) or {}


def is_daily(node: Node) -> bool:
    """Say whether the model is rebuilt by day (``meta: {echo: {reach: day}}``)."""
    return meta(node).get("reach") == "day"


def is_monthly(node: Node) -> bool:
    """Say whether the model is rebuilt by month (``meta: {echo: {reach: month}}``)."""
    return meta(node).get("reach") == "month"


def is_as_of(node: Node) -> bool:
    """Say whether the model holds snapshots as of the end of days (``meta: {echo: {reach: as_of}}``)."""
    return meta(node).get("reach") == "as_of"


def keeps_marks(node: Node) -> bool:
    """Say whether the ledger has an entry for it: views and seeds hold no state that could be out of date."""
    return node["config"]["materialized"] in ("table", "incremental")


def upstream(manifest: Manifest, unique_ids: Iterable[str]) -> frozenset[str]:
    """Return every node and source above these, at any distance, without themselves."""
    return _reachable(manifest["parent_map"], unique_ids)


def downstream(manifest: Manifest, unique_ids: Iterable[str]) -> frozenset[str]:
    """Return everything below these, tests included, at any distance, without themselves."""
    return _reachable(manifest["child_map"], unique_ids)


def _reachable(edges: Mapping[str, Iterable[str]], unique_ids: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    ahead = [near for unique_id in unique_ids for near in edges.get(unique_id, ())]
    while ahead:
        unique_id = ahead.pop()
        if unique_id not in found:
            found.add(unique_id)
            ahead.extend(edges.get(unique_id, ()))
    return frozenset(found)

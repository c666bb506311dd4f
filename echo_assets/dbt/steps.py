"""Which of the four dbt steps builds a node: dimensions, daily facts, marts, features.

The split follows from the manifest. Daily models are a partitioned step; what they need comes before, what needs
them after, and nothing may be both: otherwise Dagster would cut the steps into pieces that each start dbt anew. Models
with snapshots as of days are partitioned, too, and come last: dbt builds nothing on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from echo_assets.dbt.nodes import (
    Manifest,
    asset_path,
    built_nodes,
    data_tests,
    downstream,
    is_as_of,
    is_daily,
    meta,
    upstream,
)

_FOUNDATION = frozenset({"stg", "intermediate", "core"})
"""Schemas of what others build on; a model elsewhere is a mart even if no daily model is above it."""


class StepsError(RuntimeError):
    """The dbt project cannot be split cleanly; the message names the models or tests and the fix."""


@dataclass(frozen=True)
class Steps:
    """Unique ids of the models and seeds of each step; they are disjoint and together all there is."""

    dimensions: frozenset[str]
    facts: frozenset[str]
    marts: frozenset[str]
    features: frozenset[str]


def steps(manifest: Manifest) -> Steps:
    """Split everything dbt builds into the four steps; StepsError if it cannot be done."""
    nodes = built_nodes(manifest)
    facts = frozenset(unique_id for unique_id, node in nodes.items() if is_daily(node))
    features = frozenset(unique_id for unique_id, node in nodes.items() if is_as_of(node))
    before, after = upstream(manifest, facts) - facts, downstream(manifest, facts) - facts
    _refuse_interleaving(manifest, (before & after) & nodes.keys())
    _refuse_models_on_snapshots(manifest, downstream(manifest, features) & nodes.keys())
    _refuse_tests_without_asset(manifest)
    marts = frozenset(
        unique_id
        for unique_id, node in nodes.items()
        if unique_id not in facts | before | features
        and (unique_id in after or (node["schema"] not in _FOUNDATION and node["resource_type"] != "seed"))
    )
    dimensions = frozenset(nodes) - facts - marts - features
    return Steps(dimensions=dimensions, facts=facts, marts=marts, features=features)


def selection(manifest: Manifest, unique_ids: Iterable[str]) -> str:
    """Write these nodes in dbt's selection syntax."""
    return " ".join(sorted("fqn:" + ".".join(manifest["nodes"][unique_id]["fqn"]) for unique_id in unique_ids))


def _refuse_interleaving(manifest: Manifest, between: Iterable[str]) -> None:
    names = sorted("/".join(asset_path(manifest["nodes"][unique_id])) for unique_id in between)
    if names:
        raise StepsError(
            f"{', '.join(names)}: above one daily model and below another, but not daily itself. "
            "Declare `meta: {echo: {reach: day}}` on it, or let the lower daily model read something else."
        )


def _refuse_models_on_snapshots(manifest: Manifest, below: Iterable[str]) -> None:
    names = sorted("/".join(asset_path(manifest["nodes"][unique_id])) for unique_id in below)
    if names:
        raise StepsError(
            f"{', '.join(names)}: reads a model with snapshots (`reach: as_of`), on which dbt builds nothing. "
            "Let it read what the snapshots are made of."
        )


def _refuse_tests_without_asset(manifest: Manifest) -> None:
    """Refuse a test that belongs to no model: it would never run, and nobody would notice."""
    nodes = built_nodes(manifest)
    for test in data_tests(manifest).values():
        depends_on = test["depends_on"]["nodes"]
        attached = {test.get("attached_node")} | set(depends_on if len(depends_on) == 1 else ())
        if not (attached & nodes.keys() or meta(test, "dagster").get("ref")):
            raise StepsError(
                f"The dbt test {test['name']} ({test['original_file_path']}) belongs to no model, so it would never "
                "run. Name the model it judges: `config: {meta: {dagster: {ref: {name: <model>}}}}`."
            )

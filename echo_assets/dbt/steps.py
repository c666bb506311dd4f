"""Which of the three dbt steps builds a node: dimensions, daily facts, marts.

The split follows from the manifest. Daily models are the partitioned step; what they need comes before, what needs
them after, and nothing may be both: otherwise Dagster would cut the steps into pieces that each start dbt anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from echo_assets.dbt.nodes import Manifest, asset_path, built_nodes, data_tests, downstream, is_daily, meta, upstream

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


def steps(manifest: Manifest) -> Steps:
    """Split everything dbt builds into the three steps; StepsError if it cannot be done."""
    nodes = built_nodes(manifest)
    facts = frozenset(unique_id for unique_id, node in nodes.items() if is_daily(node))
    before, after = upstream(manifest, facts) - facts, downstream(manifest, facts) - facts
    _refuse_interleaving(manifest, (before & after) & nodes.keys())
    _refuse_tests_without_asset(manifest)
    marts = frozenset(
        unique_id
        for unique_id, node in nodes.items()
        if unique_id not in facts | before
        and (unique_id in after or (node["schema"] not in _FOUNDATION and node["resource_type"] != "seed"))
    )
    return Steps(dimensions=frozenset(nodes) - facts - marts, facts=facts, marts=marts)


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

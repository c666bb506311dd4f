"""The four steps follow from the manifest, and a project that cannot be split is refused with the fix."""

from __future__ import annotations

from typing import Any

import pytest

from echo_assets.dbt.steps import Steps, StepsError, steps


def model(schema: str, name: str, reach: str | None = None, resource: str = "model") -> dict[str, Any]:
    config = {"materialized": "table", "meta": {"echo": {"reach": reach}}}
    return {"schema": schema, "name": name, "resource_type": resource, "config": config}


def a_test_of(*parents: str, attached: str | None = None, ref: str | None = None) -> dict[str, Any]:
    meta = {"dagster": {"ref": {"name": ref}}} if ref else {}
    return {
        "name": "a_test",
        "resource_type": "test",
        "original_file_path": "tests/a_test.sql",
        "attached_node": attached,
        "depends_on": {"nodes": list(parents)},
        "config": {"meta": meta},
    }


def manifest_of(nodes: dict[str, Any], edges: list[tuple[str, str]]) -> dict[str, Any]:
    parents: dict[str, list[str]] = {node: [] for node in nodes}
    children: dict[str, list[str]] = {node: [] for node in nodes}
    for above, below in edges:
        parents.setdefault(below, []).append(above)
        children.setdefault(above, []).append(below)
    return {"nodes": nodes, "sources": {}, "parent_map": parents, "child_map": children}


NODES = {
    "view": model("stg", "view"),
    "seed": model("seeds", "seed", resource="seed"),
    "unused": model("core", "dim_campaign"),
    "dim": model("core", "dim"),
    "fact": model("core", "fact", "day"),
    "lines": model("core", "lines", "day"),
    "feature": model("features", "feature", "as_of"),
    "mart": model("finance", "mart"),
    "recurring": model("finance", "mrr_monthly"),
    "on_facts": model("core", "fact_by_month"),
}
EDGES = [
    ("view", "dim"),
    ("dim", "fact"),
    ("fact", "lines"),
    ("fact", "mart"),
    ("fact", "on_facts"),
    ("on_facts", "feature"),
]


def test_what_facts_need_comes_before_them_and_what_needs_them_after() -> None:
    assert steps(manifest_of(NODES, EDGES)) == Steps(
        dimensions=frozenset({"view", "seed", "dim", "unused"}),
        facts=frozenset({"fact", "lines"}),
        marts=frozenset({"mart", "recurring", "on_facts"}),
        features=frozenset({"feature"}),
    )


def test_a_mart_that_a_daily_model_reads_is_built_before_it() -> None:
    found = steps(manifest_of(NODES, [*EDGES, ("recurring", "lines")]))
    assert "recurring" in found.dimensions


def test_a_whole_model_between_two_daily_ones_is_refused() -> None:
    with pytest.raises(StepsError, match=r"core/fact_by_month: above one daily model and below another"):
        steps(manifest_of(NODES, [*EDGES, ("on_facts", "lines")]))


@pytest.mark.parametrize("below", ["mart", "lines", "view"])
def test_whatever_reads_snapshots_is_refused_since_they_come_last(below: str) -> None:
    schema, name = NODES[below]["schema"], NODES[below]["name"]
    with pytest.raises(StepsError, match=rf"{schema}/{name}: reads a model with snapshots"):
        steps(manifest_of({**NODES, "alone": model("features", "alone", "as_of")}, [*EDGES, ("alone", below)]))


@pytest.mark.parametrize(
    "test", [a_test_of("dim"), a_test_of("dim", "mart", attached="mart"), a_test_of("dim", "mart", ref="mart")]
)
def test_a_test_that_belongs_to_a_model_is_accepted(test: dict[str, Any]) -> None:
    assert steps(manifest_of({**NODES, "test": test}, EDGES)) == steps(manifest_of(NODES, EDGES))


def test_a_test_that_would_never_run_is_refused_with_the_fix() -> None:
    with pytest.raises(StepsError, match=r"a_test \(tests/a_test.sql\) belongs to no model.*meta: {dagster: {ref"):
        steps(manifest_of({**NODES, "test": a_test_of("dim", "mart")}, EDGES))

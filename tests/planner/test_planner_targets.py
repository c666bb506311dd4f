"""Targets from a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from echo_assets.dbt.project import load_project
from echo_assets.planner.state import Target
from echo_assets.planner.targets import TargetsError, targets_from


def node(name: str, kind: str = "table", resource: str = "model", **meta: Any) -> dict[str, Any]:
    config = {"materialized": kind, "meta": {"echo": meta}}
    path = f"models/{name}.sql"
    return {"schema": "core", "name": name, "resource_type": resource, "config": config, "original_file_path": path}


def manifest_of(nodes: dict[str, Any], parents: dict[str, list[str]]) -> dict[str, Any]:
    sources = {
        "source.staging.revenue": {"source_name": "staging", "name": "revenue"},
        "source.streaming.events": {"source_name": "streaming", "name": "events"},
    }
    return {"nodes": nodes, "sources": sources, "parent_map": parents}


def test_a_target_knows_the_staging_sources_and_the_targets_above_it_at_any_distance() -> None:
    nodes = {
        "view": node("stg", "view"),
        "text": node("between", "ephemeral"),
        "fact": node("fact", "incremental", reach="day"),
        "mart": node("mart"),
        "test": {"resource_type": "test"},
    }
    parents = {
        "view": ["source.staging.revenue", "source.streaming.events"],
        "text": ["view"],
        "fact": ["text"],
        "mart": ["fact"],
        "test": ["mart"],
    }
    assert targets_from(manifest_of(nodes, parents)) == (
        Target("core/fact", frozenset({"revenue"}), True, frozenset({"core/stg"})),
        Target("core/mart", frozenset({"revenue"}), False, frozenset({"core/stg", "core/fact"})),
        Target("core/stg", frozenset({"revenue"}), False, frozenset(), keeps_marks=False),
    )


def test_an_unknown_reach_is_refused_by_name() -> None:
    nodes = {"model": node("monthly", reach="month")}
    with pytest.raises(TargetsError, match=r"core/monthly .*'month'.*`day`"):
        targets_from(manifest_of(nodes, {"model": []}))


def test_every_daily_model_of_the_project_says_which_column_holds_its_day() -> None:
    manifest = load_project().manifest
    daily = {target.key for target in targets_from(manifest) if target.by_day}
    declared = {
        f"{model['schema']}/{model['name']}"
        for model in manifest["nodes"].values()
        if model["config"].get("meta", {}).get("echo", {}).get("day_column")
    }
    assert daily and daily == declared

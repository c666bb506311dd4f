"""Targets from a manifest."""

from __future__ import annotations

from typing import Any

import pytest

from echo_assets.dbt.project import load_project
from echo_assets.planner.state import Target
from echo_assets.planner.targets import TargetsError, targets_from

REVENUE = frozenset({"revenue"})


def node(name: str, kind: str = "table", resource: str = "model", **meta: Any) -> dict[str, Any]:
    config = {"materialized": kind, "meta": {"echo": meta}}
    path = f"models/{name}.sql"
    return {"schema": "core", "name": name, "resource_type": resource, "config": config, "original_file_path": path}


def manifest_of(nodes: dict[str, Any], parents: dict[str, list[str]]) -> dict[str, Any]:
    sources = {
        "source.staging.revenue": {"source_name": "staging", "name": "revenue"},
        "source.staging.customers": {"source_name": "staging", "name": "customers"},
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
        Target("core/fact", REVENUE, True, frozenset({"core/stg"}), reads=REVENUE),
        Target("core/mart", REVENUE, False, frozenset({"core/stg", "core/fact"}), reads=REVENUE),
        Target("core/stg", REVENUE, False, frozenset(), keeps_marks=False, reads=REVENUE),
    )


def test_what_is_built_by_day_or_month_sees_only_keys_of_a_whole_table_and_versions_stand_for_what_is_behind() -> None:
    versions = {"key": "k", "member": "m", "facts": []}
    nodes = {
        "sales": node("stg", "view"),
        "customers": node("people", "view"),
        "dim": node("dim", versions=versions),
        "labels": node("labels"),
        "fact": node("fact", "incremental", reach="day"),
        "months": node("months", "incremental", reach="month"),
        "mart": node("mart"),
    }
    parents = {
        "sales": ["source.staging.revenue"],
        "customers": ["source.staging.customers"],
        "dim": ["customers", "sales"],
        "labels": ["customers"],
        "fact": ["sales", "dim", "labels"],
        "months": ["fact"],
        "mart": ["months", "labels"],
    }
    found = {target.key: target for target in targets_from(manifest_of(nodes, parents))}
    assert found["core/dim"].sources == {"customers", "revenue"}
    assert found["core/fact"].sources == found["core/months"].sources == {"revenue", "core/dim"}
    assert found["core/mart"].sources == {"revenue", "core/dim", "customers"}
    assert found["core/fact"].reads == {"revenue", "customers"}
    assert found["core/dim"].has_versions
    assert found["core/months"].by_month


def test_an_unknown_reach_is_refused_by_name() -> None:
    nodes = {"model": node("weekly", reach="week")}
    with pytest.raises(TargetsError, match=r"core/weekly .*'week'.*`day`"):
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

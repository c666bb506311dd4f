"""Reads the feature views that dbt models declare: `config.meta.echo` of a model and of its columns, in its yml.

A model with `reach: as_of` is a feature view, a column with `config.meta.echo` a feature. Nothing is said twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from echo_ml.features.declared import Feature, FeatureError, FeatureView

SCHEMA = "features"
_WIDEST_GAP = timedelta(days=32)
"""Before the recent window a snapshot is kept of each month's last day only, so the newest may be a month old."""


def snapshot_views(folder: Path) -> list[FeatureView]:
    """The feature views that the models of a folder declare, by name.

    FeatureError if a declaration cannot be used, or if the folder has none.
    """
    models = [model for path in sorted(folder.glob("*.yml")) for model in _models(path)]
    views = [_view(model) for model in models if _echo(model).get("reach") == "as_of"]
    if not views:
        raise FeatureError(f"{folder} declares no feature view: a model's yml says `config: {{meta: {{echo: ...}}}}`")
    return sorted(views, key=lambda view: view.name)


def _models(path: Path) -> Iterator[Mapping[str, Any]]:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    yield from (document or {}).get("models") or ()


def _view(model: Mapping[str, Any]) -> FeatureView:
    name, said = str(model["name"]), _echo(model)
    for needed in ("entity", "refresh", "max_age_hours", "on_stale"):
        if needed not in said:
            raise FeatureError(f"{name}: `config.meta.echo` says no {needed}")
    return FeatureView(
        name=name,
        entity=str(said["entity"]),
        table=f"{SCHEMA}.{name}",
        features=tuple(_feature(name, column) for column in model.get("columns") or () if _echo(column)),
        refresh=str(said["refresh"]),
        owner=_owner(model),
        description=_text(model),
        max_age=timedelta(hours=float(said["max_age_hours"])),
        on_stale=str(said["on_stale"]),
        ttl=_WIDEST_GAP,
    )


def _feature(view: str, column: Mapping[str, Any]) -> Feature:
    name, said = str(column["name"]), _echo(column)
    if "data_type" not in column:
        raise FeatureError(f"{view}.{name}: no data_type is declared")
    return Feature(
        name=name,
        sql_type=str(column["data_type"]),
        description=_text(column),
        window=str(said.get("window", "")),
        when_null=str(said.get("when_null", "")),
    )


def _echo(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a model or column declares under `config.meta.echo` (or `meta.echo`, as dbt also takes it)."""
    meta = (node.get("config") or {}).get("meta") or node.get("meta") or {}
    found: Mapping[str, Any] = meta.get("echo") or {}
    return found


def _owner(model: Mapping[str, Any]) -> str:
    """The first of the model's owners; the project's default where it names none."""
    meta = (model.get("config") or {}).get("meta") or {}
    owners = (meta.get("dagster") or {}).get("owners") or ["team:analytics_team"]
    return str(owners[0]).removeprefix("team:")


def _text(node: Mapping[str, Any]) -> str:
    return " ".join(str(node.get("description", "")).split())

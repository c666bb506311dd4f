"""How a dbt node looks in Dagster: key, group, description, owners, kinds, freshness, and its tests as checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from echo_assets.dbt.nodes import asset_path, keeps_marks, meta

_OWNERS = ("team:analytics",)
_STALE_AFTER_HOURS = 36.0
"""A table that the daily run did not rebuild by the next noon is late."""
_WARN_AT = 0.75


class EchoDbtTranslator(DagsterDbtTranslator):  # type: ignore[misc]
    """Keys are ``schema/name``, groups are schemas, and nothing is automated: the planner decides what runs."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return ``schema/name``; a source is the asset that its ``meta.dagster.asset_key`` names."""
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey(super().get_asset_key(dbt_resource_props).path)
        return dg.AssetKey(asset_path(dbt_resource_props))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the schema."""
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Return the model's own description, its grain first, then its SQL."""
        grain = str(meta(dbt_resource_props).get("grain") or "").strip()
        described = super().get_description(dbt_resource_props)
        return described if not grain or described.startswith(grain) else f"{grain}\n\n{described}"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        """Return ``meta.dagster.owners`` or ``meta.echo.owner``, else the analytics team."""
        several = meta(dbt_resource_props, "dagster").get("owners")
        one = meta(dbt_resource_props).get("owner")
        return list(several or ([one] if one else _OWNERS))

    def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> None:
        """Automate nothing."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """Return the spec of dagster-dbt, with the kind of relation and the freshness policy."""
        node = self.get_resource_props(manifest, unique_id)
        spec: dg.AssetSpec = super().get_asset_spec(manifest, unique_id, project)
        if node["resource_type"] == "source":
            return spec
        relation = node["config"]["materialized"]
        return spec.replace_attributes(
            kinds=spec.kinds | {"table" if relation == "incremental" else relation},
            freshness_policy=_freshness(node),
        )

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """Return the spec of dagster-dbt, blocking if the severity is error; in words if it has no description."""
        spec: dg.AssetCheckSpec | None = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        test = self.get_resource_props(manifest, unique_id)
        return spec and spec._replace(description=test.get("description") or spec.description or _says(test))


def _freshness(node: Mapping[str, Any]) -> dg.FreshnessPolicy | None:
    if not keeps_marks(node):
        return None
    hours = float(meta(node).get("freshness_hours") or _STALE_AFTER_HOURS)
    return dg.FreshnessPolicy.time_window(
        fail_window=timedelta(hours=hours), warn_window=timedelta(hours=hours * _WARN_AT)
    )


def _says(test: Mapping[str, Any]) -> str:
    """Put a generic test in words: its name, its column and its arguments."""
    declared = test.get("test_metadata") or {}
    arguments = {
        name: value for name, value in declared.get("kwargs", {}).items() if name not in ("model", "column_name")
    }
    column = f" of {test['column_name']}" if test.get("column_name") else ""
    details = ", ".join(f"{name}: {value}" for name, value in arguments.items())
    return f"dbt test {declared.get('name', test['name'])}{column}{f' ({details})' if details else ''}"

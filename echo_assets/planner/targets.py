"""The planner's targets, read from the dbt manifest: nothing is listed by hand, and Dagster is not needed."""

from __future__ import annotations

from echo_assets.dbt.nodes import Manifest, asset_path, built_nodes, is_daily, keeps_marks, meta, upstream
from echo_assets.planner.state import Target

_STAGING = "staging"
_REACHES = (None, "day", "whole")


class TargetsError(RuntimeError):
    """A model declares a reach that the planner does not know; the message names it."""


def targets_from(manifest: Manifest) -> tuple[Target, ...]:
    """Return everything that dbt builds as targets, sorted by key."""
    keys = {unique_id: "/".join(asset_path(node)) for unique_id, node in built_nodes(manifest).items()}
    return tuple(sorted(_target(manifest, unique_id, keys) for unique_id in keys))


def _target(manifest: Manifest, unique_id: str, keys: dict[str, str]) -> Target:
    node = manifest["nodes"][unique_id]
    reach = meta(node).get("reach")
    if reach not in _REACHES:
        raise TargetsError(
            f"{keys[unique_id]} ({node['original_file_path']}) declares the reach {reach!r}: "
            "give `day`, or none for a model that is rebuilt whole."
        )
    above = upstream(manifest, [unique_id])
    sources = (manifest["sources"][source] for source in above if source in manifest["sources"])
    return Target(
        key=keys[unique_id],
        sources=frozenset(source["name"] for source in sources if source["source_name"] == _STAGING),
        by_day=is_daily(node),
        upstream=frozenset(keys[other] for other in above if other in keys),
        keeps_marks=keeps_marks(node),
    )

"""The planner's targets, read from the dbt manifest: nothing is listed by hand, and Dagster is not needed.

The macros of ``echo_dbt/macros/ledger`` follow the same lineage when a model is built; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from echo_assets.dbt.nodes import (
    Manifest,
    Node,
    asset_path,
    built_nodes,
    is_as_of,
    is_daily,
    is_monthly,
    keeps_marks,
    meta,
    upstream,
)
from echo_assets.planner.state import Retention, Target

_STAGING = "staging"
_NO_NODE: Node = {"config": {}}
_REACHES = (None, "day", "month", "as_of")


class TargetsError(RuntimeError):
    """A model declares a reach that the planner does not know; the message names it."""


def targets_from(manifest: Manifest) -> tuple[Target, ...]:
    """Return everything that dbt builds as targets, sorted by key."""
    keys = {unique_id: _key(node) for unique_id, node in built_nodes(manifest).items()}
    return tuple(sorted(_target(manifest, unique_id, keys) for unique_id in keys))


def _target(manifest: Manifest, unique_id: str, keys: dict[str, str]) -> Target:
    node = manifest["nodes"][unique_id]
    reach = meta(node).get("reach")
    if reach not in _REACHES:
        raise TargetsError(
            f"{keys[unique_id]} ({node['original_file_path']}) declares the reach {reach!r}: "
            "give `day`, `month` or `as_of`, or none for a model that is rebuilt whole."
        )
    above = upstream(manifest, [unique_id])
    return Target(
        key=keys[unique_id],
        sources=_sources(manifest, unique_id, in_windows=_in_windows(node)),
        by_day=is_daily(node),
        by_month=is_monthly(node),
        has_versions=_has_versions(node),
        reads=frozenset(name for other in above if (name := _staging_source(manifest, other))),
        upstream=frozenset(keys[other] for other in above if other in keys),
        keeps_marks=keeps_marks(node),
        retains=_retention(manifest, node, above) if is_as_of(node) else None,
    )


def _sources(manifest: Manifest, unique_id: str, *, in_windows: bool) -> frozenset[str]:
    """Name what makes a node dirty: staging sources, and dimensions whose versions it looks up.

    A model built by day, month or as of days sees nothing of a whole table but keys. Of those only the keys of versions
    ever change, and the dimension says on which days; so it stands for the sources behind it.
    """
    found: set[str] = set()
    for parent_id in manifest["parent_map"][unique_id]:
        if source := _staging_source(manifest, parent_id):
            found.add(source)
        parent = manifest["nodes"].get(parent_id)
        if parent is None or parent["resource_type"] == "test":
            continue
        if not keeps_marks(parent):
            found |= _sources(manifest, parent_id, in_windows=in_windows)
        elif _in_windows(parent) or not in_windows:
            found |= _sources(manifest, parent_id, in_windows=_in_windows(parent))
        elif _has_versions(parent):
            found.add(_key(parent))
    return frozenset(found)


def _retention(manifest: Manifest, node: Node, above: Iterable[str]) -> Retention:
    """Read which days a model retains; they begin with the data of the daily models above it."""
    declared = meta(node, "snapshots")
    daily = (unique_id for unique_id in above if is_daily(manifest["nodes"].get(unique_id, _NO_NODE)))
    events = frozenset[str]().union(*(_sources(manifest, unique_id, in_windows=True) for unique_id in daily))
    return Retention(
        recent_days=int(declared["recent_days"]),
        first_date=date.fromisoformat(declared["first_date"]),
        events=frozenset(source for source in events if "/" not in source),
    )


def _staging_source(manifest: Manifest, unique_id: str) -> str | None:
    source = manifest["sources"].get(unique_id)
    return str(source["name"]) if source and source["source_name"] == _STAGING else None


def _in_windows(node: Node) -> bool:
    return is_daily(node) or is_monthly(node) or is_as_of(node)


def _has_versions(node: Node) -> bool:
    return "versions" in meta(node)


def _key(node: Node) -> str:
    return "/".join(asset_path(node))

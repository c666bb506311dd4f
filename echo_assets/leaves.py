"""The leaves of the graph: what is made of the models themselves or of results, and when it is due again."""

from __future__ import annotations

import dagster as dg

from echo_assets.dbt.nodes import Manifest, asset_path, built_nodes
from echo_assets.dbt.project import load_project, prepare_manifest, state_of
from echo_assets.dbt_docs import DBT_DOCS, dbt_docs, docs_are_current
from echo_assets.lineage_table import LINEAGE, lineage_assets, lineage_is_kept
from echo_assets.quality_docs import QUALITY_DOCS, quality_docs, quality_docs_are_current
from echo_assets.sources import Sources
from echo_assets.stored_results import newest_result

_MISSING = "select count(*) from unnest(%s::text[]) as model (name) where to_regclass(name) is null"


def leaves(sources: Sources) -> tuple[list[dg.AssetsDefinition], list[dg.AssetChecksDefinition]]:
    """The assets and their checks."""
    below = last_models(load_project().manifest)
    lineage, check = lineage_assets(sources, below)
    return [lineage, dbt_docs(sources.settings, below), quality_docs(sources, below)], [check]


def due_documents(sources: Sources) -> list[dg.AssetKey]:
    """What is made of the models and is not of the project as it is now; none while a model has not been built."""
    if _models_are_missing(sources):
        return []
    current = {LINEAGE: lineage_is_kept(sources), DBT_DOCS: docs_are_current(sources.settings)}
    return [key for key, is_current in current.items() if not is_current]


def due_result_pages(sources: Sources) -> list[dg.AssetKey]:
    """The pages of results, if there are newer ones; none while a model has not been built."""
    return [] if _models_are_missing(sources) or quality_docs_are_current(sources) else [QUALITY_DOCS]


def _models_are_missing(sources: Sources) -> bool:
    nodes = built_nodes(load_project().manifest).values()
    names = [".".join(f'"{part}"' for part in asset_path(node)) for node in nodes]
    with sources.connection(read_only=True) as connection:
        [missing] = connection.execute(_MISSING, [names]).fetchone() or (0,)
    return bool(missing)


def leaves_state(sources: Sources) -> str:
    """A text that differs whenever the models do, or there are new results."""
    return f"{state_of(prepare_manifest())}, results up to {newest_result(sources)}"


def last_models(manifest: Manifest) -> list[dg.AssetKey]:
    """The models that no other model reads."""
    nodes = built_nodes(manifest)
    read = {parent for unique_id in nodes for parent in manifest["parent_map"][unique_id]}
    return [dg.AssetKey(asset_path(node)) for unique_id, node in sorted(nodes.items()) if unique_id not in read]

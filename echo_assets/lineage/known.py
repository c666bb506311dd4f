"""The lineage of this installation, read again only when the dbt project, a contract or the time zone has changed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from echo_assets.dbt.compiled import compiled_models
from echo_assets.dbt.nodes import asset_path
from echo_assets.dbt.project import PROJECT_DIR, prepare_manifest, read_manifest, state_of
from echo_assets.lineage.edges import Column, Edge, Lineage
from echo_assets.lineage.project import project_lineage
from echo_assets.settings import Settings
from echo_quality.contract import Contract

_FORM = 3
"""Raise it when what is read or kept changes: what was kept before is then read again."""


@dataclass(frozen=True)
class KnownLineage:
    """Edges and columns, and the SQL that they were read from, by asset."""

    lineage: Lineage
    sql: Mapping[str, str]


def known_lineage(
    settings: Settings, contracts: Mapping[str, Contract], project_dir: Path = PROJECT_DIR
) -> KnownLineage:
    """The lineage as it is now; kept beside the manifest, or where that cannot be, in `$ECHO_HOME/dbt`."""
    manifest = prepare_manifest(project_dir)
    state = _state(manifest, contracts, settings.timezone)
    kept = _folder(manifest, settings) / "lineage.json"
    try:
        return _kept(kept, state)
    except (OSError, ValueError, KeyError):  # never read, of another state, or cut off while it was written
        found = _read(manifest, contracts, settings.timezone, project_dir)
        _keep(found, kept, state)
        return found


def _folder(manifest: Path, settings: Settings) -> Path:
    return manifest.parent if os.access(manifest.parent, os.W_OK) else settings.home / "dbt"


def _state(manifest: Path, contracts: Mapping[str, Contract], timezone: str) -> str:
    known = [str(_FORM), state_of(manifest), timezone, *(repr(contracts[source]) for source in sorted(contracts))]
    return hashlib.sha256("\0".join(known).encode()).hexdigest()


def _read(manifest: Path, contracts: Mapping[str, Contract], timezone: str, project_dir: Path) -> KnownLineage:
    parsed, compiled = read_manifest(manifest), compiled_models(project_dir, timezone)
    lineage = project_lineage(parsed, compiled, contracts, project_dir)
    return KnownLineage(lineage, {"/".join(asset_path(parsed["nodes"][each])): sql for each, sql in compiled.items()})


def _keep(found: KnownLineage, path: Path, state: str) -> None:
    """Keep it for the next command; where nothing may be written, each reads it for itself."""
    with suppress(PermissionError):
        _write(found, path, state)


def _write(found: KnownLineage, path: Path, state: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = {"state": state, "sql": found.sql, "columns": found.lineage.columns, "edges": found.lineage.edges}
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(written), encoding="utf-8")
    part.replace(path)


@lru_cache(maxsize=2)
def _kept(path: Path, state: str) -> KnownLineage:
    """Read what was kept; a failure is not remembered."""
    written = json.loads(path.read_text(encoding="utf-8"))
    if written["state"] != state:
        raise KeyError(state)
    edges = tuple(Edge(Column(*column), Column(*origin), how) for column, origin, how in written["edges"])
    columns = {asset: tuple(names) for asset, names in written["columns"].items()}
    return KnownLineage(Lineage(edges, columns), written["sql"])

"""`docs/dbt`: dbt's own documentation of the models, as one page that a browser opens without a server or a network.

What it says is in the models' YAML; how it is made, in `dbt/docs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import dagster as dg

from echo_assets import server
from echo_assets.dbt.project import PROJECT_DIR, prepare_manifest, state_of
from echo_assets.settings import Settings

DBT_DOCS = dg.AssetKey(["docs", "dbt"])
_DESCRIPTION = """One page is the documentation of the dbt project: every model, column and test, with its SQL.

It is written to `$ECHO_HOME/docs/dbt/index.html`, again whenever the project has changed."""


def dbt_docs(settings: Settings, below: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset, after everything that it describes (`below` says what ends the graph)."""

    @dg.asset(
        key=DBT_DOCS,
        group_name="docs",
        description=_DESCRIPTION,
        deps=list(below),
        owners=["team:analytics_team"],
        kinds={"dbt", "html"},
        metadata={"page": dg.MetadataValue.path(_page(settings))},
    )
    def docs() -> dg.MaterializeResult[None]:
        page = write_docs(settings)
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(page), "bytes": page.stat().st_size})

    return docs


def write_docs(settings: Settings, project_dir: Path = PROJECT_DIR) -> Path:
    """Write the page, and beside it what it was made from."""
    from echo_assets.dbt.docs import generate_docs

    manifest = prepare_manifest(project_dir)
    state, page = state_of(manifest), _page(settings)
    environment = {**server.databases(settings).environment(), "ECHO_TIMEZONE": settings.timezone}
    generate_docs(project_dir, manifest.parent, environment, page)
    _made_from(page).write_text(state, encoding="utf-8")
    return page


def docs_are_current(settings: Settings, project_dir: Path = PROJECT_DIR) -> bool:
    """Whether the page is there and was made from the project as it is now."""
    page = _page(settings)
    if not page.is_file() or not _made_from(page).is_file():
        return False
    return _made_from(page).read_text(encoding="utf-8") == state_of(prepare_manifest(project_dir))


def _page(settings: Settings) -> Path:
    return settings.home / "docs" / "dbt" / "index.html"


def _made_from(page: Path) -> Path:
    return page.with_name("made_from")

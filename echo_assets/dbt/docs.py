"""`dbt docs generate` in this process: one page that holds everything, and asks no network for anything."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from echo_assets.dbt.command import DbtError, locations
from echo_assets.dbt.in_process import exclusive, invoke, read_parsed


def generate_docs(project_dir: Path, parsed: Path, environment: Mapping[str, str], page: Path) -> None:
    """Write the page, at once and in the place of an earlier one; `parsed` is what ``prepare_manifest`` filled."""
    page.parent.mkdir(parents=True, exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=page.parent, prefix=".docs-", ignore_cleanup_errors=True)
    with exclusive(environment), folder as scratch:
        arguments = ["docs", "generate", "--static", *locations(project_dir, Path(scratch))]
        quiet = ["--log-level", "none", "--log-level-file", "none"]
        answer = invoke([*quiet, *arguments], read_parsed(parsed))
        if not answer.success:
            raise DbtError(f"dbt cannot write its documentation: {answer.exception or 'see `dbt docs generate`'}")
        (Path(scratch) / "static_index.html").replace(page)

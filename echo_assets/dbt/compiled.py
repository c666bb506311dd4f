"""The SQL of every model as dbt would run it when the tables are built from nothing; no database is needed.

A model's SQL differs between a first build and a later one only in which rows it reads, so one form is enough to read
columns from. Compiling asks the database whether a table exists; the answer is given here, so nothing is asked.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from echo_assets.dbt.command import locations
from echo_assets.dbt.in_process import exclusive, invoke, read_parsed
from echo_assets.dbt.project import OFFLINE, DbtProjectError, prepare_manifest

_NOTHING_IS_BUILT = {
    "macro.dbt.is_incremental": "{% macro is_incremental() %}{{ return(false) }}{% endmacro %}",
    "macro.echo.snapshot_days": "{% macro snapshot_days() %}{{ kept_days() }}{% endmacro %}",
    "macro.echo.is_whole": "{% macro is_whole() %}true{% endmacro %}",
    "macro.echo.is_changed": "{% macro is_changed(entity_id) %}true{% endmacro %}",
    "macro.echo.is_made": "{% macro is_made(entity_id) %}true{% endmacro %}",
    "macro.echo.is_asked_for": "{% macro is_asked_for(entity_id, day, days) %}true{% endmacro %}",
}
"""Answers to what a model may ask of the database while it is compiled, where a project has such macros; and that all
snapshots are to be made."""


def compiled_models(project_dir: Path, timezone: str, target: Path | None = None) -> dict[str, str]:
    """The compiled SQL by unique id; `timezone` is that of the business day."""
    parsed = prepare_manifest(project_dir, target).parent
    with exclusive({**OFFLINE, "ECHO_TIMEZONE": timezone}), _scratch() as scratch:
        manifest = read_parsed(parsed)
        for macro in _NOTHING_IS_BUILT.keys() & manifest.macros.keys():
            manifest.macros[macro].macro_sql = _NOTHING_IS_BUILT[macro]
        arguments = [
            "compile",
            "--select",
            "resource_type:model",
            "--indirect-selection",
            "empty",
            *locations(project_dir, Path(scratch)),
        ]
        quiet = ["--log-level", "none", "--log-level-file", "none"]
        answer = invoke([*quiet, *arguments, "--no-populate-cache", "--no-write-json"], manifest)
    if not answer.success:
        raise DbtProjectError(f"dbt cannot compile {project_dir}: {answer.exception or 'see `dbt compile`'}")
    return {result.node.unique_id: str(result.node.compiled_code) for result in answer.result.results}


def _scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes away; after a failure dbt's threads may still be writing to it."""
    return tempfile.TemporaryDirectory(prefix="echo-compiled-", ignore_cleanup_errors=True)

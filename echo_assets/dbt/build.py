"""The body of every dbt asset: what the run selected is built by dbt, told to Dagster, and checked to be complete.

How dbt is started is in ``in_process`` and ``in_subprocess``; which assets there are, in ``echo_assets.dbt_models``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from echo_assets.dbt import in_process, in_subprocess
from echo_assets.dbt.command import DbtBuild, DbtError, RawEvent
from echo_assets.dbt.details import Details, ModelLineage
from echo_assets.dbt.outcome import AssetEvent, Outcome
from echo_assets.dbt.project import DATABASE, ParsedProject, prepare_manifest
from echo_assets.dbt.tables import table_reader

if TYPE_CHECKING:
    import dagster as dg

_UNIQUE_ID = "dagster_dbt/unique_id"
_KEPT_RUNS = 100


@dataclass(frozen=True)
class Warehouse:
    """Where dbt writes: the environment that its profile reads, and a URL to look at the results with."""

    environment: Mapping[str, str] = field(repr=False)
    read_only_url: str


@dataclass(frozen=True)
class DbtRunner:
    """Everything a dbt step needs beside the run's own context."""

    project: ParsedProject
    warehouse: Callable[[], Warehouse]
    """Asked when a step runs: the code location loads without a database."""
    home: Path
    """Logs and compiled SQL of each run are kept below it."""
    subprocess: bool = False
    lineage: Callable[[], ModelLineage] = dict
    """Asked before dbt runs: reading the lineage may need dbt for itself."""
    personal: Callable[[], frozenset[str]] = frozenset
    """Names of columns with personal data, which no sample of failing rows shows."""

    def build(
        self, context: dg.AssetExecutionContext, variables: Mapping[str, str] | None = None
    ) -> Iterator[AssetEvent]:
        """Build and test what the run selected: a materialisation per model, a result per test, or the step fails."""
        warehouse = self.warehouse()
        command = self._command(context, warehouse.environment, variables or {})
        outcome = Outcome(context.selected_asset_keys, context.selected_asset_check_keys)
        context.log.info(f"dbt builds and tests {len(command.nodes)} nodes; its log is {command.log_file}")
        lineage = self.lineage()
        engine = in_subprocess.stream if self.subprocess else in_process.stream
        try:
            with table_reader(warehouse.read_only_url) as reader, closing(engine(command)) as events:
                details = Details(context, self.project.manifest, command, reader, lineage, self.personal())
                for raw in events:
                    outcome.note(raw)
                    for event in self._converted(context, command, raw):
                        yield outcome.seen(details.added_to(event, raw))
        except (DbtError, psycopg.OperationalError) as error:
            outcome.ended_badly(str(error))
        outcome.raise_unless_complete(command.log_file, context.op_execution_context.retry_number)

    def _command(
        self, context: dg.AssetExecutionContext, environment: Mapping[str, str], variables: Mapping[str, str]
    ) -> DbtBuild:
        folder = self.project.dbt_project.project_dir
        return DbtBuild(
            project_dir=folder,
            parsed=_parsed_for(folder, self.home, environment),
            artifacts=_artifacts(self.home / "runs", context.run.run_id) / context.assets_def.op.name,
            nodes=_selected(context),
            variables=variables,
            environment=environment,
        )

    def _converted(self, context: dg.AssetExecutionContext, command: DbtBuild, raw: RawEvent) -> Iterator[AssetEvent]:
        message = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
        yield from message.to_default_asset_events(
            manifest=self.project.manifest,
            dagster_dbt_translator=self.project.translator,
            context=context,
            target_path=command.artifacts,
            project=self.project.dbt_project,
        )


def _selected(context: dg.AssetExecutionContext) -> frozenset[str]:
    """Return the dbt nodes behind the selected assets and checks, however small the subset."""
    definition = context.assets_def
    assets = [definition.get_asset_spec(key).metadata for key in context.selected_asset_keys]
    checks = [definition.get_spec_for_check_key(key).metadata for key in context.selected_asset_check_keys]
    return frozenset(metadata[_UNIQUE_ID] for metadata in (*assets, *checks))


def _parsed_for(project_dir: Path, home: Path, environment: Mapping[str, str]) -> Path:
    """Find the parsed project for this database: its name is part of every relation, so others are parsed apart."""
    database = environment.get(DATABASE, "echo")
    target = None if database == "echo" else home / "parsed" / database
    return prepare_manifest(project_dir, target, database).parent


def _artifacts(runs: Path, run_id: str) -> Path:
    """Make the folder of this run, after removing those of all but the latest runs."""
    folder = runs / run_id
    folder.mkdir(parents=True, exist_ok=True)
    latest_first = sorted(runs.iterdir(), key=lambda run: run.stat().st_mtime, reverse=True)
    for old in latest_first[_KEPT_RUNS:]:
        shutil.rmtree(old, ignore_errors=True)  # another process may be removing it too
    return folder

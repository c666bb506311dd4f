"""The dbt models as assets, in four steps: dimensions, daily facts, marts, features.

What dbt builds is in ``echo_dbt``; how it is built, in ``echo_assets.dbt``. Nothing is listed here: the steps follow
from the manifest.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from echo_assets import server
from echo_assets.column_lineage import lineage_by_model
from echo_assets.dbt.build import DbtRunner, Warehouse
from echo_assets.dbt.history import recorded
from echo_assets.dbt.outcome import AssetEvent
from echo_assets.dbt.project import PROJECT_DIR, load_project
from echo_assets.dbt.steps import selection, steps
from echo_assets.planner.days import DayRange
from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_quality.generate.suite import masked_columns
from echo_quality.odcs import read_contracts


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """Return the days from the settings' start up to and including today, in UTC."""
    return dg.DailyPartitionsDefinition(start_date=settings.start_date.isoformat(), end_offset=1, timezone="UTC")


def dbt_models(
    settings: Settings, project_dir: Path = PROJECT_DIR, databases: Callable[[], Databases] | None = None
) -> list[dg.AssetsDefinition]:
    """Define the assets of the four steps; a step of which the project has no model is left out.

    `databases` says where to build (the settings' server if not given); it is asked when a step runs.
    """
    project = load_project(project_dir)
    connect = databases or (lambda: server.databases(settings))
    runner = DbtRunner(
        project, lambda: _warehouse(connect(), settings.timezone), settings.home / "dbt", settings.dbt_subprocess,
        lambda: _lineage(settings, project_dir), lambda: _personal(settings),
    )  # fmt: skip
    split = steps(project.manifest)
    by_day = {"partitions_def": daily_partitions(settings), "backfill_policy": dg.BackfillPolicy.single_run()}
    return [
        *_step(runner, connect, "dbt_dimensions", split.dimensions),
        *_step(runner, connect, "dbt_facts", split.facts, **by_day),
        *_step(runner, connect, "dbt_marts", split.marts),
        *_step(runner, connect, "dbt_features", split.features, **by_day),
    ]


def _personal(settings: Settings) -> frozenset[str]:
    """Names of columns with personal data; models keep the names of their sources."""
    return frozenset().union(*map(masked_columns, read_contracts(settings.contracts).values()))


def _step(
    runner: DbtRunner, connect: Callable[[], Databases], name: str, unique_ids: frozenset[str], **options: Any
) -> list[dg.AssetsDefinition]:
    """Define one step; its pool, with a limit of one, keeps a table from being built twice at a time."""
    if not unique_ids:
        return []
    define = dbt_assets(
        manifest=runner.project.manifest,
        project=runner.project.dbt_project,
        dagster_dbt_translator=runner.project.translator,
        select=selection(runner.project.manifest, unique_ids),
        name=name,
        pool=name,
        **options,
    )

    def build(context: dg.AssetExecutionContext) -> Iterator[AssetEvent]:
        yield from recorded(runner.build(context, _variables(context)), connect().url(), context.run.run_id)

    return [define(build)]


def _variables(context: dg.AssetExecutionContext) -> Mapping[str, str]:
    """Return the run's days for dbt, and the last day that may have a snapshot; nothing for a run without days."""
    days = context.assets_def.partitions_def
    asked = window(context)
    return {**asked, "today": str(days.get_last_partition_key())} if days and asked else asked


def window(context: dg.AssetExecutionContext) -> Mapping[str, str]:
    """Return the run's days for dbt, half-open: the first partition holds all earlier ones, the last all later ones.

    Empty for unpartitioned steps and for runs of checks alone, which look at the whole table.
    """
    days = context.assets_def.partitions_def
    if days is None or not (context.has_partition_key or context.has_partition_key_range):
        return {}
    asked = context.partition_key_range
    ends = (asked.start, asked.end, str(days.get_first_partition_key()), str(days.get_last_partition_key()))
    start, end, first, last = map(date.fromisoformat, ends)
    return DayRange(start, end).window(DayRange(first, last))


def _warehouse(databases: Databases, timezone: str) -> Warehouse:
    return Warehouse({**databases.environment(), "ECHO_TIMEZONE": timezone}, databases.url(read_only=True))


def _lineage(settings: Settings, project_dir: Path) -> Mapping[str, dg.TableColumnLineage]:
    """What the UI shows beside each model; SQL that cannot be followed stops no build, but `ops/column_lineage`."""
    from echo_assets.dbt.project import DbtProjectError
    from echo_assets.lineage.errors import LineageError
    from echo_assets.lineage.known import known_lineage

    try:
        return lineage_by_model(known_lineage(settings, read_contracts(settings.contracts), project_dir).lineage.edges)
    except (LineageError, DbtProjectError):
        return {}

"""`echoctl run`: take in what is new, bring everything up to date, say what came of it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import Platform, ready, tell
from echo_assets.run_processes import RunProcesses
from echo_assets.settings import Settings, SettingsError

if TYPE_CHECKING:
    from echo_assets.summary import RunSummary


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(run)


def run(
    landing: Annotated[
        Path | None, typer.Option(help="Landing folder: one folder a source. Else ECHO_LANDING.")
    ] = None,
    max_rejected_share: Annotated[
        float | None, typer.Option(min=0, max=1, help="Override the contracts' maximum share of rejected rows.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take in what is new in the landing folder and bring the whole graph up to date.

    Exit code 0 only if nothing failed, no blocking check is red and no refused load is open.
    """
    from echo_assets.cli.printing import print_summary

    settings = chosen(Settings.from_environment(), landing, max_rejected_share)
    with RunProcesses(settings) as processes, ready(settings, dotenv=Path.cwd()) as platform:
        summary = refreshed(platform, processes)
    if as_json:
        print(json.dumps(summary.as_json(), indent=2, ensure_ascii=False))
    else:
        print_summary(summary)
    if not summary.is_good:
        raise typer.Exit(FAILED)


def chosen(settings: Settings, landing: Path | None, max_rejected_share: float | None) -> Settings:
    """The settings with what the command line overrides."""
    if landing is not None:
        if not landing.is_dir():
            raise SettingsError("--landing", str(landing), "an existing folder with one folder a source")
        settings = replace(settings, landing=landing.resolve())
    return settings if max_rejected_share is None else replace(settings, max_rejected_share=max_rejected_share)


def refreshed(platform: Platform, processes: RunProcesses) -> RunSummary:
    """Refresh everything under the planning lock, telling progress, and sum up."""
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.forecast.summary import newest_forecast
    from echo_assets.metrics import headline_metrics
    from echo_assets.planner.locks import planning_lock
    from echo_assets.readouts.stored import decisions
    from echo_assets.refresh import Refresh
    from echo_assets.summary import RunSummary, file_outcomes, latest_load
    from echo_assets.training.summary import newest_training
    from echo_assets.verdicts import standing_verdicts

    start, sources = time.monotonic(), platform.sources
    for sentence in sources.overlooked():
        tell(sentence)
    job = build(platform.settings).resolve_implicit_global_asset_job_def()
    with planning_lock(sources.url(), wait=False) as is_free:
        if not is_free:
            tell("another run is under way; waiting until it has ended")
    with (
        dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance,
        planning_lock(sources.url(), wait=True),
        sources.connection() as connection,
    ):
        before = latest_load(connection)
        reports = tuple(Refresh(sources, job, instance, announce=tell, processes=processes).all())
        return RunSummary(
            files=tuple(file_outcomes(sources, connection, before)),
            verdicts=standing_verdicts(instance, job),
            metrics=headline_metrics(connection),
            reports=reports,
            seconds=time.monotonic() - start,
            experiments=tuple(decisions(connection)),
            models={"churn": newest_training(connection), "revenue_forecast": newest_forecast(connection)},
        )

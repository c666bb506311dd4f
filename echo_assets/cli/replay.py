"""`echoctl replay`: files are read again, from the lake, after the contract that read them was mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import Platform, ready, tell
from echo_assets.settings import Settings

if TYPE_CHECKING:
    from echo_assets.replay import Outcome
    from echo_quality.loading.loads import Load
    from echo_quality.loading.replay import Preview


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(replay)


def replay(
    source: Annotated[str | None, typer.Argument(help="Only files of this source.")] = None,
    file: Annotated[str | None, typer.Option(help="Only this file, even if its contract is the same.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Also files of which more rows would be rejected.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read files again that were read by another contract than today's, then rebuild exactly the days they touch.

    A file of which more rows would be rejected than now is left as it is, and named, unless --force is given.
    """
    from echo_assets.replay import stale_loads

    with ready(Settings.from_environment(), dotenv=Path.cwd()) as platform:
        previews = _previews(platform, stale_loads(platform.sources, source, file))
        chosen = [preview.load for preview in previews if force or not preview.is_worse]
        for preview in previews:
            kept = preview.is_worse and not force
            tell(preview.in_words + ("; left as it is, --force reads it all the same" if kept else ""))
        done, is_good = ([], True) if dry_run or not chosen else _carried_out(platform, chosen)
    kept_files = [f"{preview.load.source}/{preview.load.file}" for preview in previews if preview.load not in chosen]
    if as_json:
        print(json.dumps({"replayed": [each.as_json() for each in done], "left": kept_files, "ok": is_good}, indent=2))
    else:
        _print(done, len(previews), dry_run=dry_run)
    if not is_good:
        raise typer.Exit(FAILED)


def _previews(platform: Platform, loads: list[Load]) -> list[Preview]:
    from echo_quality.loading.replay import preview

    found = []
    for load in loads:
        with platform.sources.engine() as engine:
            contract = platform.sources.contracts[load.source]
            found.append(preview(contract, load, platform.settings.lake, engine))
    return found


def _carried_out(platform: Platform, loads: list[Load]) -> tuple[list[Outcome], bool]:
    """What became of each load, and whether all went well."""
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.planner.locks import planning_lock
    from echo_assets.refresh import Refresh
    from echo_assets.replay import outcomes, replayed

    sources = platform.sources
    job = build(platform.settings).resolve_implicit_global_asset_job_def()
    with (
        dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance,
        planning_lock(sources.url(), wait=True),
    ):
        reports = list(replayed(Refresh(sources, job, instance, announce=tell), loads))
    for report in reports:
        for step in report.failed:
            tell(f"{step.step} failed: {step.message}")
    done = outcomes(sources, loads)
    return done, all(report.succeeded for report in reports) and all(outcome.was_published for outcome in done)


def _print(done: list[Outcome], looked_at: int, *, dry_run: bool) -> None:
    from echo_assets.cli.tables import write_table

    if done:
        rows = [outcome.as_json() for outcome in done]
        write_table(list(rows[0]), [list(row.values()) for row in rows])
    elif not looked_at:
        print("Every file was read by the contract of today: there is nothing to read again.")
    else:
        print(f"{looked_at} files were looked at and none was read again" + (" (--dry-run)." if dry_run else "."))

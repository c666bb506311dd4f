"""`echoctl backfill` and `echoctl prove`: building the past again, and showing that the way there does not matter."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready, tell
from echo_assets.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(backfill)
    app.command()(prove)


def backfill(
    asset: Annotated[str, typer.Argument(help="An asset that is built by day, such as core/fact_transactions.")],
    days: Annotated[str, typer.Argument(help="FROM..TO, both included, or one day: 2024-01-01..2024-03-31.")],
) -> None:
    """Rebuild days of one asset in one run, and then what is built on it. The UI's backfill starts the same run."""
    import dagster as dg

    from echo_assets.backfill import backfill_of
    from echo_assets.definitions import build
    from echo_assets.planned import days_of_partitions
    from echo_assets.planner.locks import planning_lock
    from echo_assets.refresh import Refresh

    with ready(Settings.from_environment(), dotenv=Path.cwd()) as platform:
        sources, start = platform.sources, time.monotonic()
        job = build(platform.settings).resolve_implicit_global_asset_job_def()
        with (
            dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance,
            planning_lock(sources.url(), wait=True),
        ):
            refresh = Refresh(sources, job, instance, announce=tell)
            asked = backfill_of(days_of_partitions(refresh.sources), asset, days)
            reports = list(asked.run(refresh))
    failed = [step for report in reports for step in report.failed]
    red = [check for report in reports for check in report.checks if not check.passed and check.severity == "ERROR"]
    for step in failed:
        tell(f"{step.step} failed: {step.message}")
    for check in red:
        tell(f"{check.asset}: {check.name} is red")
    built = {key for report in reports for key in report.materialized}
    seconds = time.monotonic() - start
    print(f"{asked.target.key} {asked.days}: {len(built)} assets built in {len(reports)} runs, {seconds:.1f} s")
    if failed or red:
        raise typer.Exit(FAILED)


def prove(
    seed: Annotated[int, typer.Option(help="Which rows come late, and in what order.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build every model in order, twice, shuffled and late, and from nothing, in a scratch database; compare.

    Exit code 0 only if every table holds the same rows on every way.
    """
    from echo_assets.cli.tables import write_table
    from echo_assets.prove.report import prove as run_proof
    from echo_assets.prove.report import table_of

    with ready(Settings.from_environment()) as platform:
        proof = run_proof(platform.sources, platform.databases, seed, tell)
    rows = table_of(proof)
    if as_json:
        print(json.dumps({"seed": seed, "same": not proof.differing, "tables": rows}, indent=2))
    else:
        write_table(list(rows[0]), [list(row.values()) for row in rows])
    if proof.differing:
        raise typer.Exit(FAILED)

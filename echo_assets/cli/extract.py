"""`echoctl extract` and `echoctl check-source`: sources whose rows come from a database or an API."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready, tell
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_quality.contract import Contract

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(extract)
    app.command("check-source")(check_source)


def extract(
    source: Annotated[str | None, typer.Argument(help="A source with a server. Else every one of them.")] = None,
    first: Annotated[datetime.datetime | None, typer.Option("--from", formats=_DAY, help="First day to read.")] = None,
    last: Annotated[datetime.datetime | None, typer.Option("--to", formats=_DAY, help="Last day to read.")] = None,
    accept_empty: Annotated[
        bool, typer.Option("--accept-empty", help="Accept that a server which had rows has none any more.")
    ] = False,
) -> None:
    """Read servers into files of the landing folder: what is new, or the days that are named.

    `echoctl run` does the same for all sources before it takes files in.
    """
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.extract_files import ACCEPT_EMPTY, range_tags
    from echo_assets.planner.locks import planning_lock
    from echo_assets.refresh import Refresh

    with ready(Settings.from_environment(), dotenv=Path.cwd()) as platform:
        sources = platform.sources
        days = [day.date() if day else None for day in (first, last)]
        chosen = _chosen(sources, source)
        wanted = {each.source: range_tags(sources, each, *days) for each in chosen} if any(days) else {}
        job = build(platform.settings).resolve_implicit_global_asset_job_def()
        with (
            dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance,
            planning_lock(sources.url(), wait=True),
        ):
            refresh = Refresh(sources, job, instance, announce=tell)
            reports = list(refresh.extracts(chosen, wanted, ACCEPT_EMPTY if accept_empty else {}))
        _print(sources, chosen)
    failed = [step for report in reports for step in report.failed]
    for step in failed:
        tell(f"{step.step} failed: {step.message}")
    if failed:
        raise typer.Exit(FAILED)


def check_source(source: Annotated[str, typer.Argument(help="A source with a server.")]) -> None:
    """Ask the server of a source for its columns and compare them with the contract; nothing is written."""
    from echo_assets.extract_files import secrets_of
    from echo_quality.extracts.extract import header_of

    [contract] = _chosen(Sources(Settings.from_environment()), source)
    header, match = header_of(contract, secrets_of(contract))
    print(f"{source}: the server answers, with {len(header)} columns.")
    for field, column in zip(header, match.columns, strict=True):
        print(f"  {field}: {f'read as {column}' if column else 'not in the contract, kept as it is'}")


def _chosen(sources: Sources, source: str | None) -> list[Contract]:
    from echo_assets.extract_files import extracted
    from echo_quality.extracts.errors import ExtractError

    declared = extracted(sources)
    if source is None:
        if not declared:
            raise ExtractError("no contract declares a server: all sources are files")
        return list(declared.values())
    if source not in declared:
        known = ", ".join(declared) or "none"
        raise ExtractError(f"{source!r} is no source with a server; there are: {known}")
    return [declared[source]]


def _print(sources: Sources, chosen: list[Contract]) -> None:
    from echo_assets.cli.tables import write_table

    names = [each.source for each in chosen]
    with sources.connection(read_only=True) as connection:
        rows: list[Any] = connection.execute(
            """select source, count(*), sum(rows), max("window") filter (where "cursor" is not null), max(extracted_at)
               from ops.extracts where source = any (%s) group by source order by source""",
            [names],
        ).fetchall()
    write_table(["source", "files", "rows", "latest window", "read at"], [list(row) for row in rows])

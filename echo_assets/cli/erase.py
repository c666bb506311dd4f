"""`echoctl erase`: the right to be forgotten. A person leaves rows, quarantine, lake and models; sums stay."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import Platform, ready, tell
from echo_assets.settings import Settings

if TYPE_CHECKING:
    from echo_assets.planner.report import RunReport


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(erase)


def erase(
    customer: Annotated[str, typer.Argument(help="The person's id, as the files write it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Erase a person for good: the id becomes a random token, personal data goes, and every sum stays.

    Files of yours in the landing folder are not touched; those that still hold the person are named.
    """
    if not yes:
        typer.confirm("This cannot be undone. Erase this person from everything that Echo keeps?", abort=True, err=True)
    with ready(Settings.from_environment(), dotenv=Path.cwd()) as platform:
        told, reports = _carried_out(platform, customer)
    failed = [step for report in reports for step in report.failed]
    for step in failed:
        tell(f"{step.step} failed: {step.message}")
    if as_json:
        print(json.dumps({**told, "ok": not failed}, indent=2, ensure_ascii=False))
    else:
        _print(told)
    if failed:
        raise typer.Exit(FAILED)


def _carried_out(platform: Platform, customer: str) -> tuple[dict[str, Any], list[RunReport]]:
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.erasure import begin, counts_of, left_in_landing
    from echo_assets.planner.locks import planning_lock
    from echo_assets.refresh import Refresh
    from echo_quality.erasure.erase import ErasureError, forget_if_nowhere

    sources = platform.sources
    job = build(platform.settings).resolve_implicit_global_asset_job_def()
    with (
        dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance,
        planning_lock(sources.url(), wait=True),
    ):
        begun = begin(sources, customer, getpass.getuser())
        reports = list(Refresh(sources, job, instance, announce=tell).all())
    with sources.connection() as connection:
        if forget_if_nowhere(connection, begun.token):
            raise ErasureError("nobody of that id is in any table or file: write it as the files do")
    landing = [str(path) for path in left_in_landing(sources)]
    return {"token": begun.token, "counts": counts_of(sources, begun.token), "landing": landing}, reports


def _print(told: dict[str, Any]) -> None:
    from echo_assets.cli.tables import write_table
    from echo_quality.erasure.places import PLACES

    rows = [[place.name, told["counts"].get(place.name, ""), place.what_happens] for place in PLACES]
    write_table(["place", "redacted", "what happens there"], rows)
    print(f"\nErased. What must stay countable goes on as {told['token']}.")
    if told["landing"]:
        print("These files of yours still hold somebody who was erased; delete the rows, or the files:")
        print("\n".join(f"  {path}" for path in told["landing"]))

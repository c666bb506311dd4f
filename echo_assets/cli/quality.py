"""`echoctl quality report|mutate`: what the checks say now, and whether each of them is able to say something else."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready
from echo_assets.settings import Settings

app = typer.Typer(help="Checks: what they say now, and whether they can fail.", no_args_is_help=True)


@app.command()
def report(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show what is red, since when, whose it is, the failing rows and what to do; then counts by asset.

    Exit code 1 if a blocking check is red.
    """
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.quality_report import quality_report

    with ready(Settings.from_environment()) as platform:
        job = build(platform.settings).resolve_implicit_global_asset_job_def()
        with dg.DagsterInstance.from_config(str(platform.settings.dagster_home)) as instance:
            found = quality_report(platform.sources, instance, job)
    if as_json:
        print(json.dumps(found.as_json(), indent=2, ensure_ascii=False, default=str))
    else:
        _print(found.as_json())
    if not found.is_good:
        raise typer.Exit(FAILED)


@app.command()
def mutate(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Break every expectation and every invariant once, with a row made for it; exit code 1 if one cannot fail.

    The rows are in no table, and nothing of the warehouse is changed.
    """
    from dataclasses import asdict

    from echo_assets.dbt.project import load_project
    from echo_assets.mutations import mutate_all

    with ready(Settings.from_environment()) as platform:
        found = list(mutate_all(platform.sources, load_project().manifest))
    unable = [each for each in found if each.reason]
    if as_json:
        told = {
            "expectations": len(found),
            "able": len(found) - len(unable),
            "mutated": [asdict(each) for each in found],
        }
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for each in unable:
            print(f"{each.suite}: {each.check} ({each.asset}): {each.reason}")
        print(f"{len(found) - len(unable)} of {len(found)} expectations able to fail")
    if unable:
        raise typer.Exit(FAILED)


def _print(told: dict[str, Any]) -> None:
    from echo_assets.cli.tables import write_table

    for each in told["red"]:
        _print_red(each)
    columns = ("asset", "green", "warnings", "red", "not_evaluated", "owner")
    write_table(columns, [[asset[name] for name in columns] for asset in told["assets"]])
    counts, evaluated = told["counts"], told["expectations"]
    print(
        "\n{green} green, {warnings} warnings, {red} red ({blocking_red} blocking), "
        "{not_evaluated} not evaluated".format(**counts)
    )
    print(f"{evaluated['evaluated']} expectations of suites were evaluated, over {evaluated['assets']} assets")


def _print_red(told: dict[str, Any]) -> None:
    from echo_assets.cli.tables import one_line, write_table

    blocking = ", blocking" if told["blocking"] else ""
    print(f"{told['severity']}{blocking}  {told['asset']}: {told['check']}")
    print(f"  {one_line(told['message'])}")
    file = f", in {told['file']}" if told["file"] else ""
    rows = "" if told["failing_rows"] is None else f"; {told['failing_rows']} rows fail"
    print(f"  since {told['since'] or 'unknown'}{file}{rows}; owner {told['owner'] or 'nobody'}; {told['runbook']}")
    if told["sample"]:
        names = list(dict.fromkeys(name for row in told["sample"] for name in row))
        write_table(names, [[row.get(name) for name in names] for row in told["sample"]])
    print()

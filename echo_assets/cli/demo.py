"""`echoctl demo`: generated data of known truth through the whole platform, and both columns side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready, tell
from echo_assets.run_processes import RunProcesses
from echo_assets.settings import Settings


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(demo)


def demo(
    rows: Annotated[int, typer.Option(min=1000, help="How many sales.")] = 20_000,
    events: Annotated[int, typer.Option(min=0, help="How many records of the stream follow; 0 for none.")] = 600,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Generate a business with a known truth into the landing folder, run it through the platform, and compare.

    Then events follow on the embedded broker, if ECHO_KAFKA_BOOTSTRAP names no other: what they add to the figures is
    compared, too. Each demo begins without the events of an earlier one.
    """
    from echo_assets.cli.comparison import compared, compared_marts
    from echo_assets.cli.demo_stream import streamed
    from echo_assets.cli.printing import print_summary
    from echo_assets.cli.run import refreshed
    from echo_assets.cli.tables import write_table
    from echo_assets.streaming.forgetting import forget_stream

    settings = Settings.from_environment()
    with RunProcesses(settings) as processes:
        processes.start()
        truth = _generated(settings.landing, rows)
        with ready(settings, dotenv=Path.cwd()) as platform:
            if settings.kafka_bootstrap:
                events = 0  # nothing invented goes to a broker that others read from, and what came from it stays
            else:
                forget_stream(platform.sources)
            summary = refreshed(platform, processes)
            with platform.sources.connection() as connection:
                comparison = compared(summary, truth) + compared_marts(connection, truth)
            if events and summary.is_good:
                summary, of_stream = streamed(platform, processes, summary, events)
                comparison += of_stream
    if as_json:
        print(json.dumps({**summary.as_json(), "truth": comparison}, indent=2, ensure_ascii=False))
    else:
        print_summary(summary)
        write_table(["figure", "truth", "echo", ""], [list(row.values()) for row in comparison])
        print(_NEXT_STEPS)
    if not summary.is_good or not all(row["agrees"] == "ok" for row in comparison):
        raise typer.Exit(FAILED)


def _generated(folder: Path, rows: int) -> dict[str, Any]:
    from echo_quality.synthetic import generate

    tell(f"generating {rows} sales over 18 months in {folder}")
    return generate(rows, folder, overwrite=True).to_dict()


_NEXT_STEPS = """
What to type next:
  make ui                    the asset graph, its checks and runs, in a browser
  .venv/bin/echoctl psql -c 'select * from finance.revenue_summary order by month'
  .venv/bin/echoctl experiment list   what is decided about each experiment, and `experiment readout EXP-001` why
  .venv/bin/echoctl status   what was loaded, what is dirty, which checks are red
  make reset                 away with the demo; then put your own files into data/landing/<source>/
  .venv/bin/echoctl run      and take them in
"""

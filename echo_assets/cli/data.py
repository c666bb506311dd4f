"""`echoctl generate`: demo data of known truth."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(generate)


def generate(
    rows: Annotated[int, typer.Option(min=1, help="How many sales.")],
    out: Annotated[Path, typer.Option(help="Folder to write to: one folder a source, and truth.json.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 7,
    start: Annotated[datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="First day.")] = datetime.datetime(
        2024, 1, 1
    ),
    months: Annotated[int, typer.Option(min=1, help="How many months.")] = 18,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what was generated there before.")] = False,
) -> None:
    """Write a business's files for every source, with what must come out of them in truth.json."""
    from echo_quality.synthetic import generate as generate_files

    truth = generate_files(rows, out, seed, start.date(), months, overwrite=overwrite).to_dict()
    print(f"Wrote {rows} sales over {months} months to {out}; counted revenue {truth['total_revenue']}.")

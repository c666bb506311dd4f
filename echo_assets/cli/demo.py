"""`echoctl demo`: generated data of known truth through the whole platform, and both columns side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready, tell
from echo_assets.settings import Settings

if TYPE_CHECKING:
    from echo_assets.summary import RunSummary


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(demo)


def demo(
    rows: Annotated[int, typer.Option(min=1000, help="How many sales.")] = 20_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Generate a business with a known truth into the landing folder, run it through the platform, and compare."""
    from echo_assets.cli.printing import print_summary
    from echo_assets.cli.run import refreshed
    from echo_assets.cli.tables import write_table

    settings = Settings.from_environment()
    truth = _generated(settings.landing, rows)
    with ready(settings, dotenv=Path.cwd()) as platform:
        summary = refreshed(platform)
        comparison = compared(summary, truth)
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


def compared(summary: RunSummary, truth: dict[str, Any]) -> list[dict[str, str]]:
    """Each figure of the truth beside Echo's: metrics, months, and rows by fate for every source."""
    metrics = summary.metrics
    rows = [_row("total revenue", truth["total_revenue"], _figure(metrics, "total_revenue", 2))]
    rows.append(_row("average order value", truth["average_order_value"], _figure(metrics, "average_order_value", 2)))
    rate = f"{float(truth['conversion_rate']):.4f}"
    rows.append(_row("conversion rate", rate, _figure(metrics, "conversion_rate", 4)))
    ours_by_month = {month["month"]: _figure(month, "revenue", 2) for month in metrics.get("revenue_by_month", ())}
    rows += [
        _row(f"revenue {month['month'][:7]}", month["revenue"], ours_by_month.get(month["month"][:7], ""))
        for month in truth["revenue_by_month"]
    ]
    for source, figures in truth["sources"].items():
        loads = [file.load for file in summary.files if file.load.source == source]
        for count in ("rows_in_file", "staged", "quarantined", "duplicates"):
            ours = sum(getattr(load, count) or 0 for load in loads)
            rows.append(_row(f"{source}: {count.replace('_', ' ')}", str(figures[count]), str(ours)))
    return rows


def _figure(figures: Mapping[str, Any], name: str, digits: int) -> str:
    """A figure as the truth writes it; nothing where a run that failed left none."""
    value = figures.get(name)
    return "" if value is None else f"{value:.{digits}f}"


def _row(figure: str, truth: str, ours: str) -> dict[str, str]:
    return {"figure": figure, "truth": truth, "echo": ours, "agrees": "ok" if truth == ours else "DIFFERS"}


_NEXT_STEPS = """
What to type next:
  make ui                    the asset graph, its checks and runs, in a browser
  .venv/bin/echoctl psql -c 'select * from finance.revenue_summary order by month'
  .venv/bin/echoctl status   what was loaded, what is dirty, which checks are red
  make reset                 away with the demo; then put your own files into data/landing/<source>/
  .venv/bin/echoctl run      and take them in
"""

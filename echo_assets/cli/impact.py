"""`echoctl impact`: from a column up to everything that is made of it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from echo_assets.settings import Settings
from echo_assets.sources import Sources

_BY_ROWS = "  (by which rows are read, joined or counted)"


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(impact)


def impact(
    column: Annotated[str, typer.Argument(help="A column as schema.table.column, such as raw.revenue.amount.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every column that is made of a column, by layer; no database is needed."""
    from echo_assets.lineage.graph import Graph, by_layer
    from echo_assets.lineage.known import known_lineage

    settings = Settings.from_environment()
    graph = Graph(known_lineage(settings, Sources(settings).contracts).lineage)
    found = graph.named(column)
    above = graph.above(found)
    if as_json:
        layers = {layer: {each.written: how for each, how in columns} for layer, columns in by_layer(above)}
        print(json.dumps({"column": found.written, "columns": len(above), "layers": layers}, indent=2))
        return
    print(f"{found.written} is part of {len(above)} column{'s' * (len(above) != 1)}")
    for layer, columns in by_layer(above):
        print(f"\n{layer}")
        for each, how in columns:
            print(f"  {each.written}{'' if how == 'value' else _BY_ROWS}")

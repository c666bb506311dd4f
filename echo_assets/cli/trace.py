"""`echoctl trace`: from a figure down to the rows of the files that it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets.settings import Settings, SettingsError
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from echo_assets.lineage.edges import Column
    from echo_assets.lineage.graph import Graph
    from echo_assets.traced_rows import Figure, SourceRows

_SAMPLE = 10


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(trace)


def trace(
    column: Annotated[str, typer.Argument(help="A column as schema.table.column, such as a mart's figure.")],
    where: Annotated[
        list[str] | None, typer.Option(help="Only these rows of the table: column=value; month=2024-01 is a month.")
    ] = None,
    rows: Annotated[bool, typer.Option("--rows", help="List every row instead of the first ten.")] = False,
    personal: Annotated[bool, typer.Option("--personal", help="Show personal data in clear; else masked.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the way from a figure down to its columns in files, and the rows of the files that it comes from."""
    from echo_assets.lineage.graph import Graph
    from echo_assets.lineage.known import known_lineage
    from echo_assets.masked_trace import masked_trace
    from echo_assets.traced_rows import rows_behind, stored_figure

    settings = Settings.from_environment()
    sources = Sources(settings)
    known = known_lineage(settings, sources.contracts)
    graph = Graph(known.lineage)
    found, conditions = graph.named(column), _conditions(where or [])
    for name in conditions:
        graph.named(f"{found.asset}.{name}")
    with sources.connection(read_only=True) as connection:
        figure = stored_figure(connection, found, conditions)
        behind = rows_behind(connection, known, found, conditions, None if rows else _SAMPLE)
    if not personal:
        figure, behind = masked_trace(sources.contracts, graph, found, figure, behind)
    if as_json:
        print(json.dumps(_document(graph, found, conditions, figure, behind), indent=2, ensure_ascii=False))
    else:
        _print(graph, found, figure, behind)


def _conditions(written: list[str]) -> dict[str, str]:
    for each in written:
        if "=" not in each:
            raise SettingsError("--where", each, "a column and a value, such as month=2024-01")
    return {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in written)}


def _document(
    graph: Graph, column: Column, where: Mapping[str, str], figure: Figure, behind: list[SourceRows]
) -> dict[str, Any]:
    below = graph.below(column)
    return {
        "column": column.written,
        "where": dict(where),
        "figure": {"rows": figure.rows, "value": figure.value},
        "edges": [
            {"column": edge.column.written, "from": edge.origin.written, "how": edge.how}
            for each in (column, *sorted(below))
            for edge in graph.origins(each)
        ],
        "file_columns": {each.written: how for each, how in sorted(below.items()) if each.layer == "raw"},
        "sources": [
            {
                "source": each.source, "rows": each.rows, "computes_the_same": each.computes_the_same,
                "files": list(each.files), "sample": list(each.sample),
            }
            for each in behind
        ],
    }  # fmt: skip


def _print(graph: Graph, column: Column, figure: Figure, behind: list[SourceRows]) -> None:
    print("\n".join(_tree(graph, column)))
    deciding = [each.written for each, how in sorted(graph.below(column).items()) if _decides(each, how)]
    if deciding:
        print(f"\nWhich rows are read, joined and counted also depends on {', '.join(deciding)}.")
    value = f" = {figure.value}" if figure.value is not None else ""
    print(f"\n{column.written}{value}, in {figure.rows} row{'s' * (figure.rows != 1)}")
    for each in behind:
        _print_rows(each)
    if not behind:
        print("No row of a file has a part in it.")


def _decides(column: Column, how: str) -> bool:
    return how == "rows" and column.layer in ("raw", "seeds") and column.name != "*"


def _tree(graph: Graph, column: Column, depth: int = 0, seen: frozenset[Column] = frozenset()) -> Iterator[str]:
    """The column and, below it, what its value is made of; for a count, the rows that it counts."""
    yield "  " * depth + column.written
    edges = graph.origins(column)
    values = [edge for edge in edges if edge.how == "value"]
    for edge in values or [edge for edge in edges if edge.origin.name == "*"]:
        if edge.origin not in seen:
            yield from _tree(graph, edge.origin, depth + 1, seen | {column})


def _print_rows(behind: SourceRows) -> None:
    from echo_assets.cli.tables import write_table

    same = "the same" if behind.computes_the_same else "NOT the same: `echoctl run` brings the tables up to date"
    places, are = len(behind.files), "file" if all(each["sha256"] for each in behind.files) else "place"
    print(
        f"\n{behind.source}: {behind.rows} rows of {places} {are}{'s' * (places != 1)}; computed anew from them: {same}"
    )
    if not behind.rows:
        return
    write_table(
        ["file", "sha256", "rows"], [[each["file"], (each["sha256"] or "")[:8], each["rows"]] for each in behind.files]
    )
    print()
    write_table(list(behind.sample[0]), [list(row.values()) for row in behind.sample])
    if len(behind.sample) < behind.rows:
        print(f"... and {behind.rows - len(behind.sample)} more (--rows lists them all)")

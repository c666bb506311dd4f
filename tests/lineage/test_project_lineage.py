"""The lineage of this very project: whole, without an edge that leads nowhere, and as the graph tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from echo_assets.column_lineage import lineage_by_model
from echo_assets.data_dictionary import PAGE, data_dictionary, out_of_date
from echo_assets.dbt.nodes import asset_path, built_nodes
from echo_assets.dbt.project import load_project
from echo_assets.definitions import build
from echo_assets.lineage import known
from echo_assets.lineage.edges import Column, Edge, Lineage
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.graph import Graph, by_layer
from echo_assets.lineage.known import KnownLineage, known_lineage
from echo_assets.settings import PROJECT, Settings
from echo_quality.contract import Contract
from echo_quality.odcs import read_contracts
from echo_quality.streams.reading import read_streams

CONTRACTS: dict[str, Contract] = read_contracts(PROJECT / "echo_quality" / "contracts")
STREAMS = read_streams(PROJECT / "echo_quality" / "contracts")
TOTAL = Column("finance/revenue_summary", "total_revenue")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_environment({"ECHO_HOME": str(tmp_path_factory.mktemp("home"))})


@pytest.fixture(scope="module")
def found(home: Settings) -> KnownLineage:
    return known_lineage(home, CONTRACTS)


@pytest.fixture(scope="module")
def graph(found: KnownLineage) -> Graph:
    return Graph(found.lineage)


def test_every_edge_is_between_columns_that_are_there(found: KnownLineage) -> None:
    assert found.lineage.dangling() == []


def test_every_edge_is_between_assets_of_the_definitions(found: KnownLineage, home: Settings) -> None:
    assets = {spec.key.to_user_string() for spec in build(home).resolve_all_asset_specs()}
    ends = {end.asset for edge in found.lineage.edges for end in (edge.column, edge.origin)}
    assert ends <= assets


def test_every_model_is_read_and_has_the_columns_that_it_declares(found: KnownLineage) -> None:
    for node in built_nodes(load_project().manifest).values():
        columns = found.lineage.columns["/".join(asset_path(node))]
        assert set(node["columns"]) <= set(columns), node["name"]


def test_an_edge_that_leads_nowhere_is_found() -> None:
    edge = Edge(Column("core/a", "x"), Column("core/b", "gone"), "value")
    lineage = Lineage(
        (edge, Edge(Column("core/a", "x"), Column("core/b", "*"), "rows")), {"core/a": ("x",), "core/b": ()}
    )
    assert lineage.dangling() == [edge]


def test_revenue_comes_from_amount_and_status_of_the_files_and_their_dates_decide_its_month(graph: Graph) -> None:
    below = {column: how for column, how in graph.below(TOTAL).items() if column.layer == "raw"}
    assert below[Column("raw/revenue", "amount")] == "value"
    assert below[Column("raw/revenue", "status")] == "value"
    assert below[Column("raw/revenue", "transaction_date")] == "rows"
    assert Column("raw/marketing", "spend") not in below


def test_up_and_down_are_each_others_reverse(graph: Graph) -> None:
    assert graph.above(Column("raw/revenue", "amount"))[TOTAL] == "value"
    for column in graph.above(Column("raw/revenue", "amount")):
        assert Column("raw/revenue", "amount") in graph.below(column), column


def test_layers_come_in_the_order_in_which_data_flows(graph: Graph) -> None:
    layers = [layer for layer, _ in by_layer(graph.above(Column("raw/revenue", "amount")))]
    assert layers[:3] == ["staging", "quarantine", "stg"]
    assert layers.index("core") < layers.index("finance")


@pytest.mark.parametrize(
    ("written", "near"),
    [
        ("finance.revenue_summary.totl_revenue", "finance.revenue_summary.total_revenue"),
        ("finanse.revenue_summary.total_revenue", "finance.revenue_summary.total_revenue"),
        ("raw.revenue.zzz", "raw.revenue.amount"),
        ("nothing", "raw.revenue"),
        ("", "raw.revenue"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_near_ones(graph: Graph, written: str, near: str) -> None:
    with pytest.raises(LineageError) as told:
        graph.named(written)
    assert near in str(told.value)
    assert str(told.value).startswith(f"{written} is no column")


def test_the_ui_shows_values_only_and_no_rows(found: KnownLineage) -> None:
    shown = lineage_by_model(found.lineage.edges)["finance/revenue_summary"].deps_by_column
    assert "*" not in shown
    assert {dep.asset_key for dep in shown["total_revenue"]} == {dg.AssetKey(["finance", "revenue_daily"])}


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Counts how often the project is compiled; it lies where nothing can be kept beside it."""
    calls: list[str] = []
    compiled = known.compiled_models
    monkeypatch.setattr(known, "compiled_models", lambda *of: calls.append("compiled") or compiled(*of))  # type: ignore[func-returns-value]
    monkeypatch.setattr(known, "_folder", lambda _, settings: settings.home / "dbt")
    yield calls
    known._kept.cache_clear()


def test_the_project_is_compiled_again_only_when_something_has_changed(
    home: Settings, found: KnownLineage, reading: list[str]
) -> None:
    assert known_lineage(home, CONTRACTS).lineage.edges == found.lineage.edges
    known._kept.cache_clear()
    assert known_lineage(home, CONTRACTS).lineage.edges == found.lineage.edges
    assert reading == ["compiled"]
    known_lineage(replace(home, timezone="Europe/Vienna"), CONTRACTS)
    assert reading == ["compiled"] * 2, "the business day is part of the SQL"
    known._kept.cache_clear()
    (home.home / "dbt" / "lineage.json").write_text('{"state": ')
    assert known_lineage(home, CONTRACTS).lineage == found.lineage
    assert reading == ["compiled"] * 3, "a file that was cut off is read again"


def test_the_committed_data_dictionary_is_what_the_contracts_and_models_say(found: KnownLineage) -> None:
    text = data_dictionary(CONTRACTS, load_project().manifest, found.lineage, STREAMS.values())
    assert not list(out_of_date(text, PROJECT)), "run `echoctl contract generate` and commit"


def test_the_data_dictionary_names_every_model_and_every_column(found: KnownLineage, tmp_path: Path) -> None:
    text = data_dictionary(CONTRACTS, load_project().manifest, found.lineage)
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    for node in built_nodes(load_project().manifest).values():
        asset = ".".join(asset_path(node))
        missing = [
            name for name in found.lineage.columns[asset.replace(".", "/")] if f"| `{name}` |" not in sections[asset]
        ]
        assert not missing, f"{asset}: {missing}"
    assert list(out_of_date(text, tmp_path)) == [PAGE.as_posix()]

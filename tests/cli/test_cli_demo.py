"""`echoctl demo`: generated data through the whole platform, and both columns equal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from echoctl import Echoctl, Outcome

from echo_assets.cli.comparison import compared
from echo_assets.summary import RunSummary
from echo_assets.verdicts import Verdicts
from echo_quality.synthetic import generate


@pytest.fixture(scope="module")
def demo(fresh: Echoctl) -> Outcome:
    return fresh("demo", "--rows", "1000", "--json")


@pytest.mark.slow
def test_every_figure_is_that_of_the_truth(demo: Outcome) -> None:
    assert demo.code == 0, demo.err
    rows = demo.document["truth"]
    assert [row for row in rows if row["agrees"] != "ok"] == []
    figures = {row["figure"] for row in rows}
    assert {
        "total revenue",
        "average order value",
        "conversion rate",
        "revenue 2024-01",
        "revenue: quarantined",
        "MRR and who pays it 2024-01",
        "MRR waterfall 2025-06",
        "NRR and GRR, 1 and 12 months 2025-06",
        "ARR 2025-Q2",
        "cohort 2024-01",
        "product P0001",
        "status refunded",
        "channel Email",
        "versions of customers",
        "stream: growth of total revenue",
    } <= figures


@pytest.mark.slow
def test_every_source_took_its_files_in(fresh: Echoctl, demo: Outcome) -> None:
    truth = json.loads((fresh.landing / "truth.json").read_text())
    assert {load["source"] for load in demo.document["loads"]} == set(truth["sources"])
    assert {load["status"] for load in demo.document["loads"]} == {"loaded"}


@pytest.mark.slow
def test_a_second_demo_compares_as_the_first_did(fresh: Echoctl, demo: Outcome) -> None:
    again = fresh("demo", "--rows", "1000", "--json")
    assert again.code == 0, again.err
    assert again.document["truth"] == demo.document["truth"]


def test_files_of_somebody_else_are_not_touched(cold: Echoctl, tmp_path: Path) -> None:
    theirs = replace(cold, landing=tmp_path)
    mine = theirs.drop("revenue/mine.csv", "mine\n")
    refused = theirs("demo", "--rows", "1000")
    assert refused.code == 2
    assert "mine.csv" in refused.err
    assert "Traceback" not in refused.err
    assert mine.read_text() == "mine\n"


def test_a_run_that_left_no_figures_differs_from_the_truth_instead_of_breaking(tmp_path: Path) -> None:
    truth = generate(1000, tmp_path).to_dict()
    failed = RunSummary(files=(), verdicts=Verdicts(()), metrics={}, reports=(), seconds=0)
    rows = compared(failed, truth)
    assert {row["agrees"] for row in rows if "revenue" in row["figure"]} == {"DIFFERS"}

"""The sample's revenue, traced to the rows of its file."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from echoctl import Echoctl

from echo_assets.settings import PROJECT

pytestmark = pytest.mark.golden
SAMPLE = Path(os.environ.get("ECHO_SAMPLES") or PROJECT.parent / "shared" / "data") / "echo_samples"


@pytest.fixture(scope="module")
def built(fresh: Echoctl) -> Echoctl:
    for source in ("revenue", "marketing"):
        file = SAMPLE / f"{source}_sample.csv"
        if not file.is_file():
            pytest.skip(f"no {file}: put the sample data there, or name its folder in ECHO_SAMPLES")
        (fresh.landing / source).mkdir()
        shutil.copy(file, fresh.landing / source)
    assert fresh("run").code == 0
    return fresh


@pytest.mark.parametrize(("where", "rows"), [([], 92), (["--where", "month=2024-01"], 28)])
def test_the_total_revenue_comes_from_exactly_the_counted_rows(built: Echoctl, where: list[str], rows: int) -> None:
    traced = built("trace", "finance.revenue_summary.total_revenue", "--rows", "--json", *where).document
    [revenue] = traced["sources"]
    assert (revenue["rows"], revenue["computes_the_same"]) == (rows, True)
    assert len({(row["file"], row["row"]) for row in revenue["sample"]}) == rows
    assert {row["status"] for row in revenue["sample"]} <= {"paid", "completed"}


def test_the_headline_is_the_sum_of_these_rows(built: Echoctl) -> None:
    traced = built("trace", "finance.headline_metrics.total_revenue", "--rows", "--json").document
    [revenue] = traced["sources"]
    assert traced["figure"]["value"] == "190100.50"
    assert sum(round(100 * float(row["amount"])) for row in revenue["sample"]) == 19010050


def test_the_spend_of_a_channel_comes_from_its_rows_in_the_marketing_file(built: Echoctl) -> None:
    traced = built("trace", "marketing.channel_performance.spend", "--where", "channel=LinkedIn", "--rows", "--json")
    [marketing] = traced.document["sources"]
    assert marketing["source"] == "marketing"
    assert {row["channel"].strip().lower() for row in marketing["sample"]} == {"linkedin"}

"""The revenue forecast end to end: from files to rows, checks and a run of MLflow; due when revenue has changed."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import dagster as dg
import numpy as np
import pytest
from platform_under_test import SALES, Platform, sale

from echo_assets.dbt.project import load_project
from echo_assets.forecast.due import KEY, due_forecast, forecast_target
from echo_assets.forecast_checks import CHECKS
from echo_assets.planned import planned_builds
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import execute_assets, tags_of
from echo_assets.revenue_forecast import FORECAST
from echo_assets.training.places import tracking_of

pytestmark = [pytest.mark.database, pytest.mark.slow]

FIRST, DAYS = date(2024, 1, 1), 170


def sales(first: int, days: int) -> str:
    """A regular week with some noise: one sale a day."""
    amounts = 100 * (1 + 0.5 * (np.arange(400) % 7 == 5)) * np.exp(np.random.default_rng(1).normal(0, 0.1, 400))
    lines = [
        sale(f"T{at}", (FIRST + timedelta(days=at)).isoformat(), f"{amounts[at]:.2f}")
        for at in range(first, first + days)
    ]
    return SALES + "".join(lines)


def build(platform: Platform) -> None:
    """Build what is dirty of the models that the forecast reads, with the views that they read, and nothing else."""
    above = forecast_target(load_project().manifest).upstream
    while runs := [run for run in planned_builds(platform.sources) if above & set(run.selection)]:
        chosen = [key for key in runs[0].selection if key in above or key.startswith(("stg/", "seeds/"))]
        assert platform.refresh.build(map(dg.AssetKey.from_user_string, chosen), tags_of(runs[0])).succeeded


def forecast(platform: Platform) -> RunReport:
    """Make the asset with its checks, as a refresh does."""
    return execute_assets([FORECAST], {}, platform.job, platform.instance)


def shown(platform: Platform) -> dict[str, Any]:
    """The metadata of the newest materialisation."""
    [record] = platform.instance.fetch_materializations(FORECAST, limit=1).records
    assert record.asset_materialization
    return {name: value.value for name, value in record.asset_materialization.metadata.items()}


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    """What the forecast reads."""
    return forecast_target(load_project().manifest).upstream


@pytest.fixture(scope="module")
def made(platform: Platform) -> RunReport:
    platform.drop("revenue", "sales.csv", sales(0, DAYS))
    list(platform.refresh.files())
    assert due_forecast(platform.sources) == [], "what it reads is to be built first"
    build(platform)
    assert due_forecast(platform.sources) == [FORECAST]
    return forecast(platform)


def test_a_forecast_is_rows_with_their_origin_and_every_check_is_asked(platform: Platform, made: RunReport) -> None:
    assert (made.succeeded, made.materialized) == (True, (KEY,))
    as_of, days, months = platform.rows(
        "select as_of, count(*) filter (where grain = 'day'), count(*) filter (where grain = 'month')"
        " from finance.revenue_forecast_latest group by as_of"
    )[0]
    assert (as_of, days, months) == (FIRST + timedelta(days=DAYS - 1), 35, 3)
    version = platform.value("select definition_version from finance.metrics_catalog where metric = 'total_revenue'")
    assert platform.rows("select distinct metric_version, run_id from finance.revenue_forecast") == [
        (version, made.run_id)
    ]
    verdicts = {check.name: platform.verdict(KEY, check.name) for check in CHECKS}
    assert [name for name, verdict in verdicts.items() if verdict.is_failure] == []
    assert not verdicts["history_suffices"].passed, "five whole months are no year"
    assert platform.verdict(KEY, "intervals_are_ordered").passed
    recorded = platform.rows(f"select distinct check_name from ops.check_results where asset = '{KEY}'")
    assert {name for (name,) in recorded} >= set(verdicts)


def test_the_run_of_mlflow_has_the_figures_the_data_and_the_picture_and_each_leads_to_the_other(
    platform: Platform, made: RunReport
) -> None:
    client = tracking_of(platform.sources).client()
    run = client.get_run(platform.value("select distinct model_run_id from finance.revenue_forecast_latest"))
    assert (run.info.status, run.data.tags["dagster.run_id"]) == ("FINISHED", made.run_id)
    assert shown(platform)["mlflow_run"].endswith(run.info.run_id)
    mase = platform.value("select mase from models.revenue_backtests where grain = 'day'")
    assert run.data.metrics["day_mase"] == pytest.approx(mase)
    assert run.data.params["as_of"] == "2024-06-18"
    sha256 = platform.value("select history_sha256 from models.revenue_backtests where grain = 'day'")
    [data] = run.inputs.dataset_inputs
    assert sha256.startswith(data.dataset.digest)
    assert {file.path for file in client.list_artifacts(run.info.run_id)} == {
        "forecast.md", "backtest.md", "forecast.json", "forecast.png"
    }  # fmt: skip


def test_the_ui_shows_tables_and_a_picture_that_the_event_log_can_keep(platform: Platform, made: RunReport) -> None:
    metadata = shown(platform)
    assert "the next 28 days" in metadata["forecast"]
    assert "MASE" in metadata["backtest"]
    assert "data:image/png;base64," in metadata["picture"]
    assert len(json.dumps(metadata, default=str)) < 150_000


def test_nothing_is_due_while_revenue_is_as_it_was_and_saying_the_same_adds_nothing(
    platform: Platform, made: RunReport
) -> None:
    assert due_forecast(platform.sources) == []
    before = platform.value("select count(*) from finance.revenue_forecast")
    assert forecast(platform).succeeded
    assert platform.value("select count(*) from finance.revenue_forecast") == before
    assert shown(platform)["rows_added"] == 0
    assert shown(platform)["mlflow_run_id"] == platform.value(
        "select distinct model_run_id from finance.revenue_forecast_latest"
    )


def test_it_is_due_again_when_what_it_reads_was_built_anew_and_not_before(platform: Platform, made: RunReport) -> None:
    platform.drop("revenue", "late.csv", SALES + sale("late", "2024-06-10", "77.00"))
    platform.drop("revenue", "later.csv", sales(DAYS, 3))
    list(platform.refresh.files())
    assert due_forecast(platform.sources) == []
    assert not _asked(platform, "forecast_is_current")
    assert forecast(platform).succeeded
    build(platform)
    assert due_forecast(platform.sources) == [FORECAST], "what was made while a model above waited has not seen all"
    platform.execute("alter table finance.revenue_forecast rename to away")
    assert not forecast(platform).succeeded
    platform.execute("alter table finance.away rename to revenue_forecast")
    assert due_forecast(platform.sources) == [FORECAST], "what was not recorded was not seen"
    assert forecast(platform).succeeded
    assert platform.value("select distinct as_of from finance.revenue_forecast_latest") == date(2024, 6, 21)
    assert due_forecast(platform.sources) == []
    assert _asked(platform, "forecast_is_current")


def _asked(platform: Platform, check: str) -> bool:
    """What a check says when it is asked alone."""
    key = dg.AssetCheckKey(FORECAST, check)
    subset = platform.job.get_subset(asset_selection=frozenset(), asset_check_selection=frozenset({key}))
    result = subset.execute_in_process(instance=platform.instance)
    [evaluation] = result.get_asset_check_evaluations()
    return evaluation.passed

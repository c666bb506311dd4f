"""The figures that the documents name are those of the code."""

from __future__ import annotations

import pytest

from echo_assets.forecast_checks import CHECKS, Check
from echo_assets.runbook import section
from echo_assets.settings import PROJECT
from echo_ml.models.forecast.choice import ALPHA
from echo_ml.models.forecast.forecast import MOST_MISSING
from echo_ml.models.forecast.grains import DAYS, MONTHS, YEARLY
from echo_ml.models.forecast.history import WEEKS_TO_CALL_CLOSED
from echo_ml.models.forecast.results import Method
from echo_ml.models.forecast.revenue import TOTAL_DAYS
from echo_quality.forecast_tables import FORECAST

DOCUMENT = " ".join((PROJECT / "docs" / "models.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "said",
    [
        f"under {DAYS.least_forecast} days, or under {MONTHS.least_forecast} months",
        f"under {DAYS.least_backtest} days, or under {MONTHS.least_backtest} months",
        f"the last {DAYS.horizon} days, or the last {MONTHS.horizon} months, are unknown",
        f"over {MOST_MISSING:.0%} is unknown".replace("%", " %"),
        f"up to {DAYS.most_origins} days or {MONTHS.most_origins} months of it",
        f"at {ALPHA:.0%}".replace("%", " %"),
        f"from {YEARLY.least_backtest} months on",
        f"in {WEEKS_TO_CALL_CLOSED} weeks or more is closed",
        f"the next {TOTAL_DAYS} days",
    ],
)
def test_a_limit_is_told_as_it_is(said: str) -> None:
    assert said in DOCUMENT


def test_every_column_and_every_method_is_explained() -> None:
    assert [column.name for column in FORECAST.columns if f"`{column.name}`" not in DOCUMENT] == []
    assert [method for method in Method if method is not Method.NONE and f"`{method}`" not in DOCUMENT] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_runbook_says_of_every_check_what_to_do(check: Check) -> None:
    told = section(f"docs/runbook.md#{check.section}")
    assert told
    assert f"`{check.name}`" in told

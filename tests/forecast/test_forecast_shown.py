"""What a person sees of a forecast: the total first, every figure of the backtest, and a picture in any case."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from made_series import noisy_week, of_days

from echo_assets.settings import PROJECT
from echo_ml.models.forecast import pictures, tables
from echo_ml.models.forecast.revenue import RevenueForecast, revenue_forecast

FIRST = date(2023, 1, 1)


def after(days: int) -> RevenueForecast:
    return revenue_forecast(of_days(noisy_week(days), FIRST), FIRST + timedelta(days=days - 1))


@pytest.fixture(scope="module")
def found() -> RevenueForecast:
    return after(470)


def test_the_table_has_the_total_the_months_and_the_first_days_with_both_intervals(found: RevenueForecast) -> None:
    head, _, first, *others = tables.table_of(found).splitlines()
    total = found.total
    assert total
    assert head.startswith("| period | revenue | 80 of 100 lie between |")
    assert first.startswith(f"| the next 28 days | {total.forecast:,.2f} | {total.ends[80][0]:,.2f} and")
    assert [line.split(" | ")[0] for line in others[:3]] == ["| 2024-04", "| 2024-05", "| 2024-06"]
    assert others[3].startswith("| Mon 2024-04-15 |")


def test_the_second_table_says_how_each_grain_did_and_why_it_was_chosen(found: RevenueForecast) -> None:
    days, months = tables.backtest_table(found).splitlines()[2:]
    assert found.days.accuracy
    assert f"| {found.days.accuracy.mase:.2f} |" in days
    assert found.days.reason in days
    assert found.months.reason in months


def test_where_nothing_is_forecast_the_table_says_why() -> None:
    none = after(9)
    assert tables.table_of(none) == "Nothing is forecast: 9 days are known, and a forecast needs 14.\n"
    assert "| days | none |" in tables.backtest_table(none)


@pytest.mark.parametrize("days", [9, 20, 470], ids=["nothing", "days only", "everything"])
def test_a_picture_is_small_enough_for_the_event_log(days: int) -> None:
    picture = pictures.picture_of(after(days))
    assert picture.startswith(b"\x89PNG")
    assert 5_000 < len(picture) < 100_000


def test_the_library_imports_nothing_heavy_before_it_is_asked() -> None:
    script = (
        "import sys; import echo_ml.models.forecast.tables, echo_ml.models.forecast.pictures;"
        "print(sorted({'statsmodels', 'scipy', 'pandas', 'matplotlib', 'mlflow'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert run.stdout.strip() == "[]"

"""A file with one late row: exactly its day is planned and rebuilt, and the figures follow."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import dagster as dg
import pytest
from platform_under_test import SALES, Platform, sale

from echo_assets.planned import planned_builds

pytestmark = pytest.mark.database

FACT = "core.fact_transactions"


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    """Figures by month and in total, and snapshots, which are as of days."""
    return ("finance/headline_metrics", "finance/revenue_summary", "features/customer_daily")


def built_days(platform: Platform) -> dict[str, int]:
    """How often each day of the fact was built."""
    records = platform.instance.fetch_materializations(dg.AssetKey(["core", "fact_transactions"]), limit=1000).records
    days: dict[str, int] = {}
    for record in records:
        key = str(record.partition_key)
        days[key] = days.get(key, 0) + 1
    return days


def months(platform: Platform) -> dict[str, Decimal]:
    return dict(platform.rows("select to_char(month, 'YYYY-MM'), total_revenue from finance.revenue_summary"))


@pytest.fixture(scope="module", autouse=True)
def built(platform: Platform) -> None:
    """Sales of one week of March and one of April, built."""
    days = ["2024-03-04", "2024-03-05", "2024-03-06", "2024-04-02", "2024-04-03"]
    platform.drop("revenue", "first.csv", SALES + "".join(sale(day, day) for day in days))
    assert all(report.succeeded for report in platform.bring_up_to_date())


def test_the_first_build_covers_the_days_that_have_rows(platform: Platform) -> None:
    assert {"2024-03-04", "2024-04-03"} <= built_days(platform).keys()
    assert months(platform) == {"2024-03": 30, "2024-04": 20}


@pytest.mark.law(7)
def test_one_late_row_rebuilds_its_day_alone_and_moves_only_its_figures(platform: Platform) -> None:
    before, untouched = built_days(platform), platform.rows(f"select ctid, * from {FACT} where amount = 10")
    platform.drop("revenue", "late.csv", SALES + sale("late", "2024-03-05", "5.50"))
    platform.take_in()
    step, snapshots = planned_builds(platform.sources)
    assert str(step.days) == "2024-03-05"
    assert str(snapshots.days) == "2024-03-05..2024-04-03", "what was known as of its day, and as of every later one"
    assert [report.succeeded for report in platform.refresh.days()] == [True, True]
    after = built_days(platform)
    assert {day for day in after if after[day] != before.get(day)} == {"2024-03-05"}
    assert months(platform) == {"2024-03": Decimal("35.50"), "2024-04": 20}
    kept = platform.rows(f"select ctid, * from {FACT} where amount = 10")
    other_days = [row for row in untouched if "2024-03-05" not in map(str, row)]
    assert [row for row in kept if row in other_days] == other_days, "rows of other days were not even rewritten"


@pytest.mark.slow
def test_a_corrected_file_takes_its_old_rows_away_and_a_row_of_long_ago_is_counted(platform: Platform) -> None:
    before = built_days(platform)
    platform.drop("revenue", "late.csv", SALES + sale("late", "2024-04-02", "5.50"))
    platform.drop("revenue", "ancient.csv", SALES + sale("ancient", "1999-12-31", "1.00"))
    assert all(report.succeeded for report in platform.bring_up_to_date())
    after = built_days(platform)
    first_partition = platform.settings.start_date.isoformat()
    rebuilt = {day for day in after if after[day] != before.get(day)}
    assert {"2024-03-05", "2024-04-02", first_partition} <= rebuilt, "the days of the old row and of the new ones"
    assert months(platform) == {"1999-12": 1, "2024-03": 30, "2024-04": Decimal("25.50")}
    assert platform.value("select total_revenue from finance.headline_metrics") == Decimal("56.50")

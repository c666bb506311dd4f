"""What makes the forecast due: a mark that it has not seen, of a source that revenue by day is made of."""

from __future__ import annotations

from datetime import date

import pytest
from small_warehouse import SmallWarehouse

from echo_assets import server
from echo_assets.dbt.project import load_project
from echo_assets.forecast import due
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.state import Target
from echo_assets.planner.targets import targets_from

pytestmark = pytest.mark.database

DAY, LATER = date(2024, 1, 1), date(2024, 1, 2)


@pytest.fixture(scope="module")
def target() -> Target:
    return due.forecast_target(load_project().manifest)


def is_stale(warehouse: SmallWarehouse, forecast_database: server.Databases, target: Target) -> bool:
    return bool(read_ledger(forecast_database.url(), [target]).stale)


def test_it_depends_on_what_revenue_by_day_is_made_of_and_on_nothing_else(target: Target) -> None:
    [daily] = [each for each in targets_from(load_project().manifest) if each.key == "finance/revenue_daily"]
    assert target.sources == daily.sources
    assert "revenue" in target.sources
    assert "marketing" not in target.sources
    assert {"finance/revenue_daily", "finance/metrics_catalog", "core/fact_transactions"} <= target.upstream


def test_it_is_due_from_the_first_mark_on_until_it_has_seen_it(
    warehouse: SmallWarehouse, forecast_database: server.Databases, target: Target
) -> None:
    assert not is_stale(warehouse, forecast_database, target)
    warehouse.touch(1, DAY)
    assert is_stale(warehouse, forecast_database, target)
    seen = due.marks_of(warehouse.connection, target)
    warehouse.touch(2, LATER)
    due.claim(warehouse.connection, seen)
    assert is_stale(warehouse, forecast_database, target), "what landed meanwhile was not seen"
    due.claim(warehouse.connection, due.marks_of(warehouse.connection, target))
    assert not is_stale(warehouse, forecast_database, target)
    warehouse.touch(3, DAY)
    assert is_stale(warehouse, forecast_database, target), "a late row of an old day counts as well"

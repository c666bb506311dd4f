"""What the warehouse knows of revenue: the last day that is over, what no file covers, incidents, the definition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from small_warehouse import FAR, VERSION, SmallWarehouse

from echo_assets.forecast.reading import known_revenue, last_known_day
from echo_quality.drift.incidents import declare

pytestmark = pytest.mark.database

FIRST = date(2024, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number - 1)


def test_days_inside_a_file_are_zero_and_days_between_files_unknown(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10.5, day(3): 30})
    warehouse.deliver({day(6): 60, day(7): 70})
    known = warehouse.known()
    assert (known.as_of, known.metric_version) == (day(7), VERSION)
    np.testing.assert_equal(known.history.values, [10.5, 0, 30, np.nan, np.nan, 60, 70])


def test_a_file_that_repeats_what_others_brought_covers_its_days_all_the_same(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10})
    warehouse.deliver({day(5): 50})
    repeated = warehouse.deliver({day(1): 1, day(5): 1})
    for place in ("insert into staging.revenue_shadow select *, 'repeated' from", "delete from"):
        warehouse.connection.execute(f"{place} staging.revenue where _row_id >> 32 = {repeated}".encode())
    warehouse.build()
    np.testing.assert_equal(warehouse.known().history.values, [10, 0, 0, 0, 50])


def test_the_newest_day_does_not_count_if_it_was_not_over_when_its_file_came(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10, day(2): 20})
    warehouse.deliver({day(3): 3}, datetime(2024, 1, 3, 14, tzinfo=UTC))
    assert warehouse.known().as_of == day(2)
    warehouse.deliver({day(3): 27}, datetime(2024, 1, 4, 1, tzinfo=UTC))
    assert warehouse.known().as_of == day(3)
    assert warehouse.known().history.values[-1] == 30


def test_a_later_day_ends_the_one_before_whenever_it_was_delivered(warehouse: SmallWarehouse) -> None:
    for number in (1, 2, 3):
        warehouse.deliver({day(number): 10}, datetime(2024, 1, number, 22, tzinfo=UTC))
    assert warehouse.known().as_of == day(2)


def test_whether_a_day_was_over_is_asked_in_the_business_zone(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10, day(2): 20}, datetime(2024, 1, 3, 3, tzinfo=UTC))
    assert warehouse.known(timezone="UTC").as_of == day(2)
    assert warehouse.known(timezone="America/New_York").as_of == day(1)


def test_the_only_day_there_is_counts_for_nothing_while_it_goes_on(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10}, datetime(2024, 1, 1, 12, tzinfo=UTC))
    assert known_revenue(warehouse.connection, FAR, "UTC") is None


def test_days_to_come_are_not_known_yet(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(1): 10, day(2): 20, day(9): 90})
    known = warehouse.known(today=day(3))
    assert known.as_of == day(2)
    assert known.history.values.tolist() == [10, 20]


def test_days_of_a_declared_incident_are_unknown(warehouse: SmallWarehouse) -> None:
    warehouse.deliver({day(number): 10 for number in range(1, 6)})
    declare(warehouse.connection, "revenue", day(2), day(3), "the till was broken")
    declare(warehouse.connection, "marketing", day(5), None, "somebody else's")
    np.testing.assert_equal(warehouse.known().history.values, [10, np.nan, np.nan, 10, 10])


def test_without_sales_or_before_the_mart_is_built_nothing_is_known(warehouse: SmallWarehouse) -> None:
    assert known_revenue(warehouse.connection, FAR, "UTC") is None
    warehouse.connection.execute("drop table finance.revenue_daily")
    assert last_known_day(warehouse.connection, FAR, "UTC") is None

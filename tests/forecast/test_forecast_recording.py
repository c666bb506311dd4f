"""What is recorded of a forecast: rows that are only added, nothing where it says the same, the newest as a view."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from made_series import noisy_week
from small_warehouse import VERSION, SmallWarehouse

from echo_assets.forecast import stored
from echo_assets.forecast.summary import forecast_in_words, newest_forecast

pytestmark = pytest.mark.database

FIRST = date(2024, 1, 1)


def sales(days: int, first: int = 0) -> dict[date, float]:
    values = noisy_week(first + days)
    return {FIRST + timedelta(days=at): round(float(values[at]), 2) for at in range(first, first + days)}


def test_every_row_says_where_it_comes_from(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(40))
    _, found = warehouse.forecast()
    origins = warehouse.rows(
        "select distinct as_of, metric_version, model_run_id, run_id, made_at is not null from finance.revenue_forecast"
    )
    assert origins == [(date(2024, 2, 9), VERSION, "run 1", "dagster run", True)]
    assert warehouse.value("select count(*) from finance.revenue_forecast") == len(found.rows)
    [day] = warehouse.rows(
        "select forecast, lower_80, upper_80, lower_95, upper_95, method from finance.revenue_forecast"
        " where grain = 'day' and period_start = '2024-02-10'"
    )
    row = found.rows[0]
    assert day == (row.forecast, *row.ends[80], *row.ends[95], "seasonal_naive")


def test_a_forecast_that_says_the_same_of_the_same_history_is_recorded_already(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(130))
    known, found = warehouse.forecast()
    assert stored.recorded_run(warehouse.connection, known, found) == "run 1"
    warehouse.deliver(sales(1, first=130))
    later = warehouse.known()
    assert stored.recorded_run(warehouse.connection, later, found) is None
    warehouse.connection.execute("update finance.metrics_catalog set definition_version = 'version 2'")
    assert stored.recorded_run(warehouse.connection, warehouse.known(), found) is None


def test_nothing_was_recorded_before_the_first_forecast(warehouse: SmallWarehouse) -> None:
    assert stored.newest_backtests(warehouse.connection) == []
    assert stored.newest_rows(warehouse.connection) == []
    assert newest_forecast(warehouse.connection) is None
    assert forecast_in_words(None) == "revenue was not forecast yet"


@pytest.mark.parametrize("table", ["finance.revenue_forecast", "models.revenue_backtests"])
@pytest.mark.parametrize("change", ["update {} set reason = 'other'", "delete from {}", "truncate {}"])
def test_what_was_told_cannot_be_changed(warehouse: SmallWarehouse, table: str, change: str) -> None:
    warehouse.deliver(sales(20))
    warehouse.forecast()
    with pytest.raises(psycopg.errors.RaiseException, match=f"{table} is append-only"):
        warehouse.connection.execute(change.format(table).encode())


def test_the_newest_forecast_is_the_one_that_was_made_last_and_the_others_stay(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(40))
    warehouse.forecast("run 1")
    warehouse.deliver(sales(5, first=40))
    warehouse.forecast("run 2")
    assert warehouse.rows("select distinct model_run_id from finance.revenue_forecast_latest") == [("run 2",)]
    assert warehouse.value("select count(distinct model_run_id) from finance.revenue_forecast") == 2
    assert [row["as_of"] for row in stored.newest_backtests(warehouse.connection)] == [date(2024, 2, 14)] * 2


def test_a_forecast_that_has_nothing_to_say_hides_the_ones_before(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(40))
    warehouse.forecast("run 1")
    warehouse.connection.execute("delete from staging.revenue where transaction_date > '2024-01-05'")
    warehouse.build()
    warehouse.forecast("run 2")
    assert stored.newest_rows(warehouse.connection) == []
    days, months = stored.newest_backtests(warehouse.connection)
    assert (days["method"], days["reason"]) == ("none", "5 days are known, and a forecast needs 14")
    assert months["method"] == "none"
    told = newest_forecast(warehouse.connection)
    assert forecast_in_words(told) == "nothing is forecast as of 2024-01-05: 5 days are known, and a forecast needs 14"


def test_the_summary_has_the_total_its_interval_the_method_and_how_good_it_was(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(200))
    _, found = warehouse.forecast()
    told = newest_forecast(warehouse.connection)
    assert told
    assert found.total
    assert found.days.accuracy
    total, (lower, upper) = float(found.total.forecast), map(float, found.total.ends[80])
    assert (told["as_of"], told["days"], told["total"]) == ("2024-07-18", 28, total)
    assert (told["lower_80"], told["upper_80"], told["method"]) == (lower, upper, str(found.days.method))
    assert told["mase"] == pytest.approx(found.days.accuracy.mase, abs=1e-4)
    assert forecast_in_words(told) == (
        f"{total:,.2f} in the 28 days after 2024-07-18 (80 of 100: {lower:,.2f} to {upper:,.2f}), "
        f"by {told['method']}, MASE {told['mase']:.2f}"
    )


def test_a_short_history_is_told_without_a_judgement(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(30))
    warehouse.forecast()
    assert forecast_in_words(newest_forecast(warehouse.connection)).endswith("by seasonal_naive, not judged yet")


def test_a_total_of_the_table_is_the_sum_of_its_days(warehouse: SmallWarehouse) -> None:
    warehouse.deliver(sales(60))
    warehouse.forecast()
    summed = warehouse.value(
        "select sum(forecast) from finance.revenue_forecast_latest where grain = 'day' and period_start <= as_of + 28"
    )
    assert isinstance(summed, Decimal)
    assert warehouse.value("select total from models.revenue_backtests where grain = 'day'") == summed

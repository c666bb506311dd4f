"""Each check of the forecast is green where it should be, and red where its subject is broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest
from made_series import noisy_week
from small_warehouse import FAR, SmallWarehouse

from echo_assets.forecast import judging, stored
from echo_assets.forecast.judging import Question, Seen
from echo_assets.forecast.reading import last_known_day
from echo_assets.forecast_checks import CHECKS
from echo_ml.models.forecast.history import Floats
from echo_quality.findings import Finding

pytestmark = pytest.mark.database

FIRST = date(2024, 1, 1)
DAYS = 330


def deliver(warehouse: SmallWarehouse, values: Floats, first: int = 0) -> None:
    days = [FIRST + timedelta(days=first + at) for at in range(len(values))]
    warehouse.deliver(dict(zip(days, map(float, np.round(values, 2)), strict=True)))


def ask(warehouse: SmallWarehouse, question: Question, waits: str = "") -> Finding:
    backtests = {row["grain"]: row for row in stored.newest_backtests(warehouse.connection)}
    last = last_known_day(warehouse.connection, FAR, "UTC")
    return question(Seen(warehouse.connection, backtests, last, waits))


def regular() -> Floats:
    return noisy_week(DAYS)


def wilder() -> Floats:
    """Since the backtest began, noise is six times what it was."""
    values = noisy_week(DAYS)
    values[-190:] = noisy_week(190, seed=2, noise=0.9)
    return values


def wild_at_last() -> Floats:
    """Noise has grown within the backtest, so that earlier errors promise too much."""
    values = noisy_week(DAYS, noise=0.05)
    values[-90:] = noisy_week(90, seed=2, noise=0.5)
    return values


def halved() -> Floats:
    """Half of the revenue was lost in the middle of the backtest, so that too much was forecast for a while."""
    values = noisy_week(DAYS)
    values[-100:] *= 0.3
    return values


@pytest.mark.parametrize(
    ("question", "broken", "says"),
    [
        (judging.has_mase_below_one, wilder, "has a MASE of"),
        (judging.covers_as_it_says, wild_at_last, "days: "),
        (judging.is_unbiased, halved, "too high on average"),
        (judging.suffices, lambda: noisy_week(60), "60 days of history, and a backtest needs 118"),
    ],
    ids=["mase", "coverage", "bias", "history"],
)
def test_a_history_that_cannot_be_forecast_well_turns_its_check_red(
    warehouse: SmallWarehouse, question: Question, broken: Callable[[], Floats], says: str
) -> None:
    deliver(warehouse, broken())
    warehouse.forecast()
    finding = ask(warehouse, question)
    assert (finding.passed, finding.is_error) == (False, False), finding
    assert says in finding.said
    assert finding.facts


def test_a_regular_history_leaves_every_check_green(warehouse: SmallWarehouse) -> None:
    deliver(warehouse, noisy_week(450))
    warehouse.forecast()
    findings = {check.name: ask(warehouse, check.find) for check in CHECKS}
    assert {name: finding.said for name, finding in findings.items() if not finding.passed} == {}


def test_where_there_was_no_backtest_its_figures_are_not_measured_and_the_history_says_so(
    warehouse: SmallWarehouse,
) -> None:
    deliver(warehouse, noisy_week(60))
    warehouse.forecast()
    for question in (judging.has_mase_below_one, judging.covers_as_it_says, judging.is_unbiased):
        finding = ask(warehouse, question)
        assert finding.passed
        assert "Not measured (days: 60 days of history" in finding.said
    assert not ask(warehouse, judging.suffices).passed


def test_before_anything_is_known_nothing_is_wrong(warehouse: SmallWarehouse) -> None:
    assert all(ask(warehouse, check.find).passed for check in CHECKS)


@pytest.mark.parametrize(("factor", "holds"), [(1.0, True), (3.0, False)], ids=["as it was", "three times as much"])
def test_what_was_told_is_held_against_what_came(warehouse: SmallWarehouse, factor: float, holds: bool) -> None:
    values = noisy_week(DAYS + 30)
    deliver(warehouse, values[:DAYS])
    warehouse.forecast("run 1")
    assert "0 days have come" in ask(warehouse, judging.held_before).said
    deliver(warehouse, factor * values[DAYS:], first=DAYS)
    warehouse.forecast("run 2")
    finding = ask(warehouse, judging.held_before)
    assert finding.passed == holds, finding
    assert finding.facts["days"] == 30


def test_a_day_that_is_told_again_counts_as_it_was_told_first(warehouse: SmallWarehouse) -> None:
    values = noisy_week(DAYS + 30)
    deliver(warehouse, values[:DAYS])
    warehouse.forecast("run 1")
    columns = "as_of, grain, period_start, forecast, method, reason, metric_version, run_id"
    warehouse.connection.execute(
        f"""insert into finance.revenue_forecast
            ({columns}, lower_80, upper_80, lower_95, upper_95, model_run_id, made_at)
        select {columns}, 0, 0, 0, 0, 'hindsight', made_at + interval '1 day' from finance.revenue_forecast
        where grain = 'day'""".encode()
    )
    deliver(warehouse, values[DAYS:], first=DAYS)
    warehouse.forecast("run 2")
    assert ask(warehouse, judging.held_before).passed


def test_a_forecast_is_out_of_date_when_another_day_is_known_or_a_source_has_changed(
    warehouse: SmallWarehouse,
) -> None:
    deliver(warehouse, noisy_week(40))
    warehouse.forecast()
    assert ask(warehouse, judging.is_current).passed
    changed = ask(warehouse, judging.is_current, "revenue changed since revenue was forecast.")
    assert (changed.passed, changed.is_error) == (False, True)
    deliver(warehouse, noisy_week(1), first=40)
    late = ask(warehouse, judging.is_current)
    assert (late.passed, late.is_error) == (False, True)
    assert late.said == "It is as of 2024-02-09, and revenue is known up to 2024-02-10."


def test_a_forecast_that_was_never_made_is_out_of_date_once_revenue_is_known(warehouse: SmallWarehouse) -> None:
    deliver(warehouse, noisy_week(40))
    assert "It is as of no day" in ask(warehouse, judging.is_current).said


def test_a_month_that_is_not_the_sum_of_its_days_is_named(warehouse: SmallWarehouse) -> None:
    deliver(warehouse, noisy_week(40))
    warehouse.forecast()
    assert ask(warehouse, judging.adds_up).passed
    warehouse.connection.execute("drop trigger append_only on finance.revenue_forecast")
    warehouse.connection.execute("update finance.revenue_forecast set forecast = forecast + 0.01 where grain = 'month'")
    finding = ask(warehouse, judging.adds_up)
    assert (finding.passed, finding.is_error) == (False, True)
    assert finding.said.startswith("2024-02-01: ")
    assert len(finding.sample) == 1


def test_what_is_out_of_date_need_not_add_up(warehouse: SmallWarehouse) -> None:
    deliver(warehouse, noisy_week(40))
    warehouse.forecast()
    deliver(warehouse, np.array([5.0]), first=35)
    assert ask(warehouse, judging.adds_up, "revenue changed since revenue was forecast.").passed
    assert not ask(warehouse, judging.adds_up).passed

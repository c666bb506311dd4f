"""The checks of `models/revenue_forecast`: how good the newest forecast is, whether it is current, whether it adds up.

What each asks is in `forecast/judging.py`. How good a forecast is, is a finding and a warning; one that is not of what
is known, or does not add up, is an error. None blocks: nothing is built on a forecast.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
from psycopg import Connection

from echo_assets.dbt.project import load_project
from echo_assets.forecast import due, judging
from echo_assets.forecast.judging import Question, Seen
from echo_assets.forecast.reading import last_known_day
from echo_assets.forecast.stored import newest_backtests
from echo_assets.planned import days_of_partitions
from echo_assets.planner.ledger import read_ledger
from echo_assets.revenue_forecast import FORECAST
from echo_assets.source_checks import record, result_of, runbook_link
from echo_assets.sources import Sources
from echo_quality.findings import SourceCheck


@dataclass(frozen=True)
class Check:
    """A check, the section of the runbook that speaks of it, and what it asks."""

    name: str
    section: str
    asks: str
    find: Question


_GOOD, _CURRENT = "a-forecast-is-not-good-enough", "a-forecast-is-out-of-date"
CHECKS = (
    Check("history_suffices", "too-little-history-for-a-forecast", "Days and months were put to a backtest.",
          judging.suffices),
    Check("mase_below_one", _GOOD, "Days are forecast better than two weeks in a row differ (MASE below 1).",
          judging.has_mase_below_one),
    Check("coverage_near_nominal", _GOOD, "In the backtest, intervals held about as much as they say.",
          judging.covers_as_it_says),
    Check("bias_is_small", _GOOD, "In the backtest, days were not forecast a tenth too high or too low on average.",
          judging.is_unbiased),
    Check("past_intervals_held", _GOOD, "Days that have come lay in the intervals that were told before.",
          judging.held_before),
    Check("forecast_is_current", _CURRENT, "The newest forecast is of what is known now.", judging.is_current),
    Check("months_are_sums_of_days", "a-forecast-does-not-add-up", "A month that is summed up is the sum of its days.",
          judging.adds_up),
)  # fmt: skip
"""All of them; a suite asks further ones of every row."""


def forecast_checks(sources: Sources) -> dg.AssetChecksDefinition:
    """One step that asks them, or those that were selected."""
    checks = {dg.AssetCheckKey(FORECAST, check.name): check for check in CHECKS}

    @dg.multi_asset_check(
        name="judge_revenue_forecast", can_subset=True, specs=[_spec(sources, check) for check in CHECKS]
    )
    def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        asked = {key: check for key, check in checks.items() if key in context.selected_asset_check_keys}
        with sources.connection() as connection:
            seen = _seen(sources, connection)
            for key, check in asked.items():
                finding, described = check.find(seen), _described(sources, check)
                record(connection, key, described, finding, context.run.run_id)
                yield result_of(key, described, finding)

    return judge


def _seen(sources: Sources, connection: Connection[Any]) -> Seen:
    target = due.forecast_target(load_project().manifest)
    stale = sorted({each.source for each in read_ledger(sources.url(read_only=True), [target]).stale})
    return Seen(
        connection,
        backtests={row["grain"]: row for row in newest_backtests(connection)},
        last_day=last_known_day(connection, days_of_partitions(sources).last, sources.settings.timezone),
        waits=f"{', '.join(stale)} changed since revenue was forecast." if stale else "",
    )


def _spec(sources: Sources, check: Check) -> dg.AssetCheckSpec:
    metadata = {"runbook": runbook_link(_described(sources, check))}
    return dg.AssetCheckSpec(check.name, asset=FORECAST, description=check.asks, metadata=metadata)


def _described(sources: Sources, check: Check) -> SourceCheck:
    """The check as it is recorded."""
    return SourceCheck(check.name, check.section, check.asks, lambda view: check.find(_seen(sources, view.connection)))

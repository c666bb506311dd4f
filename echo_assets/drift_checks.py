"""Volume and distribution of marts: whether the newest days look like the days before them.

Those of sources are in `echo_quality/drift` and are asked in `source_checks.py`; the statistics are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import dagster as dg

from echo_assets.source_checks import record, result_of, runbook_link
from echo_assets.sources import Sources
from echo_quality.drift.checks import SECTION, finding_of
from echo_quality.drift.incidents import incidents_of
from echo_quality.drift.series import by_day
from echo_quality.drift.statistics import Measure
from echo_quality.findings import Finding, SourceCheck, View

_DAYS_JUDGED = 7
_WINDOWS = 3


@dataclass(frozen=True)
class _Figure:
    """A column of a mart that is judged day by day."""

    check: str
    column: str
    measure: Measure
    said: str


_ASSET = dg.AssetKey(["finance", "revenue_daily"])
_SOURCE = "revenue"
FIGURES = (
    _Figure("revenue_per_day_as_usual", "revenue", Measure.AMOUNT, "The last seven days have the usual revenue."),
    _Figure("sales_per_day_as_usual", "transactions", Measure.COUNT, "The last seven days have the usual sales."),
)
"""What is judged of `finance/revenue_daily`."""


def mart_drift_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """The checks of `finance/revenue_daily`; none where there is no contract for revenue."""
    if _SOURCE not in sources.contracts:
        return []
    checks = {dg.AssetCheckKey(_ASSET, figure.check): figure for figure in FIGURES}

    @dg.multi_asset_check(
        name="watch_revenue_daily",
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(
                key.name, asset=_ASSET, description=figure.said, metadata={"runbook": runbook_link(_check(figure))}
            )
            for key, figure in checks.items()
        ],
    )
    def watch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key, figure in checks.items():
            if key in context.selected_asset_check_keys:
                yield _result(context, sources, key, figure)

    return [watch]


def _result(
    context: dg.AssetCheckExecutionContext, sources: Sources, key: dg.AssetCheckKey, figure: _Figure
) -> dg.AssetCheckResult:
    settings, contract = sources.settings, sources.contracts[_SOURCE]
    check = _check(figure)
    with sources.connection() as connection:
        finding = check.find(View(connection, contract, settings.lake, settings.timezone, sources.clock()))
        record(connection, key, check, finding, context.run.run_id)
    return result_of(key, check, finding)


def _check(figure: _Figure) -> SourceCheck:
    return SourceCheck(figure.check, SECTION, figure.said, lambda view: _finding(view, figure))


def _finding(view: View, figure: _Figure) -> Finding:
    """The newest days that are over, each beside the days before it; days of known incidents are left out."""
    drift = view.contract.over_time.drift
    values = _by_day(view, figure.column, _WINDOWS * drift.window + _DAYS_JUDGED)
    last = max(values, default=view.today)
    asked = {day for day in values if day > last - timedelta(days=_DAYS_JUDGED)}
    incidents = incidents_of(view.connection, _SOURCE)
    return finding_of([by_day(figure.column, values, asked, incidents, figure.measure)], drift, "day")


def _by_day(view: View, column: str, days: int) -> dict[date, float]:
    rows: list[tuple[Any, Any]] = view.connection.execute(
        f"""select transaction_date, {column} from finance.revenue_daily
            where transaction_date < %s order by transaction_date desc limit %s""".encode(),
        [view.today, days],
    ).fetchall()
    return {day: float(value) for day, value in rows}

"""A forecast as Markdown tables, for the UI of the asset graph and for MLflow: what comes, how far off it may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from echo_ml.models.forecast.grains import Grain
from echo_ml.models.forecast.results import Forecast
from echo_ml.models.forecast.revenue import TOTAL_DAYS, RevenueForecast, Row

_DAYS_SHOWN = 7
_UNKNOWN = "\N{EN DASH}"
_FORECAST = ("period", "revenue", "80 of 100 lie between", "95 of 100 lie between", "by")
_JUDGED = ("of", "method", "MASE", "baseline's", "smoothing's", "80 % held", "95 % held", "bias", "origins", "why")


def table_of(found: RevenueForecast) -> str:
    """The total of the next days, the months, and the first days."""
    total = found.total
    rows = [_row(f"the next {TOTAL_DAYS} days", total)] if total else []
    days = [row for row in found.rows if row.grain is Grain.DAY]
    rows += [_row(f"{row.period_start:%Y-%m}", row) for row in found.rows if row.grain is Grain.MONTH]
    rows += [_row(f"{row.period_start:%a %Y-%m-%d}", row) for row in days[:_DAYS_SHOWN]]
    return _table(_FORECAST, rows) if rows else f"Nothing is forecast: {found.days.reason}.\n"


def backtest_table(found: RevenueForecast) -> str:
    """How each grain was chosen, and how it did in the backtest."""
    return _table(_JUDGED, [_judged(found.days), _judged(found.months)])


def _row(period: str, row: Row) -> tuple[str, ...]:
    return (period, _money(row.forecast), _between(row.ends[80]), _between(row.ends[95]), row.method)


def _judged(found: Forecast) -> tuple[str, ...]:
    head, accuracy = (f"{found.grain}s", str(found.method)), found.accuracy
    if accuracy is None:
        return (*head, *[_UNKNOWN] * 6, "0", found.reason)
    figures = (accuracy.mase, accuracy.baseline_mase, accuracy.ets_mase)
    shares = (accuracy.coverage[80], accuracy.coverage[95], accuracy.bias)
    written = [_UNKNOWN if value is None else f"{value:.2f}" for value in figures]
    written += [_UNKNOWN if value is None else f"{value:.1%}" for value in shares]
    return (*head, *written, str(accuracy.origins), found.reason)


def _between(ends: tuple[Decimal, Decimal]) -> str:
    return f"{_money(ends[0])} and {_money(ends[1])}"


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""The tables `finance.revenue_forecast` and `models.revenue_backtests`: rows are added, and nothing is ever changed.

A forecast that says what the newest one says, of the same history, adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import dict_row

from echo_assets.forecast.reading import Known

if TYPE_CHECKING:
    from echo_ml.models.forecast.history import History
    from echo_ml.models.forecast.results import Forecast
    from echo_ml.models.forecast.revenue import RevenueForecast, Row

Values = dict[str, Any]

_NEWEST_BACKTESTS = """
select * from models.revenue_backtests
where made_at = (select max(made_at) from models.revenue_backtests) order by grain
"""
_LATEST = "select * from finance.revenue_forecast_latest order by grain, period_start"
_MADE = ("model_run_id", "run_id", "made_at")
"""What differs between two forecasts that say the same."""


def newest_backtests(connection: Connection[Any]) -> list[Values]:
    """How the newest forecast was chosen and judged, days before months; [] where none was ever made."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_NEWEST_BACKTESTS).fetchall()


def newest_rows(connection: Connection[Any]) -> list[Values]:
    """What the newest forecast says, days before months; [] where it says nothing."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_LATEST).fetchall()


def recorded_run(connection: Connection[Any], known: Known, found: RevenueForecast) -> str | None:
    """The run of MLflow of the newest forecast, if that says just this, of the same history; None otherwise."""
    newest = newest_backtests(connection)
    backtests = list(map(_without_origin, newest))
    rows = list(map(_without_origin, newest_rows(connection)))
    is_same = backtests == list(_backtests(known, found)) and rows == list(_rows(known, found))
    return str(newest[0]["model_run_id"]) if newest and is_same else None


def add(
    connection: Connection[Any], known: Known, found: RevenueForecast, model_run_id: str, run_id: str | None
) -> None:  # fmt: skip
    """Record a forecast: its rows, and how each grain of it was chosen. Within the transaction of the caller."""
    origin = {"model_run_id": model_run_id, "run_id": run_id}
    _insert(connection, "models.revenue_backtests", [{**row, **origin} for row in _backtests(known, found)])
    _insert(connection, "finance.revenue_forecast", [{**row, **origin} for row in _rows(known, found)])


def _insert(connection: Connection[Any], table: str, rows: list[Values]) -> None:
    if rows:
        names = list(rows[0])
        statement = f"insert into {table} ({', '.join(names)}) values ({', '.join(f'%({name})s' for name in names)})"
        with connection.cursor() as cursor:
            cursor.executemany(statement.encode(), rows)


def _without_origin(row: Values) -> Values:
    return {name: value for name, value in row.items() if name not in _MADE}


def _rows(known: Known, found: RevenueForecast) -> Iterator[Values]:
    for row in found.rows:
        yield {
            "as_of": found.as_of, "grain": str(row.grain), "period_start": row.period_start, "forecast": row.forecast,
            **_ends(row), "method": str(row.method), "reason": row.reason, "metric_version": known.metric_version,
        }  # fmt: skip


def _backtests(known: Known, found: RevenueForecast) -> Iterator[Values]:
    yield {**_backtest(known, found.days, found.history), **_total(found.total)}
    yield {**_backtest(known, found.months, found.month_history), **_total(None)}


def _backtest(known: Known, found: Forecast, history: History) -> Values:
    accuracy = found.accuracy
    covered = accuracy.coverage if accuracy else {}
    figures = ("mase", "baseline_mase", "ets_mase", "bias")
    return {
        "as_of": known.as_of, "grain": str(found.grain), "method": str(found.method), "reason": found.reason,
        "interval_source": found.source, "periods": len(history), "missing": history.missing,
        "origins": accuracy.origins if accuracy else 0, **{name: getattr(accuracy, name, None) for name in figures},
        "coverage_80": covered.get(80), "coverage_95": covered.get(95), "history_sha256": history.sha256,
        "metric_version": known.metric_version,
    }  # fmt: skip


def _total(total: Row | None) -> Values:
    from echo_ml.models.forecast.revenue import TOTAL_DAYS

    ends = {f"total_{name}": value for name, value in _ends(total).items()}
    return {"total_days": TOTAL_DAYS if total else None, "total": total.forecast if total else None, **ends}


def _ends(row: Row | None) -> Values:
    """Four ends by the name of their column; all None where there is no row."""
    return {
        f"{side}_{level}": row.ends[level][place] if row else None
        for level in (80, 95)
        for place, side in enumerate(("lower", "upper"))
    }

"""What `echoctl run` says of the forecast: the total of the next weeks, by what it was made, and how good that was."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from echo_assets.forecast.stored import newest_backtests


def newest_forecast(connection: Connection[Any]) -> dict[str, Any] | None:
    """The newest forecast in figures: money to the cent, shares and MASE to four decimals, null where unknown.

    Has `as_of`, `days`, `total`, `lower_80`, `upper_80`, `method`, `mase`, `baseline_mase`, `coverage_80` and `reason`;
    None where none was made yet. Where nothing is forecast, `method` is none and `reason` says why.
    """
    backtests = newest_backtests(connection)
    if not backtests:
        return None
    days = backtests[0]
    money = {name: _rounded(days[column], 2) for name, column in _MONEY.items()}
    shares = {name: _rounded(days[name], 4) for name in ("mase", "baseline_mase", "coverage_80")}
    return {
        "as_of": days["as_of"].isoformat(), "days": days["total_days"], **money, "method": days["method"], **shares,
        "reason": days["reason"],
    }  # fmt: skip


_MONEY = {"total": "total", "lower_80": "total_lower_80", "upper_80": "total_upper_80"}


def forecast_in_words(forecast: dict[str, Any] | None) -> str:
    """One line for a person."""
    if forecast is None:
        return "revenue was not forecast yet"
    if forecast["total"] is None:
        return f"nothing is forecast as of {forecast['as_of']}: {forecast['reason']}"
    ends = f"{forecast['lower_80']:,.2f} to {forecast['upper_80']:,.2f}"
    judged = "not judged yet" if forecast["mase"] is None else f"MASE {forecast['mase']:.2f}"
    return (
        f"{forecast['total']:,.2f} in the {forecast['days']} days after {forecast['as_of']} "
        f"(80 of 100: {ends}), by {forecast['method']}, {judged}"
    )


def _rounded(value: Any, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)

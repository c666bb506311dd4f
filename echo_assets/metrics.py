"""The headline metrics as the marts have them: read, not computed, and rounded only here, at the edge."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

_HEADLINE = "select * from finance.headline_metrics"
_MONTHS = "select month::text, total_revenue, is_partial from finance.revenue_summary order by month"
_CHANNELS = """
select channel, leads, conversions, spend, conversion_rate, cost_per_conversion
from marketing.channel_performance order by rank_by_volume, channel
"""

_BUILT = """
select bool_and(to_regclass(mart) is not null)
from unnest(array['finance.headline_metrics', 'finance.revenue_summary', 'marketing.channel_performance']) as mart
"""


def headline_metrics(connection: Connection[Any]) -> dict[str, Any]:
    """Metrics for `echoctl run`: money to the cent, rates as fractions to four decimals, null where undefined."""
    with connection.cursor(row_factory=dict_row) as cursor:
        if not _is_built(connection):
            return {}
        headline = cursor.execute(_HEADLINE).fetchone() or {}
        months = cursor.execute(_MONTHS).fetchall()
        channels = cursor.execute(_CHANNELS).fetchall()
    return {
        "total_revenue": _money(headline.get("total_revenue")),
        "average_order_value": _money(headline.get("average_order_value")),
        "revenue_growth": _rate(headline.get("revenue_growth")),
        "conversion_rate": _rate(headline.get("conversion_rate")),
        "channel_performance": [_channel(row) for row in channels],
        "best_channel_by_rate": _best(
            headline, "best_channel_by_rate", "rate", _rate(headline.get("best_channel_rate"))
        ),
        "best_channel_by_volume": _best(
            headline, "best_channel_by_volume", "conversions", headline.get("best_channel_conversions")
        ),
        "revenue_by_month": [
            {"month": row["month"][:7], "revenue": _money(row["total_revenue"]), "is_partial": row["is_partial"]}
            for row in months
        ],
    }


def _is_built(connection: Connection[Any]) -> bool:
    found = connection.execute(_BUILT).fetchone()
    return bool(found and found[0])


def _best(headline: dict[str, Any], name: str, measure: str, value: Any) -> dict[str, Any] | None:
    return {"channel": headline[name], measure: value} if headline.get(name) is not None else None


def _channel(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "channel": row["channel"],
        "leads": row["leads"],
        "conversions": row["conversions"],
        "spend": _money(row["spend"]),
        "conversion_rate": _rate(row["conversion_rate"]),
        "cost_per_conversion": _money(row["cost_per_conversion"]),
    }


def _money(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 2))


def _rate(value: Decimal | None) -> float | None:
    return None if value is None else float(round(value, 4))

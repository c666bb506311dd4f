"""What is known of revenue: by day, from the mart; which days no delivery covers, from the rows that are staged.

Must not live here: what is made of it (`echo_ml/models/forecast`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from echo_quality.drift.incidents import incidents_of, is_known

if TYPE_CHECKING:
    from echo_ml.models.forecast.history import History

SOURCE = "revenue"
METRIC = "total_revenue"
"""What is forecast, by its name in the catalogue."""

_IS_BUILT = """
select to_regclass('finance.revenue_daily') is not null and to_regclass('finance.metrics_catalog') is not null
"""
_NEWEST_DAYS = """
select transaction_date from finance.revenue_daily where transaction_date <= %s order by transaction_date desc limit 2
"""
_REVENUE = "select transaction_date, revenue::float8 from finance.revenue_daily where transaction_date <= %s"
_SPANS = """
select min(transaction_date), max(transaction_date)
from (
    select _row_id, transaction_date from staging.revenue
    union all
    select _row_id, transaction_date from staging.revenue_shadow
) as delivered
group by _row_id >> 32
"""
_DELIVERED_ON = """
select max((landed_at at time zone %s)::date)
from ops.loads
where load_id in (select _row_id >> 32 from staging.revenue where transaction_date = %s)
"""
_VERSION = "select definition_version from finance.metrics_catalog where metric = %s"


@dataclass(frozen=True)
class Known:
    """The history of revenue up to `as_of`, and the version of what revenue means."""

    as_of: date
    history: History
    metric_version: str


def known_revenue(connection: Connection[Any], today: date, timezone: str) -> Known | None:
    """What the mart holds up to the last day that is over; None while there is nothing, or the mart is not built.

    Days of a known incident (`echoctl incident`) count as unknown.
    """
    from echo_ml.models.forecast.history import daily

    as_of = last_known_day(connection, today, timezone)
    if as_of is None:
        return None
    revenue: dict[date, float] = dict(connection.execute(_REVENUE, [as_of]).fetchall())
    incidents = incidents_of(connection, SOURCE)
    covered = connection.execute(_SPANS).fetchall()
    history = daily(revenue, covered, as_of, lambda day: is_known(day, incidents))
    [version] = connection.execute(_VERSION, [METRIC]).fetchone() or ("",)
    return Known(as_of, history, version)


def last_known_day(connection: Connection[Any], today: date, timezone: str) -> date | None:
    """The last day with revenue that is over, no later than `today`; None where there is none.

    The newest day is not over if that day had not ended yet when its newest file was taken in; a later day ends it.
    """
    [is_built] = connection.execute(_IS_BUILT).fetchone() or (False,)
    if not is_built:
        return None
    days = [day for (day,) in connection.execute(_NEWEST_DAYS, [today])]
    if days and _was_delivered_too_early(connection, days[0], timezone):
        del days[0]
    return days[0] if days else None


def _was_delivered_too_early(connection: Connection[Any], day: date, timezone: str) -> bool:
    [delivered] = connection.execute(_DELIVERED_ON, [timezone, day]).fetchone() or (None,)
    return delivered is not None and delivered <= day

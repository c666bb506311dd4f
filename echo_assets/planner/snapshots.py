"""What is known as of a day, in the ledger: the newest mark of each source up to that day, and which days are retained.

Readouts and snapshots of features know everything up to the end of their day, so that a change on one day makes that
day's and every later one due.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from psycopg import Connection

from echo_assets.planner.state import DirtyDay, Retention, Target

_MARKS = """
with touched as (
    select source, day, mark, false as is_asked from ops.dirty_days where source = any (%(sources)s)
    union all
    select source, day, null, true
    from unnest(%(sources)s::text[]) as source cross join unnest(%(days)s::date[]) as day
), known as (
    select source, day, bool_or(is_asked) as is_asked, max(max(mark)) over (partition by source order by day) as mark
    from touched
    group by source, day
)
select %(asset)s, known.source, known.day, known.mark
from known
left join ops.built_days as seen on seen.asset = %(asset)s and seen.source = known.source and seen.day = known.day
where is_asked and known.mark is not null and (%(all)s or seen.mark is distinct from known.mark)
order by known.day, known.source
"""
_RETAINED = "select day from ops.retained_days(%s, %s, %s, %s) as days (day) order by day"


def marks_of(connection: Connection[Any], target: Target, days: Collection[date], *, unseen: bool) -> list[DirtyDay]:
    """The newest mark of each source up to each of these days: all of them, or those that the target has not seen."""
    asked = {"asset": target.key, "sources": sorted(target.sources), "days": list(days), "all": not unseen}
    return [DirtyDay(*row) for row in connection.execute(_MARKS, asked)]


def retained_days(connection: Connection[Any], retention: Retention, today: date) -> list[date]:
    """The days that have a snapshot when everything is built, in order; none is later than `today`."""
    asked = [sorted(retention.events), retention.first_date, retention.recent_days, today]
    return [day for (day,) in connection.execute(_RETAINED, asked)]

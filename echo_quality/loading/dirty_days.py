"""Telling the planner which business days of a source changed: the marks of `ops.dirty_days`.

Whoever builds on a source compares the largest mark that it has seen. So marks of one source must be committed in the
order in which they grow, whoever raises them: a load, an erasure, the consumer of a stream. A lock that is held from
raising a mark to the end of the transaction sees to that.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from psycopg import Connection

_LOCK = "select pg_advisory_xact_lock(hashtext('echo.marks'), hashtext(%s))"
_RAISE = """
with raised as materialized (
    select case
        when %(mark)s::bigint is null
            or exists (select from ops.dirty_days where source = %(source)s and mark > %(mark)s::bigint)
        then nextval(pg_get_serial_sequence('ops.loads', 'load_id')) else %(mark)s::bigint
    end as mark
)
insert into ops.dirty_days (source, day, mark)
select %(source)s, days.day, raised.mark
from unnest(%(days)s::date[]) as days (day) cross join raised
order by days.day
on conflict (source, day) do update set mark = excluded.mark
"""


def mark_days(connection: Connection[Any], source: str, days: Iterable[datetime.date], mark: int | None = None) -> None:
    """Mark days within the caller's transaction: with the number of a load, or with a new one where that is too late.

    It is too late when the source has a larger mark, from somebody who began later and ended earlier.
    """
    changed = sorted(set(days))
    if changed:
        connection.execute(_LOCK, [source])
        connection.execute(_RAISE, {"source": source, "days": changed, "mark": mark})

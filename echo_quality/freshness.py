"""How old the newest of a source is, by the time it was loaded and by the time it happened, beside what is agreed.

A source of which nothing was ever taken in is not late: nobody has begun to send it. Events later than now are left
out, since one wrong year would make a source fresh for ever; they are counted.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import sql

from echo_quality.contract import Contract, LogicalType
from echo_quality.findings import Finding, SourceCheck, View
from echo_quality.loading.loads import ACCEPTED

BY_LOAD_TIME, BY_EVENT_TIME = "fresh_by_load_time", "fresh_by_event_time"
_NOTHING = "Nothing was taken in yet, so nothing is late."
_LAST_LOAD = "select max(loaded_at) from ops.loads where source = %s and status = any (%s)"
_LAST_EVENT = """
select max({event}) filter (where {event} <= {now}), count(*) filter (where {event} > {now}) from {staging}
"""


def freshness_checks(contract: Contract) -> list[SourceCheck]:
    """One check for each age that the contract bounds."""
    found = []
    if contract.freshness_hours is not None:
        said = f"A file was accepted within the last {_hours(contract.freshness_hours)}."
        found.append(SourceCheck(BY_LOAD_TIME, "fresh", said, by_load_time))
    if contract.over_time.event_hours is not None:
        said = f"The newest {contract.event_column} is at most {_hours(contract.over_time.event_hours)} old."
        found.append(SourceCheck(BY_EVENT_TIME, "fresh", said, by_event_time))
    return found


def by_load_time(view: View) -> Finding:
    """The age of the last accepted load."""
    row = view.connection.execute(_LAST_LOAD, [view.contract.source, list(ACCEPTED)]).fetchone()
    last: datetime | None = row[0] if row else None
    return _finding(view, last, last, view.contract.freshness_hours or 0.0, "accepted load", {})


def by_event_time(view: View) -> Finding:
    """The age of the newest event that has happened; a day is over, and begins to age, when it ends."""
    event = view.contract.column(view.contract.event_column)
    is_day = event.logical_type is LogicalType.DATE
    statement = sql.SQL(_LAST_EVENT).format(
        event=sql.Identifier(event.name),
        staging=sql.Identifier("staging", view.contract.source),
        now=sql.Literal(view.today if is_day else view.now),
    )
    last, later = view.connection.execute(statement).fetchone() or (None, 0)
    happened = last
    if is_day and last is not None:
        happened = datetime.combine(last + timedelta(days=1), time(), ZoneInfo(view.timezone)).astimezone(UTC)
    hours = view.contract.over_time.event_hours or 0.0
    return _finding(view, last, happened, hours, event.name, {"later_than_now": later} if later else {})


def _finding(
    view: View, seen: Any, moment: datetime | None, bound: float, what: str, more: dict[str, Any]
) -> Finding:  # fmt: skip
    owner = {"owner": view.contract.owner, "bound_hours": bound, **more}
    if moment is None:
        return Finding(True, _NOTHING, facts=owner)
    age = max((view.now - moment).total_seconds() / 3600, 0.0)
    facts = {"last_seen": _shown(seen), "age_hours": round(age, 2), **owner}
    said = f"The newest {what} is of {_shown(seen)}: {_hours(age)} old, {_hours(bound)} are agreed."
    offender = {"last_seen": facts["last_seen"], **owner}  # without the age, so that it is the same one next time
    return Finding(age <= bound, said, facts=facts, sample=() if age <= bound else (offender,))


def _shown(seen: Any) -> str:
    if isinstance(seen, datetime):
        return seen.astimezone(UTC).isoformat(" ", "minutes")
    return str(seen)


def _hours(hours: float) -> str:
    return f"{round(hours, 2):g} h" if hours < 48 else f"{round(hours / 24, 2):g} d"

"""Known incidents: days on which a source is not as usual, so that they are neither judged nor a measure for others.

An incident is something that happened, not something that was agreed; so it is a row of `ops.incidents` and no line of
the contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from echo_quality.drift.profiles import Profile

_MOST = 0.5


class IncidentError(ValueError):
    """An incident that cannot be declared or closed; the message names it and the fix."""


@dataclass(frozen=True)
class Incident:
    """A stretch of business days, both ends included; without a last day it goes on."""

    incident_id: int
    source: str
    first_day: date
    last_day: date | None
    reason: str
    declared_at: datetime

    def covers(self, day: date) -> bool:
        """Whether the day belongs to it."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def incidents_of(connection: Connection[Any], source: str | None = None) -> list[Incident]:
    """The incidents of a source, or all of them, by their first day."""
    with connection.cursor(row_factory=class_row(Incident)) as cursor:
        return cursor.execute(
            """select * from ops.incidents where %(source)s::text is null or source = %(source)s
               order by first_day, incident_id""",
            {"source": source},
        ).fetchall()


def declare(connection: Connection[Any], source: str, first: date, last: date | None, reason: str) -> int:
    """Write an incident down, and return its number."""
    if last is not None and last < first:
        raise IncidentError(f"an incident from {first} to {last} ends before it begins")
    if not reason.strip():
        raise IncidentError("an incident needs a reason: those who read of it later were not there")
    row = connection.execute(
        "insert into ops.incidents (source, first_day, last_day, reason) values (%s, %s, %s, %s) returning incident_id",
        [source, first, last, reason.strip()],
    ).fetchone()
    return int(row[0]) if row else 0


def close(connection: Connection[Any], incident_id: int, last: date) -> Incident:
    """Give an incident its last day."""
    found = [each for each in incidents_of(connection) if each.incident_id == incident_id]
    if not found:
        raise IncidentError(f"there is no incident {incident_id}: `echoctl incident list` shows them")
    if last < found[0].first_day:
        raise IncidentError(f"incident {incident_id} began on {found[0].first_day}: it cannot end on {last}")
    connection.execute("update ops.incidents set last_day = %s where incident_id = %s", [last, incident_id])
    return next(each for each in incidents_of(connection) if each.incident_id == incident_id)


def is_known(day: date, incidents: Iterable[Incident]) -> bool:
    """Whether a day belongs to a known incident."""
    return any(incident.covers(day) for incident in incidents)


def loads_of_incidents(profiles: Iterable[Profile], incidents: list[Incident]) -> frozenset[int]:
    """The numbers of the loads that belong to one: arrived on one of its days, or with most of their rows of them."""
    return frozenset(each.load_id for each in profiles if incidents and _is_of_incident(each, incidents))


def _is_of_incident(profile: Profile, incidents: list[Incident]) -> bool:
    if is_known(profile.arrived, incidents):
        return True
    days: dict[date, int] = {date.fromisoformat(day): int(rows) for day, rows in profile.of("days").items()}
    known = sum(rows for day, rows in days.items() if is_known(day, incidents))
    return known > _MOST * sum(days.values())

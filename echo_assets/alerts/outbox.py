"""The outbox: every alert that was raised and not told yet goes out, at least once, each to every service.

`ops.alerts` is the outbox: an alert is written in the same place that keeps it for ever, and marked when it was told. A
crash between telling and marking tells it again; nothing is told never. The same is not told twice while it lasts, and
a flood is summed up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from echo_assets.alerts.messages import Alert, Message, message_of, summary_of

if TYPE_CHECKING:
    from psycopg import Connection

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_HOUR = timedelta(hours=1)

Send = Callable[[str, Message], str | None]
"""Gives a message to a service, by its name; the reason if it did not take it, None if it did."""


@dataclass(frozen=True)
class Policy:
    """How often the same is told, and how much in an hour."""

    repeat: timedelta = timedelta(hours=24)
    most_an_hour: int = 20


@dataclass(frozen=True)
class Delivered:
    """What one round did: messages told, messages that a service did not take, alerts that wait for the next hour."""

    told: int = 0
    failed: int = 0
    waiting: int = 0


def deliver(
    connection: Connection[Any], services: Sequence[str], send: Send, policy: Policy, now: datetime
) -> Delivered:
    """Tell what is due. One round at a time: another one that is under way leaves nothing to do."""
    [held] = connection.execute("select pg_try_advisory_lock(hashtext('echo.alerts'))").fetchone() or (False,)
    if not held:
        return Delivered()
    try:
        connection.execute(_SUPPRESS, {"since": now - policy.repeat})
        return _round(connection, services, send, policy, now)
    finally:
        connection.execute("select pg_advisory_unlock(hashtext('echo.alerts'))")


def _round(
    connection: Connection[Any], services: Sequence[str], send: Send, policy: Policy, now: datetime
) -> Delivered:
    due, working, done = _due(connection, now), list(services), Delivered()
    [told] = connection.execute(_TOLD, [now - _HOUR]).fetchone() or (0,)
    planned, waiting = _planned(due, policy.most_an_hour - told, now - policy.repeat)
    for alerts, write in planned:
        if not working:
            break
        failed = _tell(connection, alerts, write, services, working, send, now)
        working = [service for service in working if service not in failed]
        done = replace(done, told=done.told + (not failed), failed=done.failed + bool(failed))
    return replace(done, waiting=waiting)


Written = Callable[[Sequence[Alert]], Message]


def _planned(
    due: Sequence[Alert], budget: int, stale_before: datetime
) -> tuple[list[tuple[list[Alert], Written]], int]:  # fmt: skip
    """The messages of this round, and how many alerts must wait: one a place, and one for all that is too much.

    What nobody could be told in time, because no service was named, is summed up as well. A message of which a service
    has had its part keeps its turn.
    """
    stale = [alert for alert in due if alert.raised_at < stale_before and not alert.attempts and not alert.told]
    places: dict[str, list[Alert]] = {}
    for alert in due:
        if alert.raised_at >= stale_before or alert.attempts or alert.told:
            places.setdefault(alert.place, []).append(alert)
    begun = [of_place for of_place in places.values() if any(alert.told for alert in of_place)]
    new = [of_place for of_place in places.values() if not any(alert.told for alert in of_place)]
    alone = len(new) if len(new) + bool(stale) <= budget else max(budget - 1, 0)
    rest = stale + [alert for of_place in new[alone:] for alert in of_place]
    planned: list[tuple[list[Alert], Written]] = [(of_place, message_of) for of_place in [*begun, *new[:alone]]]
    if rest and budget > 0:
        return [*planned, (rest, summary_of)], 0
    return planned, len(rest)


def _tell(
    connection: Connection[Any], alerts: Sequence[Alert], write: Written, services: Sequence[str],
    working: Sequence[str], send: Send, now: datetime,
) -> dict[str, str]:  # fmt: skip
    """Give each service what it has not had, mark it at once, and return who did not take it, and why."""
    resting = {service: "it did not take another message" for service in services if service not in working}
    refused: dict[str, str] = {}
    for service in working:
        untold = [alert for alert in alerts if service not in alert.told]
        if not untold:
            continue
        if (reason := send(service, write(untold))) is not None:
            refused[service] = reason
        else:
            ids = [alert.alert_id for alert in untold]
            connection.execute(_MARK_TOLD, {"service": service, "now": now, "with": ids[0], "ids": ids})
    for alert in alerts:
        _mark(connection, alert, {**resting, **refused}, bool(refused), now)
    return refused


def _mark(connection: Connection[Any], alert: Alert, missing: dict[str, str], was_refused: bool, now: datetime) -> None:
    """Delivered, if every service has had it; else tried again later, each time after a longer wait."""
    owed = {service: why for service, why in missing.items() if service not in alert.told}
    error = "; ".join(f"{service}: {why}" for service, why in owed.items()) or None
    wait = min(_FIRST_WAIT * 2 ** min(alert.attempts, 10), _LONGEST_WAIT)
    tried = was_refused or not owed
    connection.execute(
        _MARK_TRIED, {"id": alert.alert_id, "now": now, "error": error, "next": now + wait, "tried": tried}
    )


def _due(connection: Connection[Any], now: datetime) -> list[Alert]:
    from psycopg.rows import class_row

    with connection.cursor(row_factory=class_row(Alert)) as cursor:
        return cursor.execute(_DUE, [now]).fetchall()


_SUPPRESS = """
update ops.alerts as mine set suppressed_by = (
    select earlier.alert_id from ops.alerts as earlier
    where earlier.kind = mine.kind and earlier.subject = mine.subject and earlier.alert_id < mine.alert_id
        and earlier.suppressed_by is null and (earlier.told_at is null or earlier.told_at > %(since)s)
        and not exists (
            select from ops.check_results as result
            where (result.asset, result.check_name) = (mine.metadata ->> 'asset', mine.metadata ->> 'check')
                and result.partition is not distinct from mine.metadata ->> 'partition' and result.passed
                and result.check_result_id between (earlier.metadata ->> 'check_result_id')::bigint
                    and (mine.metadata ->> 'check_result_id')::bigint
        )
    order by earlier.alert_id limit 1
)
where kind = 'check_failure' and delivered_at is null and suppressed_by is null and told = '{}'
"""

_DUE = """
select alert_id, raised_at, kind, subject, message, run_id, metadata, attempts, told from ops.alerts
where delivered_at is null and suppressed_by is null and (next_attempt_at is null or next_attempt_at <= %s)
order by alert_id
"""

_TOLD = "select count(distinct told_with)::int from ops.alerts where told_at > %s"

_MARK_TOLD = """
update ops.alerts set told = array_append(told, %(service)s), told_at = coalesce(told_at, %(now)s),
    told_with = coalesce(told_with, %(with)s)
where alert_id = any (%(ids)s)
"""

_MARK_TRIED = """
update ops.alerts set attempts = attempts + %(tried)s::boolean::int, error = %(error)s,
    delivered_at = case when %(error)s::text is null then %(now)s end,
    next_attempt_at = case when %(error)s::text is not null and %(tried)s then %(next)s else next_attempt_at end
where alert_id = %(id)s
"""

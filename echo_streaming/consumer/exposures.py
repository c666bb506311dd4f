"""Telling others what users were exposed to: the outbox of exposures, emptied by a callable that is handed in.

A flush only queues who saw something new; what they have seen so far is read when it is told, so nobody is told of an
older state later. Where two tell at the same time, or one tells again, the receiver goes by `newest_at`: a state
replaces one that is older or as old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection


class ExposureState(NamedTuple):
    """How many arms of experiments a user has seen in the stream, and when the newest of them for the first time."""

    user_id: str
    arms: int
    newest_at: datetime


Publish = Callable[[Sequence[ExposureState]], None]
"""Takes the newest state of some users; raises if it could not."""


def publish_exposures(connection: Connection[Any], publish: Publish, limit: int = 100) -> int:
    """Publish the state of the users of the oldest entries, and take these out; how many users.

    None if nothing waits, or another consumer is publishing. At least once: whoever dies between the two tells the
    same, or something newer, again. No transaction is open while the receiver takes its time.
    """
    [(is_ours,)] = connection.execute("select pg_try_advisory_lock(hashtext('echo.streaming.outbox'))").fetchall()
    if not is_ours:
        return 0
    try:
        return _publish(connection, publish, limit)
    finally:
        connection.execute("select pg_advisory_unlock(hashtext('echo.streaming.outbox'))")


def _publish(connection: Connection[Any], publish: Publish, limit: int) -> int:
    queued = connection.execute(_QUEUED, [limit]).fetchall()
    if not queued:
        return 0
    users = sorted({str(user) for _, user_ids in queued for user in user_ids})
    states = [ExposureState(*row) for row in connection.execute(_STATES, [users])]
    publish(states)
    done = [number for number, _ in queued]
    connection.execute("delete from streaming.exposure_outbox where exposure_outbox_id = any (%s)", [done])
    return len(states)


def waiting(connection: Connection[Any]) -> int:
    """How many entries wait."""
    [(number,)] = connection.execute("select count(*) from streaming.exposure_outbox").fetchall()
    return int(number)


_QUEUED = """
select exposure_outbox_id, user_ids from streaming.exposure_outbox order by exposure_outbox_id limit %s
"""
_STATES = """
select user_id, count(*), max(first_at)
from streaming.experiment_exposures where user_id = any (%s) group by user_id order by user_id
"""

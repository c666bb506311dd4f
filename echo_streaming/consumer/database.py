"""Connections of the consumer to PostgreSQL, and what an error of the database means for a batch."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

import psycopg
from psycopg import Connection, errors

from echo_streaming.consumer.terms import Terms

CONSUMER = "echo-stream-consumer"
_END_FROZEN = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where application_name = %s and datname = current_database() and usename = current_user and pid <> pg_backend_pid()
    and wait_event = 'ClientRead' and xact_start < clock_timestamp() - make_interval(secs => %s)
"""


class Meaning(Enum):
    """What is to be done about an error."""

    AWAY = auto()
    """The connection or the server is gone: connect again, and go on from the offsets that are stored."""
    AGAIN = auto()
    """The transaction lost against another one, or waited too long: the same once more."""
    POISON = auto()
    """An event that the database cannot hold: find it, and write the others."""
    FAULT = auto()
    """Ours: a table is missing, a right, a statement is wrong."""


def connect(url: str, terms: Terms, name: str = CONSUMER) -> Connection[Any]:
    """A connection in UTC on which each statement outside a transaction block is its own."""
    connection: Connection[Any] = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=10,
        application_name=name,
        keepalives=1,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
    )
    for setting, value in (
        ("timezone", "UTC"),
        ("enable_seqscan", "off"),  # statistics of a table that fills up lag behind: a plan must not read it whole
        ("lock_timeout", f"{int(terms.lock_timeout * 1000)}ms"),
        ("idle_in_transaction_session_timeout", f"{int(terms.frozen_after * 1000)}ms"),
    ):
        connection.execute("select set_config(%s, %s, false)", [setting, value])
    return connection


def end_frozen(connection: Connection[Any], terms: Terms) -> int:
    """End sessions of consumers that hold a transaction and send nothing; how many.

    The server ends a transaction that is idle by itself, but it waits for ever for the rest of a COPY. Whoever wakes up
    later finds its connection gone, and its partitions in a later generation.
    """
    [(ended,)] = connection.execute(_END_FROZEN, [CONSUMER, terms.frozen_after]).fetchall()
    return int(ended)


def meaning(error: psycopg.Error, connection: Connection[Any]) -> Meaning:
    """Tell the errors of a flush apart."""
    state = (error.sqlstate or "")[:2]
    if isinstance(error, errors.UniqueViolation):  # whoever was first has committed: the next look finds it
        return Meaning.AGAIN
    if isinstance(error, psycopg.DataError) or state in {"22", "23", "54"}:  # a value, a key, a limit of the server
        return Meaning.POISON
    if connection.closed or connection.broken or state in {"08", "57", "53", "58", "25"}:
        return Meaning.AWAY
    if state == "40" or isinstance(error, errors.LockNotAvailable):
        return Meaning.AGAIN
    return Meaning.AWAY if isinstance(error, psycopg.OperationalError) and not state else Meaning.FAULT

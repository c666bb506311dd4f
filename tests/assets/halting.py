"""Stopping another process at a chosen write, so that it can be killed there without waiting for luck."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg

_KEY = 4711
_HALT = f"""
create function public.halt() returns trigger language plpgsql as $$
begin perform pg_advisory_xact_lock({_KEY}); return new; end $$
"""
_WAITING = f"""
select pid from pg_locks where locktype = 'advisory' and objid = {_KEY} and not granted
    and database = (select oid from pg_database where datname = current_database())
"""


@contextmanager
def halted_at(url: str, table: str, event: str = "insert", when: str = "true") -> Iterator[psycopg.Connection]:
    """Whoever writes such a row waits until the block ends; then whoever still waits is disconnected."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_HALT.encode())
        connection.execute(
            f"create trigger halt before {event} on {table} for each row when ({when}) execute function halt()".encode()
        )
        connection.execute(f"select pg_advisory_lock({_KEY})".encode())
        try:
            yield connection
        finally:
            connection.execute(f"select pg_terminate_backend(pid, 5000) from ({_WAITING}) as waiting".encode())
            connection.execute("select pg_advisory_unlock_all()")
            connection.execute(f"drop trigger halt on {table}".encode())
            connection.execute("drop function public.halt()")


def waiting(connection: psycopg.Connection) -> bool:
    """Whether somebody has come to the place."""
    return bool(connection.execute(_WAITING.encode()).fetchall())


def stop_when_halted(
    connection: psycopg.Connection, command: list[str], environment: Mapping[str, str], number: int
) -> tuple[int, str]:
    """Start a command and send it a signal once it waits; its exit code, and all that it said."""
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            while not waiting(connection):
                assert process.poll() is None, f"it ended before it came to that place: {process.communicate()[0]}"
                time.sleep(0.01)
            process.send_signal(number)
            said = process.communicate(timeout=60)[0]
        finally:
            process.kill()
    return process.returncode, said

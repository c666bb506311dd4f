"""Keeps planners apart: whoever plans and runs holds one lock of the warehouse's database, among all processes.

The lock belongs to a database session, so it goes with the process that holds it, however that ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

_PLANNING = "select {function}(hashtext('echo'), hashtext('planning'))"


@contextmanager
def planning_lock(url: str, *, wait: bool) -> Iterator[bool]:
    """Hold the planning lock; yields False, and holds nothing, if someone else has it and `wait` is false."""
    with psycopg.connect(url, autocommit=True) as connection:
        if wait:
            connection.execute(_PLANNING.format(function="pg_advisory_lock"))
            yield True
        else:
            [(held,)] = connection.execute(_PLANNING.format(function="pg_try_advisory_lock")).fetchall()
            yield bool(held)

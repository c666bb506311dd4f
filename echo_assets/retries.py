"""Retrying what may pass by itself: a step that lost the database asks to be run again, a few times, backing off.

A retry policy on the step would also start it again after Ctrl-C; this asks only for the errors that time can mend.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

_RETRIES, _FIRST_DELAY = 3, 2


@contextmanager
def retried(context: dg.AssetExecutionContext) -> Iterator[None]:
    """For a step that can be repeated without harm: a lost or refused connection becomes a request to run it again."""
    import psycopg

    try:
        yield
    except psycopg.OperationalError as error:
        delay = _FIRST_DELAY * 2**context.op_execution_context.retry_number
        raise dg.RetryRequested(_RETRIES, delay) from error

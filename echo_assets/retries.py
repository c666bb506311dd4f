"""Retrying what may pass by itself: a step that lost the database asks to be run again, a few times, backing off.

A retry policy on the step would also start it again after Ctrl-C; this asks only for the errors that time can mend.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from echo_quality.suites.samples import error_text

_RETRIES, _FIRST_DELAY = 3, 2
_EVERYTHING = frozenset({"*"})
_HEALS = "make room, then run again; what was published stays as it was"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def retried(context: dg.AssetExecutionContext) -> Iterator[None]:
    """For a step that can be repeated without harm: a lost or refused connection becomes a request to run it again.

    A disk that is full or read-only does not mend by itself: the step fails at once and says what to do.
    """
    import psycopg

    try:
        yield
    except OSError as error:
        raise dg.Failure(said(error), allow_retries=False) from None
    except psycopg.errors.DiskFull as error:
        raise dg.Failure(f"the database's disk is full ({error}): {_HEALS}", allow_retries=False) from None
    except psycopg.OperationalError as error:
        delay = _FIRST_DELAY * 2**context.op_execution_context.retry_number
        raise dg.RetryRequested(_RETRIES, delay) from error
    except psycopg.Error as error:
        # What the server quotes of a row (its text, the failing values) may be personal and must reach no log.
        raise dg.Failure(
            f"the database refused: {error_text([str(error)], _EVERYTHING)}", allow_retries=False
        ) from None


def said(error: OSError) -> str:
    """What went wrong with a disk, where, and what to do about it."""
    where = f" at {error.filename}" if error.filename else " below ECHO_HOME"
    if error.errno in _FULL:
        return f"the disk is full{where} ({error.strerror}): {_HEALS}"
    if error.errno == errno.EROFS:
        return f"the disk is read-only{where}: make it writable, or set ECHO_HOME to a folder that is; then run again"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"no permission{where}: give the user who runs Echo the right to read and write there; then run again"
    return f"{error.strerror or error}{where}: see to it, then run again"

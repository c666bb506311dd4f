"""Opening a batch: the rows of one SQL query, made ready for Great Expectations in one session of PostgreSQL.

The query is run once, into a temporary table; every expectation then reads that table. Left to itself, Great
Expectations repeats the query, casts included, in every statement, and to learn the columns' names it fetches all
rows into memory. One connection does it all: the table is seen by nobody else and goes when the connection closes,
even after a kill.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from echo_quality.suites.declarations import SuiteError
from echo_quality.suites.samples import error_text

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.datasource.fluent import PostgresDatasource
    from great_expectations.validator.v1_validator import Validator

_VIEW = "echo_batch"
_ONE_AT_A_TIME = threading.Lock()
_DRIVER = "postgresql+psycopg"


@contextmanager
def opened_batch(suite_name: str, url: str, query: str, masked: frozenset[str]) -> Iterator[Validator]:
    """A validator over the rows of the query. Only committed rows are seen: it has a connection of its own."""
    with _ONE_AT_A_TIME:
        with _readable(suite_name, masked):
            batch = _batch(sqlalchemy_url(url), os.getpid())
        try:
            with _readable(suite_name, masked):
                validator = _validator(batch, query)
            yield validator
        finally:
            _close(batch.data_asset.datasource)


def sqlalchemy_url(url: str) -> str:
    """A libpq URL as SQLAlchemy and Great Expectations take it."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgresql", "postgres", _DRIVER):
        raise SuiteError(f"A suite runs on PostgreSQL: expected a URL postgresql://..., its scheme is {scheme!r}.")
    location, slash, rest = rest.partition("/")
    if not location or location.endswith("@"):
        location += "localhost"  # demanded even where the query names a socket, which then counts
    return f"{_DRIVER}://{location}{slash}{rest}".replace("$", "%24")  # `$` would start a substitution


@contextmanager
def _readable(suite_name: str, masked: frozenset[str]) -> Iterator[None]:
    """What stops a batch from being read stops the whole suite, with a reason."""
    import psycopg
    from sqlalchemy.exc import SQLAlchemyError

    gx_error = great_expectations_library().exceptions.GreatExpectationsError
    try:
        yield
    except (psycopg.Error, SQLAlchemyError, gx_error, ConnectionError, ValueError) as error:
        reason = error_text([str(error)], masked)
        raise SuiteError(f"Suite {suite_name}: its batch cannot be read, nothing was evaluated: {reason}") from None


@functools.cache
def great_expectations_library() -> Any:
    """The library, imported once: offline, silent, and leaving Python's warnings as they were."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    shown = warnings.showwarning
    import great_expectations

    if warnings.showwarning is not shown:
        logging.captureWarnings(capture=False)
    # Its log repeats each error with the statement and the values in it; the outcomes carry the reason, masked.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    return great_expectations


@functools.cache
def _context() -> Any:
    context = great_expectations_library().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return context


@functools.lru_cache(maxsize=8)
def _batch(url: str, process: int) -> BatchDefinition[Any]:
    """What every batch of a URL is: all rows of the view that each makes anew. A forked child gets its own.

    Defined once: Great Expectations writes down its whole configuration whenever something is added or taken away.
    """
    source: PostgresDatasource = _context().data_sources.add_or_update_postgres(
        name=f"warehouse_{process}_{hashlib.sha256(url.encode()).hexdigest()[:12]}",  # the URL may hold a password
        connection_string=url,
        create_temp_table=True,
        kwargs={"pool_size": 1, "max_overflow": 0, "pool_timeout": 10},
    )
    return source.add_query_asset(name=_VIEW, query=f"select * from {_VIEW}").add_batch_definition_whole_table(_VIEW)


def _validator(batch: BatchDefinition[Any], query: str) -> Validator:
    from great_expectations.validator.v1_validator import Validator

    connection = batch.data_asset.datasource.get_execution_engine().engine.raw_connection()
    try:
        session: Any = connection.driver_connection
        session.execute("set time zone 'UTC'")
        # A view, so that Great Expectations' own text handling (`:name`, `%`) never sees the query; prepared, so that
        # it is one statement.
        session.execute(f"create temporary view {_VIEW} as\n{query.strip().rstrip(';')}\n", prepare=True)
        session.commit()
    finally:
        connection.close()
    validator = Validator(batch)
    _ = validator.active_batch_id  # the table is made on first use: now, where an error is the batch's
    return validator


def _close(source: PostgresDatasource) -> None:
    source.get_execution_engine().engine.dispose()
    source.get_engine().dispose()

"""Dagster's PostgreSQL storage over one small pool of connections per process.

The storage that Dagster brings opens a connection per statement, which is most of the cost of a run. ``dagster.yaml``
names the class of this module; nothing else uses it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import psycopg2
import sqlalchemy
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.storage.event_log.schema import ConcurrencyLimitsTable, SqlEventLogStorageTable
from dagster_postgres import (
    DagsterPostgresStorage,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from dagster_postgres.utils import create_pg_engine, pg_config, pg_url_from_config, set_pg_statement_timeout
from sqlalchemy.exc import InvalidatePoolError

from echo_assets.planned_events import are_planned, store_planned
from echo_assets.server.libpq import forget_password

if TYPE_CHECKING:
    from dagster import EventLogEntry
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy import Connection
    from sqlalchemy.pool import ConnectionPoolEntry

os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", "1000")
"""A run over many days has an event for each; Dagster writes them one by one unless it is told otherwise."""

KEPT = 3
AT_MOST = 12
"""Connections of one process: webserver, daemon, code server and two runs stay well below the server's 100."""

RECYCLE_SECONDS = 600
TRUSTED_SECONDS = 0.1
"""A connection that has rested for less is not tried: no server restarts within it, and a run asks every few ms."""


class Pool:
    """The connections that the parts of the storage share; each is tried after a rest, so a restart is survived."""

    def __init__(self, postgres_url: str) -> None:
        """Set up the pool; it connects when first used."""
        self.postgres_url = postgres_url
        self._statement_timeout = 0
        self.engine = create_pg_engine(
            postgres_url,
            isolation_level="AUTOCOMMIT",
            pool_size=KEPT,
            max_overflow=AT_MOST - KEPT,
            pool_recycle=RECYCLE_SECONDS,
            pool_use_lifo=True,
        )
        sqlalchemy.event.listen(self.engine, "connect", self._on_connect)
        sqlalchemy.event.listen(self.engine, "checkin", self._on_return)
        sqlalchemy.event.listen(self.engine, "checkout", self._on_use)

    def limit_statements(self, milliseconds: int) -> None:
        """End statements that take longer, on every connection from now on."""
        if milliseconds != self._statement_timeout:
            self._statement_timeout = milliseconds
            self.engine.dispose()

    def _on_connect(self, connection: Any, _record: object) -> None:
        if self._statement_timeout:
            set_pg_statement_timeout(connection, self._statement_timeout)

    def _on_return(self, _connection: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    def _on_use(self, connection: Any, record: ConnectionPoolEntry, _borrowed: object) -> None:
        """Have the pool open its connections anew if this one broke while it rested."""
        rests_since = record.info.pop("rests_since", None)
        if rests_since is None or time.monotonic() - rests_since < TRUSTED_SECONDS:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except psycopg2.Error as error:
            raise InvalidatePoolError("the server has ended the connection") from error


class _Pooled:
    """What the three parts have in common: the shared pool in place of an engine without one."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool.postgres_url, should_autocreate_tables=False)  # type: ignore[call-arg]
        self._pool = pool
        self._engine = pool.engine
        self._known: set[str] = set()

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:  # noqa: ARG002
        """Take over the statement timeout; a pool is there already, and its bounds stay."""
        self._pool.limit_statements(statement_timeout)

    def dispose(self) -> None:
        """Close what is not in use; the pool opens connections again if it must."""
        super().dispose()  # type: ignore[misc]
        self._pool.engine.dispose()


class PooledRunStorage(_Pooled, PostgresRunStorage):  # type: ignore[misc]
    """Runs, over the shared pool."""


class PooledEventLogStorage(_Pooled, PostgresEventLogStorage):  # type: ignore[misc]
    """Events and the limits of pools, over the shared pool of connections."""

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Write what a run plans all at once; other events as Dagster does."""
        if are_planned(events):
            store_planned(self, events)
        else:
            super().store_event_batch(events)

    def store_event(self, event: EventLogEntry) -> None:
        """Write one event as Dagster does, but without notifying a channel to which nobody listens any more."""
        with self._connect() as connection:
            inserted = self.prepare_insert_event(event).returning(SqlEventLogStorageTable.c.id)
            event_id = connection.execute(inserted).scalar_one()
        if event.dagster_event_type in ASSET_EVENTS and event.get_dagster_event().asset_key:
            with self.index_transaction() as connection:
                self._store_asset_event_tags(connection, [event], [event_id])
                self._store_asset_event(connection, event, event_id)
        elif event.dagster_event_type in ASSET_CHECK_EVENTS:
            self.store_asset_check_event(event, event_id)

    def has_table(self, table_name: str) -> bool:
        """Ask once: Dagster reads the catalogue with every lookup and every tag, and what is there stays."""
        asked = super().has_table
        return self._is_known(table_name, lambda: asked(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        asked = super()._has_asset_key_col_on_connection
        return self._is_known(f"asset_keys.{column_name}", lambda: asked(conn, column_name))

    def _is_known(self, name: str, ask: Callable[[], bool]) -> bool:
        if name not in self._known and ask():
            self._known.add(name)
        return name in self._known

    def initialize_concurrency_limit_to_default(self, concurrency_key: str) -> bool:
        """Follow a changed default: Dagster inserts it anew, which PostgreSQL refuses while the old one is there."""
        with self.index_connection() as connection:
            own = ConcurrencyLimitsTable.c
            outdated = (own.concurrency_key == concurrency_key) & own.using_default_limit
            connection.execute(ConcurrencyLimitsTable.delete().where(outdated))
        return bool(super().initialize_concurrency_limit_to_default(concurrency_key))


class PooledScheduleStorage(_Pooled, PostgresScheduleStorage):  # type: ignore[misc]
    """Ticks of schedules and sensors, over the shared pool."""


class PooledPostgresStorage(DagsterPostgresStorage):  # type: ignore[misc]
    """The whole storage, as ``dagster.yaml`` configures it: ``postgres_url``, or ``postgres_db`` with its parts."""

    def __init__(
        self,
        postgres_url: str,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
    ) -> None:
        """Let the parent see to the tables, then put pooled parts in place of its own."""
        super().__init__(postgres_url, should_autocreate_tables, inst_data)
        pool = Pool(postgres_url)
        self._run_storage = PooledRunStorage(pool)
        self._event_log_storage = PooledEventLogStorage(pool)
        self._schedule_storage = PooledScheduleStorage(pool)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> PooledPostgresStorage:
        """Build from configuration; the parent names its own class here, which would undo the pooling."""
        forget_password()
        return cls(pg_url_from_config(config_value), config_value.get("should_autocreate_tables", True), inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return the parent's configuration without tokens, which the pool does not know how to renew."""
        return {name: field for name, field in pg_config().items() if name != "auth_provider"}

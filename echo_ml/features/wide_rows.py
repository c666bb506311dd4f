"""Feast's online store over the tables of `feature_online`: one row an entity instead of one row a feature.

Feast's own PostgreSQL store writes a row for each feature of each entity, and an older one overwrites a newer one. This
one is what `feast materialize`, `FeatureStore.push` and `get_online_features` use; only Feast imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from threading import RLock
from typing import Any, Literal

import psycopg
from feast import Entity, FeatureView
from feast.infra.online_stores.online_store import OnlineStore
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import FeastConfigBaseModel, RepoConfig
from psycopg import sql
from pydantic import StrictStr

from echo_ml.features.online_tables import EVENT, SCHEMA, OnlineTable, drop_table, have_tables

_CHUNK = 5_000
_FIELDS = {"text": "string_val", "bigint": "int64_val", "double precision": "double_val", "boolean": "bool_val"}
_NO_MOMENT = -(2**63)
"""What Feast makes of a missing moment on its way from pandas."""
SQL_TYPE = "sql_type"
"""The tag of a Feast field that says how it is kept online: a day and a moment are the same to Feast."""

Written = tuple[EntityKey, dict[str, Value], datetime, datetime | None]
Read = tuple[datetime | None, dict[str, Value] | None]


class WideRowOnlineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """Where the tables are: a libpq URL, and the schema."""

    type: Literal["echo_ml.features.wide_rows.WideRowOnlineStore"] = "echo_ml.features.wide_rows.WideRowOnlineStore"
    url: StrictStr
    db_schema: StrictStr = SCHEMA


class WideRowOnlineStore(OnlineStore):  # type: ignore[misc]
    """Reads and writes one wide row an entity. One connection, used by one thread at a time."""

    def __init__(self) -> None:
        """Nothing is connected before it is needed."""
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = RLock()

    def online_write_batch(
        self, config: RepoConfig, table: FeatureView, data: list[Written], progress: Callable[[int], Any] | None
    ) -> None:
        """Take in rows: an older one never overwrites a newer one, not even within one batch."""
        kept = _table(config, table)
        rows = _newest_of_each(kept, data)
        statement = kept.upsert_arrays()
        with self._lock, self._connected(config) as connection, connection.transaction():
            for first in range(0, len(rows), _CHUNK):
                connection.execute(statement, list(map(list, zip(*rows[first : first + _CHUNK], strict=True))))
        if progress:
            progress(len(data))

    def online_read(
        self,
        config: RepoConfig,
        table: FeatureView,
        entity_keys: list[EntityKey],
        requested_features: list[str] | None = None,
    ) -> list[Read]:
        """The row of each key, or (None, None)."""
        kept = _table(config, table)
        types = dict(kept.features)
        names = list(types) if requested_features is None else [name for name in requested_features if name in types]
        ids = [_id_of(key) for key in entity_keys]
        statement = sql.SQL("select {} from {} where {} = any(%s)").format(
            sql.SQL(", ").join(map(sql.Identifier, (kept.key, EVENT, *names))), kept.qualified, sql.Identifier(kept.key)
        )
        with self._lock, self._connected(config) as connection:
            found = {row[0]: row[1:] for row in connection.execute(statement, [ids])}
        return [_read(found.get(each), [(name, types[name]) for name in names]) for each in ids]

    def update(
        self,
        config: RepoConfig,
        tables_to_delete: Sequence[FeatureView],
        tables_to_keep: Sequence[FeatureView],
        entities_to_delete: Sequence[Entity],
        entities_to_keep: Sequence[Entity],
        partial: bool,
    ) -> None:
        """Let the tables be those of the views that are applied."""
        del entities_to_delete, entities_to_keep, partial
        with self._lock, self._connected(config) as connection:
            for view in tables_to_delete:
                drop_table(connection, _table(config, view))
            have_tables(connection, [_table(config, view) for view in tables_to_keep], guard_again=True)

    def teardown(self, config: RepoConfig, tables: Sequence[FeatureView], entities: Sequence[Entity]) -> None:
        """Drop the tables of these views."""
        del entities
        with self._lock, self._connected(config) as connection:
            for view in tables:
                drop_table(connection, _table(config, view))
        self.disconnect()

    def disconnect(self) -> None:
        """Close the connection; the next call opens another one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connected(self, config: RepoConfig) -> _Held:
        if self._connection is None or self._connection.broken or self._connection.closed:
            self._connection = psycopg.connect(config.online_store.url, autocommit=True)
        return _Held(self._connection)


class _Held:
    """The store's connection for the length of a block, which does not close it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def __enter__(self) -> psycopg.Connection[Any]:
        return self._connection

    def __exit__(self, *raised: object) -> None:
        return None


def _table(config: RepoConfig, view: FeatureView) -> OnlineTable:
    if len(view.entity_columns) != 1:
        raise ValueError(f"{view.name} has {len(view.entity_columns)} keys: this online store keeps views with one")
    features = tuple((field.name, _sql_type(field)) for field in view.features)
    return OnlineTable(view.name, view.entity_columns[0].name, features, config.online_store.db_schema)


def _sql_type(field: Any) -> str:
    """The column of a field: as its tag says, or what suits Feast's type."""
    usual = {"String": "text", "Int64": "bigint", "Int32": "bigint", "Float64": "double precision",
             "Float32": "double precision", "Bool": "boolean", "UnixTimestamp": "timestamptz"}  # fmt: skip
    found = field.tags.get(SQL_TYPE) or usual.get(str(field.dtype))
    if found is None:
        raise ValueError(f"{field.name} has Feast's type {field.dtype}, which this online store does not keep")
    return str(found)


def _newest_of_each(table: OnlineTable, data: Iterable[Written]) -> list[list[Any]]:
    """Rows as columns want them, the newest of each key; of two that are as new the last one."""
    newest: dict[str, list[Any]] = {}
    for key, values, event, created in data:
        row: list[Any] = [_id_of(key), _aware(event), _aware(created or event)]
        before = newest.get(row[0])
        if before is None or (row[1], row[2]) >= (before[1], before[2]):
            newest[row[0]] = row + [_python(values.get(name), kind) for name, kind in table.features]
    return list(newest.values())


def _id_of(key: EntityKey) -> str:
    [value] = key.entity_values
    return str(getattr(value, value.WhichOneof("val")))


def _aware(moment: datetime) -> datetime:
    """Feast's moments without a zone are in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _python(value: Value | None, kind: str) -> Any:
    held = value.WhichOneof("val") if value is not None else None
    if value is None or held is None or held == "null_val":
        return None
    found = getattr(value, held)
    if kind not in ("date", "timestamptz"):
        return found
    if found == _NO_MOMENT:
        return None
    moment = datetime.fromtimestamp(found, UTC)
    return moment.date() if kind == "date" else moment


def _read(row: Sequence[Any] | None, columns: Sequence[tuple[str, str]]) -> Read:
    if row is None:
        return None, None
    event, *values = row
    return event, {name: _proto(value, kind) for (name, kind), value in zip(columns, values, strict=True)}


def _proto(value: Any, kind: str) -> Value:
    if value is None:
        return Value()
    if kind == "date":
        value = datetime(*value.timetuple()[:3], tzinfo=UTC) if isinstance(value, date) else value
    if isinstance(value, datetime):
        return Value(unix_timestamp_val=int(value.timestamp()))
    return Value(**{_FIELDS[kind]: value})

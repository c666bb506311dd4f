"""Feast's Redis online store, with a guard that lets a restated row in: as new by event, newer by the time of knowing.

Feast's own takes a row only if its event is newer, and compares before it writes: the open day, rebuilt every hour
under the same moment, would never change, and two writers at once may put an older row last. Here the server compares
event and created time and writes in one step. Reading is Feast's. Only Feast imports this.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from feast import FeatureView
from feast.infra.online_stores.helpers import _mmh3, _redis_key
from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.repo_config import RepoConfig
from google.protobuf.timestamp_pb2 import Timestamp  # type: ignore[import-untyped]

_KEEP_NEWER = """
local kept = redis.call('hget', KEYS[1], ARGV[1])
if kept and kept > ARGV[2] then
    return 0
end
redis.call('hset', KEYS[1], unpack(ARGV))
return 1
"""
"""ARGV: field and value by turns, of which the first pair is the row's age."""

Written = tuple[EntityKey, dict[str, Value], datetime, datetime | None]


class NewerRowOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]
    """Feast's configuration of Redis under another type."""

    type: Literal["echo_ml.features.redis_rows.NewerRowOnlineStore"] = "echo_ml.features.redis_rows.NewerRowOnlineStore"


class NewerRowOnlineStore(RedisOnlineStore):  # type: ignore[misc]
    """One hash an entity, as Feast keeps it, with one field more a view: how new its row is."""

    _client: Any = None

    def online_write_batch(
        self, config: RepoConfig, table: FeatureView, data: list[Written], progress: Callable[[int], Any] | None
    ) -> None:
        """Take in rows: an older one never overwrites a newer one, whoever else writes."""
        client = self._get_client(config.online_store)
        keep_newer = client.register_script(_KEEP_NEWER)
        version = config.entity_key_serialization_version
        with client.pipeline(transaction=False) as pipe:
            for entity, values, event, created in data:
                key = _redis_key(config.project, entity, entity_key_serialization_version=version)
                keep_newer(keys=[key], args=_fields(table.name, values, event, created or event), client=pipe)
            pipe.execute()
        if progress:
            progress(len(data))

    def disconnect(self) -> None:
        """Close the connections; the next call opens others."""
        if self._client is not None:
            self._client.close()
            self._client = None


def _fields(view: str, values: dict[str, Value], event: datetime, created: datetime) -> list[Any]:
    moment = Timestamp()
    moment.FromDatetime(event if event.tzinfo else event.replace(tzinfo=UTC))
    found = [f"_age:{view}", f"{_nanos(event):020}{_nanos(created):020}", f"_ts:{view}", moment.SerializeToString()]
    for name, value in values.items():
        found += [_mmh3(f"{view}:{name}"), value.SerializeToString()]
    return found


def _nanos(moment: datetime) -> int:
    """Nanoseconds since 1970, none before, so that texts of them are in order."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(int(aware.timestamp() * 1_000_000) * 1_000, 0)

"""Where Feast keeps what it keeps, as plain values, and a feature store made of them.

Registry and offline store are schemas of the warehouse. Features are served from tables of the warehouse, too, or from
Redis. The same values reach the `feast` command through the environment (`feature_store.yaml`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict

from echo_ml.features.declared import FeatureError
from echo_ml.features.online_tables import SCHEMA

if TYPE_CHECKING:
    from feast import FeatureStore

PROJECT = "echo"
REGISTRY_SCHEMA = "feast_registry"
ONLINE_STORE = "echo_ml.features.wide_rows.WideRowOnlineStore"
REDIS_STORE = "echo_ml.features.redis_rows.NewerRowOnlineStore"
_SSL = {"sslmode": "sslmode", "sslkey": "sslkey_path", "sslcert": "sslcert_path", "sslrootcert": "sslrootcert_path"}


@dataclass(frozen=True)
class Places:
    """The warehouse (a libpq URL, and the password that its passfile holds), Redis if features are served from it."""

    url: str
    password: str = field(default="", repr=False)
    redis_url: str | None = field(default=None, repr=False)
    timezone: str = "UTC"
    """The zone of the business day, by which days since an event are counted."""

    @property
    def registry(self) -> dict[str, Any]:
        """Feast's registry: tables in a schema of the warehouse."""
        scheme, _, rest = self.url.partition("://")
        path = f"{scheme}+psycopg://{rest}{'&' if '?' in rest else '?'}options=-csearch_path%3D{REGISTRY_SCHEMA}"
        return {
            "registry_type": "sql",
            "path": path.replace("postgres+psycopg", "postgresql+psycopg", 1),
            "cache_ttl_seconds": 60,
            "serve_features_while_materializing": True,
            "sqlalchemy_config_kwargs": {"pool_size": 1, "pool_pre_ping": True},
        }

    @property
    def offline_store(self) -> dict[str, Any]:
        """Feast's PostgreSQL offline store over the warehouse; temporary tables of entities are made in its schema."""
        given = conninfo_to_dict(self.url)
        return {
            "type": "postgres",
            "host": str(given.get("host", "")),
            "port": int(given.get("port") or 5432),
            "database": str(given.get("dbname", "")),
            "user": str(given.get("user", "")),
            "password": self.password,
            "db_schema": REGISTRY_SCHEMA,
            "sslmode": "prefer",
            **{theirs: str(given[ours]) for ours, theirs in _SSL.items() if ours in given},
        }

    @property
    def online_store(self) -> dict[str, Any]:
        """Wide rows in the warehouse, or Redis."""
        if self.redis_url is None:
            return {"type": ONLINE_STORE, "url": self.url, "db_schema": SCHEMA}
        return {"type": REDIS_STORE, "connection_string": redis_connection(self.redis_url)}

    def environment(self) -> dict[str, str]:
        """What `feature_store.yaml` takes from the environment; it holds the password, so never print or log it."""
        return {
            "ECHO_FEAST_REGISTRY": json.dumps(self.registry),
            "ECHO_FEAST_OFFLINE_STORE": json.dumps(self.offline_store),
            "ECHO_FEAST_ONLINE_STORE": json.dumps(self.online_store),
            "ECHO_FEAST_TIMEZONE": self.timezone,
        }


def redis_connection(url: str) -> str:
    """A URL such as redis://:secret@host:6379/0 (rediss:// with TLS) as Feast takes it; FeatureError for others."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise FeatureError(f"not a Redis URL: {parts.scheme or '...'}:...; write redis://host:6379/0")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if "," in user + password:
        raise FeatureError("Feast splits what it is given for Redis at commas: choose a password without one")
    options = {
        "db": parts.path.strip("/") or "0",
        **({"username": user} if user else {}),
        **({"password": json.dumps(password)} if password else {}),
        **({"ssl": "true"} if parts.scheme == "rediss" else {}),
    }
    return ",".join([f"{parts.hostname}:{parts.port or 6379}", *(f"{name}={value}" for name, value in options.items())])


def feature_store(places: Places, project: str = PROJECT) -> FeatureStore:
    """A feature store over these places; what was applied is in its registry. Importing Feast takes seconds."""
    from feast import FeatureStore, RepoConfig

    return FeatureStore(
        config=RepoConfig(
            project=project,
            provider="local",
            registry=places.registry,
            offline_store=places.offline_store,
            online_store=places.online_store,
            entity_key_serialization_version=3,
            materialization_config={"pull_latest_features": True, "online_write_batch_size": 10_000},
        )
    )


@contextmanager
def opened(places: Places, project: str = PROJECT) -> Iterator[FeatureStore]:
    """A feature store whose connections are closed afterwards."""
    store = feature_store(places, project)
    try:
        yield store
    finally:
        close(store)


def close(store: FeatureStore) -> None:
    """Close the connections that a store has opened; it opens others when it is used again."""
    engine = getattr(store.registry, "write_engine", None)
    if engine is not None:
        engine.dispose()
    disconnect = getattr(store._get_provider().online_store, "disconnect", None)
    if disconnect is not None:
        disconnect()

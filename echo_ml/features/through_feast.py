"""Online features where they are not tables of the warehouse (Redis): read, materialised and erased through Feast.

The interfaces are those of `online.py` and `materialising.py`; whoever uses this has a feature store in hand.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql

from echo_ml.features.declared import DAY, ENTITIES, FeatureView, views_of_entity
from echo_ml.features.materialising import Materialised
from echo_ml.features.offline_sql import latest
from echo_ml.features.online import OnlineRow

if TYPE_CHECKING:
    from feast import FeatureStore

_SPAN = "select count(*), min(event_timestamp), max(event_timestamp) from ({}) as latest"


class FeastFeatures:
    """Reads whatever online store Feast is configured with; the same rows as `OnlineFeatures` reads from tables."""

    def __init__(self, store: FeatureStore, views: Sequence[FeatureView]) -> None:
        """Nothing is read before it is asked for."""
        self._store = store
        self._views = views

    def read(self, entity: str, ids: Sequence[str]) -> list[OnlineRow]:
        """One row for each id, in their order; FeatureError for an entity that no view is about."""
        views = views_of_entity(self._views, entity)
        if not ids:
            return []
        found = self._store.get_online_features(
            features=[f"{view.name}:{name}" for view in views for name in view.names],
            entity_rows=[{ENTITIES[entity].key: each} for each in ids],
        ).to_dict(include_event_timestamps=True)
        return [_row(views, found, position, each) for position, each in enumerate(ids)]


def _row(views: Sequence[FeatureView], found: dict[str, list[Any]], position: int, entity_id: str) -> OnlineRow:
    values = {
        feature.name: _as_day(found[feature.name][position]) if feature.kind is DAY else found[feature.name][position]
        for view in views
        for feature in view.features
    }
    seconds = {view.name: max(int(found[f"{name}__ts"][position]) for name in view.names) for view in views}
    return OnlineRow(
        entity_id, values, {view: datetime.fromtimestamp(at, UTC) for view, at in seconds.items() if at > 0}
    )


def _as_day(moment: datetime | None) -> Any:
    return moment.date() if moment is not None else None


def materialise_through_feast(store: FeatureStore, connection: Connection[Any], view: FeatureView) -> Materialised:
    """Bring a view up to date through Feast, which records the interval itself.

    What the history has no more stays online: Feast knows no retraction.
    """
    rows, first, last = connection.execute(sql.SQL(_SPAN).format(latest(view))).fetchone() or (0, None, None)
    if rows:
        with unheard():
            store.materialize(first, last, feature_views=[view.name])
    return Materialised(view.name, rows, first, last, written=rows, retracted=0)


@contextmanager
def unheard() -> Iterator[None]:
    """Without the progress bars that Feast draws."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


def forget_in_redis(store: FeatureStore, entity: str, entity_id: str) -> int:
    """Delete everything that Redis holds of one entity; how many keys that were."""
    from feast.infra.online_stores.helpers import _redis_key
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey
    from feast.protos.feast.types.Value_pb2 import Value

    key = EntityKey(join_keys=[ENTITIES[entity].key], entity_values=[Value(string_val=entity_id)])
    online = store._get_provider().online_store
    client = online._get_client(store.config.online_store)
    version = store.config.entity_key_serialization_version
    return int(client.delete(_redis_key(store.project, key, entity_key_serialization_version=version)))

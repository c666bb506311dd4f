"""Feast's registry: what it was given, when that is out of date, and the materialisations that it was not told of.

Views are materialised in SQL, without Feast, whose import takes seconds. `ops.feature_materialisations` has every one
of them at once; Feast is told when it is loaded anyway, and otherwise once a day.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from echo_ml.features.declared import FeatureView
from echo_ml.features.own_views import services

if TYPE_CHECKING:
    from feast import FeatureStore

_TOLD = """
update ops.feature_materialisations set told_at = clock_timestamp()
where told_at is null and view = any (%s) returning view, first_event, last_event
"""
_APPLIED = "select definitions from ops.feature_definitions order by applied_at desc limit 1"
_APPLY = """
insert into ops.feature_definitions (definitions) values (%s)
on conflict (definitions) do update set applied_at = clock_timestamp()
"""
_UNTOLD = """
select exists (
    select from ops.feature_materialisations
    where told_at is null and first_event is not null and materialised_at < clock_timestamp() - interval '1 day'
)
"""
_REGISTERED = "select feature_view_name from feast_registry.feature_views"
_LOCK = "select pg_advisory_lock(hashtext('echo.feast_registry'))"
_UNLOCK = "select pg_advisory_unlock(hashtext('echo.feast_registry'))"


@dataclass(frozen=True)
class Applied:
    """What applying did: names of what Feast knows now and of what it forgot, and how many intervals it was told."""

    known: tuple[str, ...]
    removed: tuple[str, ...]
    told: int


def fingerprint(views: Sequence[FeatureView], timezone: str, online: str) -> str:
    """A text that differs whenever Feast would be given something else: definitions, zone, online store, Feast."""
    known = {
        "views": [asdict(view) for view in views],
        "services": [asdict(service) for service in services(views)],
        "timezone": timezone,
        "online": online,
        "feast": version("feast"),
    }
    return hashlib.sha256(json.dumps(known, sort_keys=True, default=str).encode()).hexdigest()


def is_current(connection: Connection[Any], definitions: str, views: Sequence[FeatureView]) -> bool:
    """Whether Feast was given these definitions last, still has them, and has nothing to be told for over a day."""
    row = connection.execute(_APPLIED).fetchone()
    if row is None or row[0] != definitions or missing_views(connection, views):
        return False
    [untold] = connection.execute(_UNTOLD).fetchone() or (False,)
    return not untold


def missing_views(connection: Connection[Any], views: Sequence[FeatureView]) -> list[str]:
    """The views that are not in Feast's registry."""
    [there] = connection.execute("select to_regclass('feast_registry.feature_views')").fetchone() or (None,)
    known = {name for (name,) in connection.execute(_REGISTERED)} if there else set()
    return sorted({view.name for view in views} - known)


def apply(
    store: FeatureStore, connection: Connection[Any], views: Sequence[FeatureView], timezone: str, definitions: str
) -> Applied:
    """Give Feast these definitions and take away what is declared no more; one process at a time.

    `connection` commits each statement by itself. `definitions` is their fingerprint, kept last: a kill applies again.
    """
    from echo_ml.features.feast_objects import feast_objects

    connection.execute(_LOCK)
    try:
        objects = feast_objects(views, timezone)
        gone = _gone(store, objects)
        with quiet():
            store.apply(objects, objects_to_delete=gone, partial=False)
        told = tell(store, connection, views)
        connection.execute(_APPLY, [definitions])
    finally:
        connection.execute(_UNLOCK)
    return Applied(tuple(each.name for each in objects), tuple(each.name for each in gone), told)


@contextmanager
def quiet() -> Iterator[None]:
    """Without Feast's remark that on-demand views are slow offline; ours are asked for online."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="On demand feature view is an experimental feature")
        yield


def tell(store: FeatureStore, connection: Connection[Any], views: Sequence[FeatureView]) -> int:
    """Tell Feast of the materialisations that it does not know, as one interval a view; how many there were."""
    with connection.transaction():
        rows = connection.execute(_TOLD, [[view.name for view in views]]).fetchall()
        for name in sorted({view for view, first, _ in rows if first is not None}):
            first = min(start for view, start, _ in rows if view == name and start is not None)
            last = max(end for view, _, end in rows if view == name and end is not None)
            store.registry.apply_materialization(store.get_feature_view(name), store.project, first, last)
    return len(rows)


def _gone(store: FeatureStore, objects: Sequence[Any]) -> list[Any]:
    """What the registry has and nobody declares."""
    from feast.feature_view import DUMMY_ENTITY_NAME

    kept = {(type(each), each.name) for each in objects}
    known = [
        *store.list_feature_services(), *store.list_on_demand_feature_views(), *store.list_feature_views(),
        *(entity for entity in store.list_entities() if entity.name != DUMMY_ENTITY_NAME),
    ]  # fmt: skip
    return [each for each in known if (type(each), each.name) not in kept]

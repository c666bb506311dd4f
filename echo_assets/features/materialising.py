"""One materialisation of one view, by way of the online store that is configured; Feast is told when that is free."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from echo_assets import server
from echo_assets.features import due
from echo_assets.features.places import declared_views, feature_places
from echo_assets.sources import Sources
from echo_ml.features import materialising
from echo_ml.features.declared import FeatureView
from echo_ml.features.materialising import Materialised
from echo_ml.features.registry import Applied, apply, is_current, missing_views, tell

if TYPE_CHECKING:
    from psycopg import Connection


@contextmanager
def opened_store(sources: Sources) -> Iterator[Any]:
    """The feature store of the installation; importing Feast takes seconds."""
    from echo_ml.features.stores import opened

    with opened(feature_places(sources.settings, server.databases(sources.settings))) as store:
        yield store


def materialise(sources: Sources, view: FeatureView, run_id: str | None) -> Materialised:
    """Bring a view up to date and keep that it was; what its table was made of is read before the table is."""
    with sources.connection() as connection:
        seen = due.seen_now(connection, view)
        if sources.settings.redis_url:
            from echo_ml.features.through_feast import materialise_through_feast

            with opened_store(sources) as store:
                found = materialise_through_feast(store, connection, view)
        else:
            found = materialising.materialise(connection, view)
        due.record(connection, found, seen or "", run_id, told=bool(sources.settings.redis_url))
        _tell_if_free(sources, connection)
    return found


def applied(sources: Sources) -> Applied | None:
    """Give Feast the declarations as they are now; None if it has them, and then Feast is not even imported."""
    views, definitions = declared_views(), due.definitions_now(sources.settings)
    with sources.connection() as connection:
        if is_current(connection, definitions, views):
            return None
        with opened_store(sources) as store:
            return apply(store, connection, views, sources.settings.timezone, definitions)


def _tell_if_free(sources: Sources, connection: Connection[Any]) -> None:
    """Tell Feast of what was materialised, if it is loaded: otherwise the registry's asset does, within a day."""
    views = declared_views()
    if "feast" in sys.modules and not missing_views(connection, views):
        with opened_store(sources) as store:
            tell(store, connection, views)

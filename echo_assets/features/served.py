"""The checks of what is served, by way of the online store that is configured: tables whole, Redis by a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from echo_assets.features.materialising import opened_store
from echo_assets.features.places import declared_views
from echo_assets.sources import Sources
from echo_ml.features.checks import online, sampled
from echo_ml.features.checks.verdict import Verdict
from echo_ml.features.declared import FeatureView
from echo_ml.features.online_tables import have_tables, online_table
from echo_ml.features.through_feast import FeastFeatures

if TYPE_CHECKING:
    from psycopg import Connection

OfView = Callable[["Connection[Any]", FeatureView], Verdict]


def matches_offline(sources: Sources) -> OfView:
    """Whether what is served is what the history says."""

    def ask(connection: Connection[Any], view: FeatureView) -> Verdict:
        if not sources.settings.redis_url:
            have_tables(connection, [online_table(view)])
            return online.matches_offline(connection, view)
        with opened_store(sources) as store:
            return sampled.matches_offline(FeastFeatures(store, declared_views()), connection, view)

    return ask


def newer_is_kept(sources: Sources) -> OfView:
    """Whether an older row is refused."""

    def ask(connection: Connection[Any], view: FeatureView) -> Verdict:
        if not sources.settings.redis_url:
            have_tables(connection, [online_table(view)])
            return online.newer_is_kept(connection, view)
        with opened_store(sources) as store:
            return sampled.newer_is_kept(store, FeastFeatures(store, declared_views()), view)

    return ask


def is_fresh(sources: Sources) -> OfView:
    """Whether the newest row is young enough, by the clock."""

    def ask(connection: Connection[Any], view: FeatureView) -> Verdict:
        if not sources.settings.redis_url:
            have_tables(connection, [online_table(view)])
            return online.is_fresh(connection, view, sources.clock())
        with opened_store(sources) as store:
            return sampled.is_fresh(FeastFeatures(store, declared_views()), connection, view, sources.clock())

    return ask

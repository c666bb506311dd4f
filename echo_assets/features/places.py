"""Where features are kept and served, from the settings and the server that is up; and the views that are declared."""

from __future__ import annotations

from functools import lru_cache

from echo_assets.server import Databases
from echo_assets.server.passwords import read_passfile
from echo_assets.settings import Settings
from echo_ml.features.declared import FeatureView
from echo_ml.features.own_views import all_views
from echo_ml.features.stores import Places


def feature_places(settings: Settings, databases: Databases) -> Places:
    """The places of one installation; they hold the password, so never print or log them."""
    return Places(
        url=databases.url(),
        password=read_passfile(databases.passfile).get(databases.owner, ""),
        redis_url=settings.redis_url,
        timezone=settings.timezone,
    )


@lru_cache(maxsize=1)
def declared_views() -> tuple[FeatureView, ...]:
    """Every feature view of the project; read once."""
    return tuple(all_views())

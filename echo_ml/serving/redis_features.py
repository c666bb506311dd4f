"""Features that are in Redis, read through Feast; what goes wrong there becomes a problem that a caller understands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from echo_ml.features.declared import FeatureView
from echo_ml.features.online import FeatureReader, OnlineRow
from echo_ml.features.stores import Places
from echo_ml.serving.problems import Unavailable


@contextmanager
def redis_features(places: Places, views: Sequence[FeatureView]) -> Iterator[FeatureReader]:
    """A reader over the store of these places, closed at the end. Importing Feast takes seconds."""
    from echo_ml.features.stores import opened
    from echo_ml.features.through_feast import FeastFeatures

    with opened(places) as store:
        yield Careful(FeastFeatures(store, views))


class Careful:
    """A reader whose store may be away."""

    def __init__(self, reader: FeatureReader) -> None:
        """Wrap it."""
        self._reader = reader

    def read(self, entity: str, ids: Sequence[str]) -> list[OnlineRow]:
        """The same rows; Unavailable if Redis, or the registry in the warehouse, does not answer."""
        from redis.exceptions import RedisError
        from sqlalchemy.exc import DBAPIError

        try:
            return self._reader.read(entity, ids)
        except (RedisError, DBAPIError) as error:
            raise Unavailable("the features are away") from error

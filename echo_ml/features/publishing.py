"""Exposures to experiments as they happen, pushed into the online store: the latest state of each customer.

The consumer of events computes the state in its own transaction and hands it over afterwards. Pushing is not part of
that transaction, so a state may come twice or late; the newest one stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from echo_ml.features.offline_sql import EVENT, KNOWN
from echo_ml.features.own_views import EXPOSURES

if TYPE_CHECKING:
    from feast import FeatureStore


@dataclass(frozen=True)
class Exposure:
    """How many experiments a customer had seen at a moment with a zone."""

    customer_id: str
    experiment_exposure_count: int
    event_timestamp: datetime


Publish = Callable[[Iterable[Exposure]], int]
"""Publishes states, and says of how many customers."""


def exposure_publisher(store: FeatureStore) -> Publish:
    """A callable that pushes states through Feast's push source into the online store."""
    from echo_ml.features.feast_objects import EXPOSURE_PUSH

    def publish_exposures(rows: Iterable[Exposure]) -> int:
        import pandas as pd
        from feast.data_source import PushMode

        newest: dict[str, Exposure] = {}
        for row in rows:
            before = newest.get(row.customer_id)
            if before is None or row.event_timestamp >= before.event_timestamp:
                newest[row.customer_id] = row
        if newest:
            states = list(newest.values())
            moments = pd.to_datetime([state.event_timestamp for state in states], utc=True)
            frame = pd.DataFrame(
                {
                    EXPOSURES.key: [state.customer_id for state in states],
                    EVENT: moments,
                    KNOWN: moments,
                    EXPOSURES.features[0].name: [state.experiment_exposure_count for state in states],
                }
            )
            store.push(EXPOSURE_PUSH, frame, to=PushMode.ONLINE)
        return len(newest)

    return publish_exposures

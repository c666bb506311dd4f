"""Exposures of the stream as the feature `experiment_exposure_count`, within a second of their flush.

A customer's state is counted over files and stream together, as the batch source counts it from the fact: every
experiment on customers once, whichever arms, as of the moment when the newest was first seen. So a push and a
materialisation of the same rows say the same, and the newer state stays, whoever writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from echo_assets.features.places import declared_views
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_ml.features.publishing import Exposure
    from echo_streaming.consumer.exposures import ExposureState, Publish

VIEW = "customer_exposures"
_COUNTS = """
with seen as (
    select user_id, experiment_id, variant, first_at, true as is_streamed
    from streaming.experiment_exposures where user_id = any (%(users)s)
    union all
    select user_id, experiment_id, variant, assigned_at, false
    from staging.experiment_assignments where user_id = any (%(users)s)
), arms as (
    select distinct on (user_id, experiment_id, variant) user_id, experiment_id, first_at
    from seen order by user_id, experiment_id, variant, is_streamed
), exposed as (
    select user_id, experiment_id, min(first_at) as first_at from arms group by 1, 2
)
select exposed.user_id, count(*), max(exposed.first_at)
from exposed inner join staging.experiments as experiments using (experiment_id)
where experiments.unit = 'customer'
group by exposed.user_id order by exposed.user_id
"""


@contextmanager
def exposure_publishing(sources: Sources) -> Iterator[Publish]:
    """What takes exposures from the outbox. Feast is opened when the first ones come, and only where it is needed."""
    with ExitStack() as opened:
        yield _Publisher(sources, opened)


@dataclass
class _Publisher:
    sources: Sources
    opened: ExitStack
    push: Callable[[list[Exposure]], Any] | None = None

    def __call__(self, states: Sequence[ExposureState]) -> None:
        with self.sources.connection() as connection:
            found = counted(connection, [state.user_id for state in states])
            if found and self.sources.settings.redis_url:
                self._through_feast(found)
            elif found:
                write(connection, found)

    def _through_feast(self, found: list[Exposure]) -> None:
        from echo_assets.features.materialising import opened_store
        from echo_ml.features.publishing import exposure_publisher

        if self.push is None:
            self.push = exposure_publisher(self.opened.enter_context(opened_store(self.sources)))
        self.push(found)


def counted(connection: Connection[Any], users: Sequence[str]) -> list[Exposure]:
    """The state of those users who are customers in an experiment on customers."""
    from echo_ml.features.publishing import Exposure

    return [Exposure(*row) for row in connection.execute(_COUNTS, {"users": list(users)})]


def write(connection: Connection[Any], found: Sequence[Exposure]) -> None:
    """Write states into the table that they are served from; its own rule keeps newer ones."""
    from echo_ml.features.declared import view_named
    from echo_ml.features.online_tables import have_tables, online_table

    table = online_table(view_named(declared_views(), VIEW))
    have_tables(connection, [table])
    moments, now = [each.event_timestamp for each in found], datetime.now(UTC)
    users = [each.customer_id for each in found]
    counts = [each.experiment_exposure_count for each in found]
    connection.execute(table.upsert_arrays(), [users, moments, [now] * len(found), counts])

"""The layer `streaming`: the tables that a consumer keeps, as assets that others build on, and `streaming/drain`.

The tables are written by the consumer, which is in `echo_streaming`; Dagster is told of it (`stream_sensor.py`). What
must hold of them is in `stream_checks.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.sources import Sources
from echo_assets.streaming.draining import Drained, drained
from echo_assets.streaming.progress import progress_of

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_OWNERS = ["team:analytics_team"]
EVENTS = dg.AssetKey(["streaming", "user_events"])
DRAIN = dg.AssetKey(["streaming", "drain"])
_TABLES = {
    "user_events": "One row is one event of the stream, once: a transaction, a signup or an experiment exposure.",
    "transactions": "One row is one transaction of the stream as its latest event has it.",
    "revenue_by_minute": "One row is one minute of event time and one currency: revenue, orders and transactions.",
    "funnel_by_minute": "One row is one minute of event time, one type of event and one channel: how many events.",
    "experiment_exposures": "One row is one unit in one arm of one experiment: how often exposed, when first and last.",
    "dead_letters": "One row is one record that is no event, as it was, with the reason.",
}
_WRITTEN = "Written by the consumer (`echoctl stream consume`, or `streaming/drain`), within a second of the event."
_QUIET = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36), warn_window=timedelta(hours=24))
"""As for tables that are built daily; of a stream that nobody ever consumed, nothing is said."""


def event_streams(sources: Sources) -> list[dg.AssetSpec | dg.AssetsDefinition]:
    """The tables, which Dagster does not make, and the asset that reads a topic to its end."""
    return [*(_table(name, grain) for name, grain in _TABLES.items()), _drain(sources)]


def drain_job() -> "UnresolvedAssetJobDefinition":
    """`drain_job`: read the topic to its end, for whoever lets no consumer run."""
    return dg.define_asset_job("drain_job", selection=dg.AssetSelection.assets(DRAIN), description="Read what waits.")


def told_of(sources: Sources) -> list[dg.AssetMaterialization]:
    """What Dagster is told of the tables after something was written."""
    with sources.connection(read_only=True) as connection:
        metadata = progress_of(connection, sources.settings.stream).as_metadata()
    return [dg.AssetMaterialization(["streaming", name], metadata=metadata) for name in _TABLES]


def _table(name: str, grain: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=["streaming", name],
        deps=[] if name in ("user_events", "dead_letters") else [EVENTS],
        group_name="streaming",
        owners=_OWNERS,
        kinds={"kafka", "postgres"},
        metadata={"dagster/table_name": f"streaming.{name}"},
        description=f"{grain}\n\n{_WRITTEN}",
        freshness_policy=_QUIET if name == "user_events" else None,
    )


def _drain(sources: Sources) -> dg.AssetsDefinition:
    @dg.asset(
        key=DRAIN,
        group_name="streaming",
        owners=_OWNERS,
        kinds={"kafka", "postgres"},
        pool="stream",
        description=(
            "One run reads the topic to where it ended when the run began, each event effectively once.\n\n"
            "For whoever lets no consumer run. While one is running, the topic is left to it."
        ),
    )
    def drain(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with _explained():
            done = drained(sources)
        for told in told_of(sources) if done.wrote_something else ():
            context.log_event(told)
        context.log.info(done.said)
        return dg.MaterializeResult(metadata=_shown(done))

    return drain


@contextmanager
def _explained() -> Iterator[None]:
    """A broker that cannot be used, or a consumer that took the partitions meanwhile, in words."""
    from echo_streaming.brokers.cluster import BrokerError
    from echo_streaming.consumer.offsets import Fenced

    try:
        yield
    except (BrokerError, Fenced) as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _shown(done: Drained) -> dict[str, dg.MetadataValue]:
    return {"said": dg.MetadataValue.text(done.said), **{k: dg.MetadataValue.int(v) for k, v in done.counts.items()}}

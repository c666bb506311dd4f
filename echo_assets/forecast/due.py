"""When revenue must be forecast again: what `finance.revenue_daily` is made of has changed since, says the ledger.

As with every asset that is rebuilt whole: the largest mark of each source that was seen is kept in `ops.built_assets`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dagster as dg
from psycopg import Connection

from echo_assets.dbt.nodes import Manifest
from echo_assets.dbt.project import load_project
from echo_assets.planned import blocked_sources, planned_builds
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.state import StaleAsset, Target
from echo_assets.planner.targets import targets_from
from echo_assets.sources import Sources

KEY = "models/revenue_forecast"
READS = ("finance/metrics_catalog", "finance/revenue_daily")
"""The models that it reads."""

_MARKS = """
select source, max(mark) from ops.dirty_days where source = any (%s) group by source order by source
"""
_CLAIM = """
insert into ops.built_assets (asset, source, mark) values (%s, %s, %s)
on conflict (asset, source) do update set mark = excluded.mark, built_at = clock_timestamp()
"""


def forecast_target(manifest: Manifest) -> Target:
    """The forecast as the planner knows it: below the models that it reads, stale by what makes those dirty.

    Views and seeds are left out of what is above it: they are built along with anything that reads them, and are never
    out of date, so that the forecast need not wait for a build that has nothing else of its own.
    """
    targets = targets_from(manifest)
    read = [target for target in targets if target.key in READS]
    above = frozenset(READS).union(*(target.upstream for target in read))
    return Target(
        key=KEY,
        sources=frozenset[str]().union(*(target.sources for target in read)),
        upstream=frozenset(target.key for target in targets if target.keeps_marks and target.key in above),
        reads=frozenset[str]().union(*(target.reads for target in read)),
    )


def due_forecast(sources: Sources) -> list[dg.AssetKey]:
    """The asset, if it must be made again; nothing while a model above it waits, or a source of them is blocked."""
    target = forecast_target(load_project().manifest)
    if not read_ledger(sources.url(read_only=True), [target]).stale or must_wait(sources, target):
        return []
    return [dg.AssetKey.from_user_string(KEY)]


def forecast_state(sources: Sources) -> str:
    """A text that is another whenever what the forecast is made of is."""
    with sources.connection(read_only=True) as connection:
        return repr(marks_of(connection, forecast_target(load_project().manifest)))


def must_wait(sources: Sources, target: Target) -> bool:
    """Whether what is read would not be what landed: a model above is to be built, or may not be."""
    if target.reads & blocked_sources(sources):
        return True
    return any(target.upstream & set(run.selection) for run in planned_builds(sources))


def marks_of(connection: Connection[Any], target: Target) -> list[StaleAsset]:
    """The largest mark of each source."""
    rows = connection.execute(_MARKS, [sorted(target.sources)])
    return [StaleAsset(target.key, source, mark) for source, mark in rows]


def claim(connection: Connection[Any], marks: Iterable[StaleAsset]) -> None:
    """Record that the forecast has seen these marks."""
    with connection.cursor() as cursor:
        cursor.executemany(_CLAIM, [(mark.asset, mark.source, mark.mark) for mark in marks])

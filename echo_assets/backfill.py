"""Rebuilding days by hand: the days of one asset in one run, then what is built on it, as the planner sees it.

The run is the one that a backfill in the UI starts. What reads the asset forgets that it had seen these days, so that
the planner rebuilds it: also after a crash in between, and also if somebody else's refresh comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.features import due as due_views
from echo_assets.planner.days import DayRange
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import days_tags
from echo_assets.planner.state import Target
from echo_assets.planner.targets import targets_from
from echo_assets.readouts import due
from echo_assets.refresh import Refresh

_FORGET_DAYS = "delete from ops.built_days where asset = any (%s) and day >= %s::date and day < %s::date"
_FORGET_SNAPSHOTS = "delete from ops.built_days where asset = any (%s) and day >= %s::date"
_FORGET_ASSETS = "delete from ops.built_assets where asset = any (%s)"


class BackfillError(ValueError):
    """What was asked for cannot be backfilled; the message names it and what can."""


@dataclass(frozen=True)
class Backfill:
    """One asset and the days of it to rebuild."""

    target: Target
    days: DayRange
    partitions: DayRange
    readers: tuple[Target, ...]
    """What is built on the asset, at any distance."""

    def run(self, refresh: Refresh) -> Iterator[RunReport]:
        """Rebuild the days, then everything that is dirty; nothing is built on a run that failed. Hold the lock."""
        self._forget(refresh)
        report = refresh.build([dg.AssetKey.from_user_string(self.target.key)], days_tags(self.days))
        yield report
        if report.succeeded:
            yield from refresh.days()
            yield from refresh.readouts()

    def _forget(self, refresh: Refresh) -> None:
        window = self.days.window(self.partitions)
        by_days = [each.key for each in self.readers if each.by_day or each.by_month]
        as_of = [each.key for each in self.readers if each.retains]
        whole = [each.key for each in self.readers if not (each.by_day or each.by_month or each.retains)]
        with refresh.sources.connection() as connection, connection.transaction():
            connection.execute(_FORGET_DAYS, [by_days, window["min_date"], window["max_date"]])
            connection.execute(_FORGET_SNAPSHOTS, [as_of, window["min_date"]])
            connection.execute(_FORGET_ASSETS, [whole])
            if due.KEY in by_days:
                due.forget(connection, window["min_date"])
            due_views.forget(connection, frozenset({self.target.key, *by_days, *as_of, *whole}))


def backfill_of(partitions: DayRange, asset: str, days: str) -> Backfill:
    """Read what a person asked for: `layer/name` (or `layer.name`) and `FROM..TO`, both days included, or one day."""
    manifest = load_project().manifest
    targets = {target.key: target for target in (*targets_from(manifest), due.readouts_target(manifest))}
    key = asset.replace(".", "/")
    target, daily = targets.get(key), sorted(each.key for each in targets.values() if each.by_day or each.retains)
    if target is None:
        near = get_close_matches(key, targets, n=1)
        raise BackfillError(f"there is no asset {asset}{f': did you mean {near[0]}?' if near else ''}")
    if key not in daily:
        raise BackfillError(f"{key} is not built by day; `echoctl run` rebuilds it. By day are: {', '.join(daily)}")
    readers = tuple(each for each in targets.values() if key in each.upstream and each.keeps_marks)
    return Backfill(target, _days(days, partitions), partitions, readers)


def _days(text: str, partitions: DayRange) -> DayRange:
    first, _, last = text.partition("..")
    try:
        days = DayRange(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError as error:
        raise BackfillError(f"{text} is no range of days ({error}): write 2024-01-01..2024-03-31") from error
    if days.first < partitions.first or days.last > partitions.last:
        raise BackfillError(
            f"{text} goes beyond the days there are partitions for, {partitions}; ECHO_START_DATE sets the first"
        )
    return days

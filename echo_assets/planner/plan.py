"""The only place that decides what to rebuild: the ledger's state in, run plans out.

Pure: no database, no clock, no Dagster. The refresh sensor, ``echoctl run``, backfill and replay all use it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from echo_assets.planner.days import DayRange, ranges
from echo_assets.planner.reasons import key_of, reason_for
from echo_assets.planner.state import Ledger, Target

Targets = Mapping[str, Target]


@dataclass(frozen=True)
class RunPlan:
    """One run: assets by ``layer/name``, the days for those among them that are built by day, and why."""

    selection: tuple[str, ...]
    days: DayRange | None
    key: str
    """The same for the same work, another one as soon as a day in it is dirty again: a run key."""
    reason: str


def plan(ledger: Ledger, targets: Iterable[Target], partitions: DayRange) -> tuple[RunPlan, ...]:
    """Plan the runs that bring every target up to date, in the order in which they must run; none if all is clean.

    `partitions` are the first and the last day there is a partition for; they also hold all earlier and later days.
    The first run has what daily targets read, each has the daily targets of one range, the last of these has all the
    rest; then comes a run of snapshots, from the first one that is dirty on.
    Whoever queues runs must not start one before those ahead of it have succeeded, and plans again after each: a build
    of the history of members may make more days dirty. So where history changed, its build is the whole plan.
    """
    known = {target.key: target for target in targets}
    daily = _daily(ledger, known, partitions)
    by_day = frozenset().union(*daily.values())
    whole = _whole(ledger, known, by_day)
    read_by_daily = frozenset().union(*(known[key].upstream for key in by_day))
    if history := _history(ledger, known):
        return (_run(ledger, history | whole & _above(known, history), None, partitions),)
    work: list[tuple[DayRange | None, frozenset[str]]] = sorted(daily.items())
    if not work:
        work = [(None, frozenset())] if whole else []
    runs = []
    for position, (days, keys) in enumerate(work):
        selection = keys
        if position == 0:
            selection |= whole & read_by_daily
        if position == len(work) - 1:
            selection |= whole - read_by_daily
        runs.append(_run(ledger, selection, days, partitions))
    return (*runs, *_snapshots(ledger, known, partitions))


def _snapshots(ledger: Ledger, known: Targets, partitions: DayRange) -> tuple[RunPlan, ...]:
    """One run, which is the last, for all snapshots: a change moves those of its day and of every later one."""
    kept = {key for key, target in known.items() if target.retains}
    days = {partitions.nearest(entry.day) for entry in ledger.dirty_days if entry.asset in kept}
    due = kept & ({entry.asset for entry in ledger.dirty_days} | ledger.missing)
    if not due:
        return ()
    whole = DayRange(min(days), max(days)) if days else DayRange(partitions.first, partitions.first)
    return (_run(ledger, frozenset(due), whole, partitions),)


def _run(ledger: Ledger, selection: frozenset[str], days: DayRange | None, partitions: DayRange) -> RunPlan:
    dirty = sorted(
        entry
        for entry in ledger.dirty_days
        if entry.asset in selection and days and partitions.nearest(entry.day) in days
    )
    stale = sorted(entry for entry in ledger.stale if entry.asset in selection)
    missing = sorted(ledger.missing & selection)
    return RunPlan(
        selection=tuple(sorted(selection)),
        days=days,
        key=key_of(ledger, sorted(selection), days, dirty, stale, missing),
        reason=reason_for(days, dirty, stale, missing),
    )


def _daily(ledger: Ledger, known: Targets, partitions: DayRange) -> dict[DayRange, frozenset[str]]:
    """Group the daily targets to build by range of days.

    Daily targets that read each other share their days: in separate runs, one could be built before what it reads.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for entry in ledger.dirty_days:
        if entry.asset in known:
            days[entry.asset].add(partitions.nearest(entry.day))
    found: dict[DayRange, frozenset[str]] = defaultdict(frozenset)
    for group in _groups(known):
        dirty = group & days.keys()
        changed = dirty | {key for key in group if known[key].upstream & dirty}
        for together in ranges(day for key in dirty for day in days[key]):
            found[together] |= changed
    if missing := {key for key in ledger.missing & known.keys() - days.keys() if known[key].by_day}:
        found[min(found, default=DayRange(partitions.first, partitions.first))] |= missing
    return found


def _history(ledger: Ledger, known: Targets) -> frozenset[str]:
    """Find the dimensions whose log of versions changed; facts that only bring new members make no version.

    One that is not there yet has moved nothing.
    """
    looked_up = frozenset().union(*(target.sources for target in known.values()))
    facts = frozenset().union(*(target.sources for target in known.values() if target.by_day))
    return frozenset(
        entry.asset
        for entry in ledger.stale
        if entry.asset in looked_up - ledger.missing and known[entry.asset].has_versions and entry.source not in facts
    )


def _above(known: Targets, keys: frozenset[str]) -> frozenset[str]:
    return frozenset().union(*(known[key].upstream for key in keys))


def _groups(known: Targets) -> list[frozenset[str]]:
    """Split the daily targets into groups between which nothing is read."""
    groups: list[frozenset[str]] = []
    for key in sorted(key for key, target in known.items() if target.by_day):
        touching = [group for group in groups if any(_reads(known, key, other) for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append(frozenset({key}).union(*touching))
    return groups


def _reads(known: Targets, one: str, other: str) -> bool:
    return one in known[other].upstream or other in known[one].upstream


def _whole(ledger: Ledger, known: Targets, by_day: frozenset[str]) -> frozenset[str]:
    """Find the other targets to build: out of date, missing, below what is built, and the views that it reads through.

    Views hold no rows, but their tests look at the new ones.
    """
    whole = {key for key, target in known.items() if not target.by_day and not target.retains}
    due = whole & ({entry.asset for entry in ledger.stale} | ledger.missing)
    due |= {key for key in whole if known[key].upstream & (due | by_day)}
    read = frozenset().union(*(known[key].upstream for key in due | by_day))
    changed = frozenset(ledger.sources())
    views = {key for key in read & whole if not known[key].keeps_marks and known[key].sources & changed}
    return frozenset(due | views)

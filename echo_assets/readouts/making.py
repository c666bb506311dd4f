"""Making readouts: the days that were asked for, one after the other, from one state of the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import psycopg

from echo_assets.readouts.stored import add, looks_before

if TYPE_CHECKING:
    from echo_ml.experiments.findings import Readout


@dataclass
class Made:
    """What came of it: decisions by day and experiment, the last readout of each experiment, how many were recorded."""

    decisions: dict[date, dict[str, str]] = field(default_factory=dict)
    last: dict[str, Readout] = field(default_factory=dict)
    recorded: int = 0


def within(window: Mapping[str, str], days: Sequence[date]) -> list[date]:
    """Those of the days that lie in a half-open window, as the models of a run are given it."""
    first, end = window["min_date"], window["max_date"]
    return [
        day
        for day in days
        if (first == "-infinity" or day.isoformat() >= first) and (end == "infinity" or day.isoformat() < end)
    ]


def make(connection: psycopg.Connection[Any], days: Collection[date], run_id: str | None) -> Made:
    """Compute and record the readouts of these days, all of them or none."""
    from echo_assets.readouts.evidence import evidence_as_of
    from echo_ml.experiments.analysis import readout_of

    made = Made()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ  # every day sees the same rows
    with connection.transaction():
        for day in sorted(days):
            before = looks_before(connection, day)
            readouts = [
                readout_of(design, why_not, seen, before.get(seen.experiment_id))
                for design, why_not, seen in evidence_as_of(connection, day)
            ]
            made.decisions[day] = {each.experiment_id: str(each.decision) for each in readouts}
            made.recorded += sum(add(connection, each, run_id) for each in readouts)
            made.last |= {each.experiment_id: each for each in readouts}
    return made

"""All experiments beside each other: which primary effects stand when all are tested, and what is left of them.

Reads readouts and decides nothing. How effects are pooled is in `shrinkage.py`.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from echo_ml.experiments.design import Design, Method
from echo_ml.experiments.findings import Comparison, Interval, Outcome, Readout, Role
from echo_ml.experiments.fixed.estimates import normal_quantile
from echo_ml.experiments.fixed.multiplicity import benjamini_hochberg
from echo_ml.experiments.posterior import shrinkage
from echo_ml.experiments.posterior.shrinkage import Diagnostics, Effects, Shrunken

_TOO_FEW = 2
"""An effect alone has no others to be drawn to."""


@dataclass(frozen=True)
class Entry:
    """The primary metric of one arm of one experiment, or an experiment of which nothing was compared.

    `p_value` holds at every look that the design allows, so it may be above the one of the readout. `q_value` is by
    Benjamini-Hochberg over the whole portfolio. Lifts are relative to control, `shrunken_lift` is drawn to those of the
    others. A blocked experiment has no figures: they are not to be believed. `decided_on` is the arm that is shipped.
    """

    experiment_id: str
    name: str | None
    as_of: datetime.date
    decision: str
    decided_on: str | None = None
    variant: str | None = None
    metric: str | None = None
    users: int | None = None
    lift: float | None = None
    interval: Interval | None = None
    p_value: float | None = None
    q_value: float | None = None
    shrunken_lift: float | None = None
    shrunken_interval: Interval | None = None


@dataclass(frozen=True)
class Portfolio:
    """Entries in the order of the readouts. `method` names how effects were shrunk, None where none were.

    `average_lift` is what they were drawn to and `deviation` the standard deviation of true lifts about it, where more
    is better. `diagnostics` are of a sampled model, None for one in closed form.
    """

    entries: tuple[Entry, ...]
    method: str | None = None
    average_lift: float | None = None
    deviation: float | None = None
    diagnostics: Diagnostics | None = None


def portfolio(readouts: Sequence[Readout], *, seed: int = 0, shrink: bool = False, alpha: float = 0.05) -> Portfolio:
    """Put the newest readouts of all experiments, one each, beside each other.

    Effects are pooled in closed form by empirical Bayes, at once; with `shrink` by a hierarchical model in PyMC, which
    takes some 20 seconds and is the same for the same `seed`. `alpha` is of the shrunken intervals.
    """
    rows = _tested([row for readout in readouts for row in _rows(readout)])
    pooled = [row for row in rows if row.error is not None]
    if len(pooled) < _TOO_FEW:
        return Portfolio(tuple(row.entry for row in rows))
    effects = _effects(pooled)
    found = shrinkage.shrink(effects, seed=seed, alpha=alpha) if shrink else shrinkage.empirical_bayes(effects, alpha)
    left = iter(_left(row, found, at) for at, row in enumerate(pooled))
    entries = tuple(row.entry if row.error is None else next(left) for row in rows)
    return Portfolio(entries, found.method, found.average, found.deviation, found.diagnostics)


@dataclass(frozen=True)
class _Row:
    """An entry, and what pooling it takes: its standard error, None where it is not pooled.

    `of_control` is the part of its variance that is control's, 0..1. `sign` is -1 where lower is better: what is pooled
    is how much better the variant is.
    """

    entry: Entry
    error: float | None = None
    of_control: float = 0.0
    sign: int = 1


def _rows(readout: Readout) -> list[_Row]:
    design, found = readout.design, [each for each in readout.comparisons if each.role is Role.PRIMARY]
    name = None if design is None else design.name
    bare = Entry(readout.experiment_id, name, readout.as_of, str(readout.decision), readout.decision.variant)
    if design is None or not found:
        return [_Row(bare)]
    return [_row(readout, design, each, bare) for each in found]


def _row(readout: Readout, design: Design, found: Comparison, bare: Entry) -> _Row:
    users = found.users + found.control_users
    entry = replace(
        bare, variant=found.variant, metric=found.metric, users=users, lift=found.lift, interval=found.lift_interval
    )
    if readout.decision.outcome is Outcome.BLOCKED:
        return _Row(replace(entry, lift=None, interval=None))
    entry = replace(entry, p_value=_p_value(readout, design, found))
    if found.lift is None or found.lift_interval is None:
        return _Row(entry)
    error = (found.lift_interval.upper - found.lift_interval.lower) / (2 * normal_quantile(design.alpha))
    return _Row(entry, error or None, found.users / users, -1 if design.primary.lower_is_better else 1)


def _p_value(readout: Readout, design: Design, found: Comparison) -> float | None:
    """One look: the test's own. Planned looks: times their number (Bonferroni). Unplanned: the always-valid one.

    None on a day that is no planned look: its effect is shown and pooled, and not tested.
    """
    if design.method is Method.ALWAYS_VALID:
        paths = (path for path in readout.paths if path.variant == found.variant)
        valid = [p for path in paths for p in path.p_value if p is not None]
        return valid[-1] if valid else None
    today_is_a_look = any(
        path.days and path.upper[-1] is not None for path in readout.paths if path.variant == found.variant
    )
    return min(found.p_value * (design.looks or 1), 1.0) if today_is_a_look and found.p_value is not None else None


def _tested(rows: Sequence[_Row]) -> list[_Row]:
    q_values = benjamini_hochberg([math.nan if row.entry.p_value is None else row.entry.p_value for row in rows])
    found = [None if math.isnan(q) else float(q) for q in q_values]
    return [replace(row, entry=replace(row.entry, q_value=q)) for row, q in zip(rows, found, strict=True)]


def _effects(rows: Sequence[_Row]) -> Effects:
    """Variants of one experiment share control's part of their errors, as far as all users vary alike."""
    _, experiment = np.unique([row.entry.experiment_id for row in rows], return_inverse=True)
    errors = np.array([row.error for row in rows], dtype=np.float64)
    shared = errors * np.sqrt([row.of_control for row in rows])
    together = (experiment[:, None] == experiment) & ~np.eye(len(rows), dtype=bool)
    effect = np.array([row.sign * (row.entry.lift or 0.0) for row in rows])
    return Effects(effect, np.diag(errors**2) + np.where(together, np.outer(shared, shared), 0), experiment)


def _left(row: _Row, found: Shrunken, at: int) -> Entry:
    ends = sorted(row.sign * float(end) for end in (found.lower[at], found.upper[at]))
    return replace(row.entry, shrunken_lift=row.sign * float(found.effect[at]), shrunken_interval=Interval(*ends))

"""How unusual a figure is, given figures before it: median and MAD. Pure; knows no database and no contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, sqrt
from statistics import median

from echo_quality.over_time import Drift

NORMAL = 1.4826
"""A MAD times this is a standard deviation, where the figures are normal."""

_SMALLEST_SHARE = 0.02
_SMALLEST_PART = 0.1
_OF_A_MEDIAN = 1.2533
"""The standard error of a median is this times that of a mean."""


class Measure(StrEnum):
    """What a figure is, which decides how far it strays by chance."""

    COUNT = "count"
    SHARE = "share"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Point:
    """One figure of one load or day, taken of so many rows; `label` says whose it is.

    `spread` is the robust standard deviation of the values that an amount is the middle of. A point of a known incident
    is neither judged nor part of any history.
    """

    label: str
    value: float
    measure: Measure
    rows: int = 0
    spread: float = 0.0
    in_incident: bool = False


@dataclass(frozen=True)
class Judgement:
    """A point beside its history. `score` is in robust standard deviations, None where there is too little history."""

    point: Point
    history: int
    median: float | None = None
    mad: float | None = None
    score: float | None = None

    def is_unusual(self, drift: Drift) -> bool:
        """Whether the score is beyond the contract's threshold; what was not judged is not."""
        return self.score is not None and abs(self.score) > drift.threshold


def judged(points: Sequence[Point], asked: Iterable[int], drift: Drift) -> list[Judgement]:
    """Judge the points at these places by those before them; the point itself is never part of its history."""
    return [_judged(points[place], _history(points[:place], drift.window), drift) for place in asked]


def _history(before: Sequence[Point], window: int) -> list[Point]:
    """The last `window` points that belong to no known incident."""
    return [point for point in before if not point.in_incident][-window:]


def _judged(point: Point, history: Sequence[Point], drift: Drift) -> Judgement:
    if point.in_incident or len(history) < drift.minimum:
        return Judgement(point, len(history))
    values = [each.value for each in history]
    seen = [_evened(point.measure, value) for value in values]
    usual, spread = median(seen), median(each.spread for each in history)
    scale = max(NORMAL * _mad(seen), chance(point.measure, median(values), spread, point.rows))
    score = _score(_evened(point.measure, point.value) - usual, scale)
    return Judgement(point, len(history), median(values), _mad(values), score)


def _mad(values: Sequence[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values)


def _evened(measure: Measure, value: float) -> float:
    """A count by its root, since large counts stray more than small ones: so all stray by about one (Anscombe)."""
    return 2 * sqrt(max(value, 0.0) + 0.375) if measure is Measure.COUNT else value


def _score(distance: float, scale: float) -> float:
    """Infinite where figures that never changed, and cannot by chance, have changed."""
    if scale > 0:
        return distance / scale
    return 0.0 if distance == 0 else inf if distance > 0 else -inf


def chance(measure: Measure, usual: float, spread: float, rows: int) -> float:
    """How far a figure strays without anybody's doing. It follows from the history, never from the figure judged.

    A count strays (by its root) as counts of independent events do, a share and a median as samples of so many rows; a
    small part of the usual figure at least, so that figures which hardly ever changed may change a little.
    """
    if measure is Measure.COUNT:
        return max(1.0, _SMALLEST_PART * sqrt(max(usual, 0.0)))
    if measure is Measure.SHARE:
        return max(sqrt(max(usual * (1 - usual), 0.0) / rows), 1 / rows, _SMALLEST_SHARE) if rows else 1.0
    sampled = _OF_A_MEDIAN * spread / sqrt(rows) if rows else 0.0
    return max(sampled, _SMALLEST_PART * abs(usual))

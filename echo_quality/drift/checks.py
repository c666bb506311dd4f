"""The named checks of drift: which figures each judges, and what it says. All of them judge the newest loads.

A check is red while one of the loads that came in together last, or one of their days, is unusual; the next loads are
judged in their stead. What was red stays in the history of the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from psycopg import sql

from echo_quality.contract import Contract
from echo_quality.drift.incidents import incidents_of, loads_of_incidents
from echo_quality.drift.profiles import Profile, add_missing_profiles, categories, newest_profiles, numbers
from echo_quality.drift.series import Series, by_day, category_shares, null_shares, rows_per_file
from echo_quality.drift.series import numbers as number_figures
from echo_quality.drift.statistics import Judgement, Measure, judged
from echo_quality.findings import Finding, SourceCheck, View
from echo_quality.loading.settle import day_of
from echo_quality.over_time import Drift, DriftSeverity

SECTION = "as-usual"
_SHOWN = 20
_LOADS_AT_ONCE = 200
_WINDOWS = 3
_DAYS_AT_ONCE = 400
OfLoads = Callable[[list[Profile], frozenset[int]], Iterator[Series]]


def drift_checks(contract: Contract) -> list[SourceCheck]:
    """The checks that a contract's columns allow."""
    found = [
        _check(contract, "rows_per_file_as_usual", "The newest files have about as many rows as those before.", _rows),
        _check(contract, "rows_per_day_as_usual", "The newest days have about as many rows as those before.", _days),
        _check(contract, "empty_shares_as_usual", "Columns are empty about as often as in the files before.", _empty),
    ]
    if categories(contract.columns):
        said = "Accepted values are about as frequent as in the files before."
        found.append(_check(contract, "category_shares_as_usual", said, _categories))
    if numbers(contract.columns):
        said = "Numbers have about the middle and the spread that they have in the files before."
        found.append(_check(contract, "numbers_as_usual", said, _numbers))
    return found


def _check(contract: Contract, name: str, said: str, find: Callable[[View], Finding]) -> SourceCheck:
    return SourceCheck(name, SECTION, said, find, contract.over_time.drift.severity is DriftSeverity.BLOCKING)


def _rows(view: View) -> Finding:
    return _of_loads(view, rows_per_file)


def _empty(view: View) -> Finding:
    return _of_loads(view, null_shares)


def _categories(view: View) -> Finding:
    return _of_loads(view, category_shares)


def _numbers(view: View) -> Finding:
    return _of_loads(view, number_figures)


def _of_loads(view: View, series: OfLoads) -> Finding:
    profiles = _profiles(view)
    known = loads_of_incidents(profiles, incidents_of(view.connection, view.contract.source))
    return finding_of(series(profiles, known), view.contract.over_time.drift, "file")


def _profiles(view: View) -> list[Profile]:
    limit = _WINDOWS * view.contract.over_time.drift.window + _LOADS_AT_ONCE
    add_missing_profiles(view.connection, view.contract, view.lake, view.timezone, limit)
    return newest_profiles(view.connection, view.contract, view.timezone, limit)


def _days(view: View) -> Finding:
    """The days of the newest loads that are over, beside the days before them."""
    profiles, drift = _profiles(view), view.contract.over_time.drift
    newest = [each for each in profiles if each.batch == profiles[-1].batch]
    touched = {date.fromisoformat(day) for each in newest for day in each.of("days")}
    asked = set(sorted(day for day in touched if day < view.today)[-_DAYS_AT_ONCE:])
    if not asked:
        return finding_of([], drift, "day")
    first = min(asked) - timedelta(days=_WINDOWS * drift.window)
    rows = view.connection.execute(
        sql.SQL("select {day}, count(*) from {staging} where {day} between %(first)s and %(last)s group by 1").format(
            day=day_of(view.contract), staging=sql.Identifier("staging", view.contract.source)
        ),
        {"timezone": view.timezone, "first": first, "last": max(asked)},
    ).fetchall()
    incidents = incidents_of(view.connection, view.contract.source)
    return finding_of([by_day("rows", dict(rows), asked, incidents, Measure.COUNT)], drift, "day")


def finding_of(series: Iterable[Series], drift: Drift, of: str) -> Finding:
    """The verdict over all figures; `of` says what a point is, a file or a day."""
    found = [(each.figure, judgement) for each in series for judgement in judged(each.points, each.asked, drift)]
    scored = [(figure, judgement) for figure, judgement in found if judgement.score is not None]
    unusual = sorted((each for each in scored if each[1].is_unusual(drift)), key=_by_score)
    facts = {
        "judged": len(scored), "unusual": len(unusual), "threshold": drift.threshold, "window": drift.window,
        "figures": sorted({figure for figure, _ in unusual}),
    }  # fmt: skip
    return Finding(
        passed=not unusual,
        said=_in_words(found, scored, unusual, drift, of),
        is_error=drift.severity is not DriftSeverity.WARNING,
        facts=facts,
        sample=tuple(_row(figure, judgement, of) for figure, judgement in unusual[:_SHOWN]),
        judged=tuple(_row(figure, judgement, of) for figure, judgement in sorted(scored, key=_by_score)[:_SHOWN]),
    )


def _by_score(each: tuple[str, Judgement]) -> float:
    return -abs(each[1].score or 0.0)


def _in_words(
    found: list[tuple[str, Judgement]], scored: list[tuple[str, Judgement]], unusual: list[tuple[str, Judgement]],
    drift: Drift, of: str,
) -> str:  # fmt: skip
    if unusual:
        figure, worst = unusual[0]
        more = f"; {len(unusual) - 1} more figures are unusual" if len(unusual) > 1 else ""
        return f"{worst.point.label}: {figure} {_short(worst.point.value)}, usual is {_short(worst.median)}{more}"
    if scored:
        return f"{len(scored)} figures are as usual."
    if any(judgement.point.in_incident for _, judgement in found):
        return "Not judged: it belongs to a known incident."
    if not found:
        return f"Not judged yet: there is no {of} to judge."
    most = max(judgement.history for _, judgement in found)
    return f"Not judged yet: {most} of the {drift.minimum} {of}s that it takes have come before."


def _row(figure: str, judgement: Judgement, of: str) -> dict[str, Any]:
    score = judgement.score or 0.0
    return {
        of: judgement.point.label, "figure": figure, "value": _short(judgement.point.value),
        "median": _short(judgement.median), "mad": _short(judgement.mad), "score": _short(score),
        "history": judgement.history,
    }  # fmt: skip


def _short(value: float | None) -> str:
    """Six digits and no exponent for what people count in."""
    if value is None:
        return ""
    return str(int(value)) if abs(value) < 1e15 and float(value).is_integer() else f"{value:.6g}"

"""Series of points to judge: the figures of loads, one load after the other, and the rows of business days.

`known` are the numbers of loads that belong to a known incident.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from echo_quality.drift.incidents import Incident, is_known
from echo_quality.drift.profiles import Profile
from echo_quality.drift.statistics import Measure, Point

_RARE = 0.1
"""Days without rows are unusual only where fewer than this share of days is without."""


@dataclass(frozen=True)
class Series:
    """A figure over time, and which of its points are asked about."""

    figure: str
    points: tuple[Point, ...]
    asked: tuple[int, ...]


def rows_per_file(profiles: Sequence[Profile], known: frozenset[int]) -> Iterator[Series]:
    """How many rows each file has, good and bad."""
    points = [
        Point(each.file, each.rows_in_file, Measure.COUNT, each.rows_in_file, 0.0, each.load_id in known)
        for each in profiles
    ]
    yield Series("rows", tuple(points), _of_batch(profiles, profiles[-1].batch) if profiles else ())


def null_shares(profiles: Sequence[Profile], known: frozenset[int]) -> Iterator[Series]:
    """For each column, in how many of the rows it is empty."""
    for column in _columns(profiles, "nulls"):
        found = [(each, each.of("nulls").get(column)) for each in profiles if each.rows]
        yield _shares(f"{column} is empty", found, profiles[-1].batch, known)


def category_shares(profiles: Sequence[Profile], known: frozenset[int]) -> Iterator[Series]:
    """For each accepted value of a column, how many of the rows have it."""
    for column in _columns(profiles, "shares"):
        shares = [(each, each.of("shares").get(column, {})) for each in profiles if each.rows]
        for value in dict.fromkeys(value for _, by_value in shares for value in by_value):
            found = [(each, by_value.get(value)) for each, by_value in shares]
            yield _shares(f"{column} is {value}", found, profiles[-1].batch, known)


def numbers(profiles: Sequence[Profile], known: frozenset[int]) -> Iterator[Series]:
    """For each column of numbers the middle of its values, and how far they spread."""
    for column in _columns(profiles, "numbers"):
        found = [(each, each.of("numbers")[column]) for each in profiles if column in each.of("numbers")]
        asked = _of_batch([each for each, _ in found], profiles[-1].batch)
        for figure in ("median", "spread"):
            points = tuple(_amount(each, number, figure, known) for each, number in found)
            yield Series(f"{figure} of {column}", points, asked)


def by_day(
    figure: str, values: Mapping[date, float], asked: set[date], incidents: list[Incident], measure: Measure
) -> Series:
    """A figure by business day; a day without any is a point where such days are rare, and left out elsewhere."""
    if not values:
        return Series(figure, (), ())
    first, last = min(values), max(values)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    empty = [day for day in days if day not in values]
    if len(empty) >= _RARE * len(days):
        days = [day for day in days if day in values]
    between = {day for day in empty if asked and min(asked) <= day <= max(asked)}
    points = tuple(
        Point(day.isoformat(), float(values.get(day, 0)), measure, in_incident=is_known(day, incidents)) for day in days
    )
    return Series(figure, points, tuple(at for at, day in enumerate(days) if day in asked or day in between))


def _shares(figure: str, found: Sequence[tuple[Profile, float | None]], batch: int, known: frozenset[int]) -> Series:
    given = [(each, share) for each, share in found if share is not None]
    points = tuple(
        Point(each.file, share, Measure.SHARE, each.rows, 0.0, each.load_id in known) for each, share in given
    )
    return Series(figure, points, _of_batch([each for each, _ in given], batch))


def _amount(profile: Profile, number: Mapping[str, float], figure: str, known: frozenset[int]) -> Point:
    rows, spread = int(number["rows"]), float(number["spread"])
    return Point(profile.file, float(number[figure]), Measure.AMOUNT, rows, spread, profile.load_id in known)


def _of_batch(profiles: Sequence[Profile], batch: int) -> tuple[int, ...]:
    """The places of the loads that came in together."""
    return tuple(at for at, each in enumerate(profiles) if each.batch == batch)


def _columns(profiles: Sequence[Profile], kind: str) -> list[str]:
    return list(dict.fromkeys(column for each in profiles for column in each.of(kind)))

"""How the dates of a column are written: ISO, or formats that a contract must declare.

Day and month are told apart only by values of which one is above 12. Where there are none, both formats are offered and
neither is chosen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from echo_quality.discover.profile import Profile, read_as

if TYPE_CHECKING:
    import duckdb

ISO_DAY = "9999-99-99"
ISO_MOMENT = r"9999-99-99[ a]99:99(?::99(?:[.]9{1,6})?)?(?: ?(?:a|[+-]99(?::?99)?))?"
_CLOCK = {"": "", " 99?:99": " %H:%M", " 99?:99:99": " %H:%M:%S"}
_TWO_DIGIT_YEAR = r"99?([/.-])99?\1'?99(?: .*)?"
_MONTH_NAME = r"(?:aaa[a-z]*,? )?99?[. -](?:aaa+)[. -]9{2,4}|aaa+ 99?,? 9999"


@dataclass(frozen=True)
class Dates:
    """The dates of a column: how many values are one, in which declared formats, and whether any has a clock.

    `choices` are the formats of which a person must declare one, because every value can be read as either.
    """

    rows: int
    formats: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    has_clock: bool = False
    is_mixed: bool = False
    undeclarable: str = ""


def dates_of(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Dates:
    """The readings of every shape that looks like a date."""
    day, moment = profile.fitting(ISO_DAY), profile.fitting(ISO_MOMENT)
    rows, clock = day + moment, moment > 0
    formats, choices, mixed = [], [], False
    for pattern, candidates in _families().items():
        looks = profile.fitting(pattern)
        if not looks:
            continue
        read = read_as(connection, profile.name, candidates)
        fitting = [each for each in candidates if read[each] >= looks]
        rows += max(read.values())
        clock = clock or ":" in pattern
        if len(fitting) == 1:
            formats += fitting
        elif fitting:
            choices += fitting
        else:
            best = max(candidates, key=lambda each: read[each])
            mixed = mixed or len(candidates) > 1
            formats.append(best)
    strange = [*profile.matching(_TWO_DIGIT_YEAR), *profile.matching(_MONTH_NAME)]
    settled = tuple(each for each in formats if _day_first(each) is not None)
    choices = [each for each in choices if not settled or _day_first(each) == _day_first(settled[0])]
    if settled:
        formats, choices = [*formats, *choices], []
    return Dates(rows, tuple(formats), tuple(choices), clock, mixed, strange[0].example if strange else "")


def _families() -> dict[str, tuple[str, ...]]:
    """Patterns of shapes, each with the formats that can read them."""
    found: dict[str, tuple[str, ...]] = {}
    for sign in "/.-":
        for shape, clock in _CLOCK.items():
            escaped = re.escape(sign)
            found[f"99?{escaped}99?{escaped}9999{shape}"] = (
                f"%d{sign}%m{sign}%Y{clock}",
                f"%m{sign}%d{sign}%Y{clock}",
            )
            if sign != "-":
                found[f"9999{escaped}99?{escaped}99?{shape}"] = (f"%Y{sign}%m{sign}%d{clock}",)
    return found


def compact_days(connection: duckdb.DuckDBPyConnection, profile: Profile) -> int:
    """How many values read as a day without separators, `20240131`."""
    if profile.fitting("9{8}") < profile.filled or not re.match("(19|20|21)", profile.lowest):
        return 0
    return read_as(connection, profile.name, ["%Y%m%d"])["%Y%m%d"]


def _day_first(written: str) -> bool | None:
    """Whether the day comes before the month; None for a format that begins with the year."""
    return None if written.startswith("%Y") else written.startswith("%d")

"""What a contract would say about one column, and why: the type, how it is read, which values it takes.

Nothing is decided that the values leave open: then the lines to choose from stand beside the column as comments.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from echo_quality.contract import LogicalType
from echo_quality.discover.dates import Dates, compact_days, dates_of
from echo_quality.discover.decision import ENOUGH_DATES, Decision, as_text, is_identifier, share_of
from echo_quality.discover.number_decisions import number_decision
from echo_quality.discover.personal import suspicion
from echo_quality.discover.profile import Profile
from echo_quality.generate import patterns

if TYPE_CHECKING:
    import duckdb

_LABELS_AT_MOST, _ROWS_PER_LABEL, _LONGEST_LABEL = 12, 5, 40
_EMPTY_WORDS = {"n/a", "na", "null", "none", "nan", "nil", "-", "--", "#n/a", "#value!", "#ref!", "?", ".", "unknown"}
_TRUE = {*patterns.TRUE, "ja", "j", "oui", "si", "wahr", "x"}
_FALSE = {*patterns.FALSE, "nein", "non", "falsch"}


def decide(connection: duckdb.DuckDBPyConnection, profile: Profile, others: frozenset[str]) -> Decision:
    """The decision about one column; `others` are the names of the columns beside it."""
    decided = _typed(connection, profile)
    personal = suspicion(profile, others)
    if decided.kind is not LogicalType.STRING or profile.filled == 0:
        return replace(decided, personal=personal)
    labels = () if personal or decided.open or is_identifier(profile.name) else _labels(profile)
    reasons = decided.reasons
    if labels:
        reasons += (f"{len(labels)} different values; another one is a warning, not a rejection",)
    return replace(decided, personal=personal, labels=labels, reasons=reasons)


def _typed(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Decision:
    if profile.filled == 0:
        return Decision(profile, LogicalType.STRING, ("no row has a value",))
    if profile.zero_led:
        return as_text(profile, f"{_rows(profile.zero_led)} with leading zeros, which a number would lose")
    without, empty = _without_empty_words(profile)
    for reading in (_truth, _compact, number_decision, _json):
        if found := reading(connection, without):
            return _with_empty_words(replace(found, profile=profile), empty)
    dates = dates_of(connection, without)
    if dates.rows >= ENOUGH_DATES * without.filled and without.filled:
        return _with_empty_words(_moment(profile, dates, without.filled), empty)
    if dates.undeclarable:
        return replace(as_text(profile, *_year_or_month_to_declare(dates)), dates=dates)
    return as_text(profile, "text")


def _rows(count: int) -> str:
    return f"{count} value{'s' * (count != 1)}"


def _without_empty_words(profile: Profile) -> tuple[Profile, tuple[str, ...]]:
    """The profile without the words that stand for nothing, and those words as they are written."""
    words = [(value, rows) for value, rows in profile.top if value.lower() in _EMPTY_WORDS]
    if not words:
        return profile, ()
    counts: dict[str, int] = {}
    for value, rows in words:
        shape = re.sub("[a-z]", "a", re.sub("[0-9]", "9", value.lower()))
        counts[shape] = counts.get(shape, 0) + rows
    shapes = [replace(each, rows=each.rows - counts.get(each.text, 0)) for each in profile.shapes]
    kept = tuple(each for each in shapes if each.rows > 0)
    top = tuple(item for item in profile.top if item not in words)
    fewer = replace(profile, filled=profile.filled - sum(counts.values()), shapes=kept, top=top)
    return fewer, tuple(value for value, _ in words)


def _with_empty_words(decision: Decision, words: tuple[str, ...]) -> Decision:
    if not words:
        return decision
    reason = f"{', '.join(map(repr, words))} read as no value"
    properties = (*decision.properties, ("nullTexts", list(words)))
    return replace(decision, properties=properties, reasons=(*decision.reasons, reason))


def _truth(_: duckdb.DuckDBPyConnection, profile: Profile) -> Decision | None:
    """Two words for yes and no; 0 and 1 alone may as well be numbers."""
    words = {value.lower() for value, _ in profile.top}
    if not words or profile.folded > len(words) or not words <= _TRUE | _FALSE or words <= {"0", "1"}:
        return None
    if not (words & _TRUE and words & _FALSE) and not words & {"true", "false"}:
        return None
    found = Decision(profile, LogicalType.BOOLEAN, (f"only {', '.join(sorted(words))}",))
    if words <= {*patterns.TRUE, *patterns.FALSE}:
        return found
    texts = (("trueTexts", sorted(words & _TRUE)), ("falseTexts", sorted(words & _FALSE)))
    return replace(found, properties=texts) if all(listed for _, listed in texts) else None


def _compact(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Decision | None:
    if is_identifier(profile.name) or compact_days(connection, profile) < profile.filled:
        return None
    reasons = ("every value is a day, as in 20240131",)
    return Decision(profile, LogicalType.DATE, reasons, (("formats", ["%Y%m%d"]),), dates=Dates(profile.filled))


def _json(_: duckdb.DuckDBPyConnection, profile: Profile) -> Decision | None:
    if profile.filled == 0 or not all(re.fullmatch(r"\{.*\}|\[.*\]", value) for value, _ in profile.top):
        return None
    return Decision(profile, LogicalType.JSON, ("objects or lists, as JSON",))


def _moment(profile: Profile, dates: Dates, filled: int) -> Decision:
    kind = LogicalType.TIMESTAMP if dates.has_clock else LogicalType.DATE
    reasons = [share_of(min(dates.rows, filled), replace(profile, filled=filled), f"a {kind.value}")]
    if dates.formats:
        properties: tuple[tuple[str, Any], ...] = (("formats", list(dates.formats)),)
        reasons.append(f"written as {' or '.join(dates.formats)}: no other order of day and month fits every value")
        return Decision(profile, kind, tuple(reasons), properties, dates=dates)
    if dates.choices:
        example = profile.shapes[0].example
        return Decision(
            profile,
            kind,
            tuple(reasons),
            choices=tuple(f"customProperties: [{{property: formats, value: ['{each}']}}]" for each in dates.choices),
            open=f"{example!r} may begin with the day or the month, and no value says which; until one is declared,"
            " every row goes to quarantine",
            dates=dates,
        )
    return Decision(profile, kind, (*reasons, "written as ISO 8601"), dates=dates)


def _year_or_month_to_declare(dates: Dates) -> tuple[str, ...]:
    return (
        f"{dates.undeclarable!r} looks like a date: declare formats, with twoDigitYearsFrom for years of two digits"
        " and monthNames: english for months in words",
    )


def _labels(profile: Profile) -> tuple[str, ...]:
    few = profile.distinct <= _LABELS_AT_MOST and profile.filled >= _ROWS_PER_LABEL * profile.distinct
    return tuple(sorted(value for value, _ in profile.top)) if few and profile.longest <= _LONGEST_LABEL else ()

"""What a contract would say about one column, and why: the type, how it is read, which values it takes.

Nothing is decided that the values leave open: then the lines to choose from stand beside the column as comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from echo_quality.contract import LogicalType
from echo_quality.discover.dates import Dates, compact_days, dates_of
from echo_quality.discover.numbers import Numbers, numbers_of
from echo_quality.discover.personal import suspicion
from echo_quality.discover.profile import Profile, extremes, marks_of
from echo_quality.generate import patterns

if TYPE_CHECKING:
    import duckdb

ENOUGH, ENOUGH_DATES = 0.9, 0.75
"""The share of values that must have a type's form for the column to get the type; the rest is quarantined.

A few digits may stand in any text, but hardly anything looks like a date and is none.
"""
_LABELS_AT_MOST, _ROWS_PER_LABEL, _LONGEST_LABEL = 12, 5, 40
_IDENTIFIES = re.compile(
    r"(?:^|_)(?:id|ids|key|no|nr|num|number|code|sku|zip|zipcode|postcode|postal|plz|phone|tel|mobile|fax|iban|bic|"
    r"account|card|ean|isbn|upc|vat|uuid|guid|ref|reference|invoice|serial|ssn)$"
)
_EMPTY_WORDS = {"n/a", "na", "null", "none", "nan", "nil", "-", "--", "#n/a", "#value!", "#ref!", "?", ".", "unknown"}
_TRUE = {*patterns.TRUE, "ja", "j", "oui", "si", "wahr", "x"}
_FALSE = {*patterns.FALSE, "nein", "non", "falsch"}
_DATED, _SERIALS = re.compile(r"(?:^|_)(?:date|day|datum|time|at|on)$"), (20_000, 60_000)
_CURRENCIES = {"\u20ac": "EUR", "\u00a3": "GBP"}


@dataclass(frozen=True)
class Decision:
    """A column of the proposal. `choices` are lines of YAML of which a person must take one; `open` says why."""

    profile: Profile
    kind: LogicalType
    reasons: tuple[str, ...]
    properties: tuple[tuple[str, Any], ...] = ()
    labels: tuple[str, ...] = ()
    personal: str = ""
    choices: tuple[str, ...] = ()
    open: str = ""
    dates: Dates | None = field(default=None, repr=False)
    numbers: Numbers | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The column's name."""
        return self.profile.name

    @property
    def is_moment(self) -> bool:
        """Whether it is a date or a timestamp."""
        return self.kind in (LogicalType.DATE, LogicalType.TIMESTAMP)


def is_identifier(name: str) -> bool:
    """Whether a column's name says that it identifies something; then its values stay text."""
    return _IDENTIFIES.search(name) is not None


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
        return _text(profile, f"{_rows(profile.zero_led)} with leading zeros, which a number would lose")
    without, empty = _without_empty_words(profile)
    for reading in (_truth, _compact, _number, _json):
        if found := reading(connection, without):
            return _with_empty_words(replace(found, profile=profile), empty)
    dates = dates_of(connection, without)
    if dates.rows >= ENOUGH_DATES * without.filled and without.filled:
        return _with_empty_words(_moment(profile, dates, without.filled), empty)
    if dates.undeclarable:
        return replace(_text(profile, *_year_or_month_to_declare(dates)), dates=dates)
    return _text(profile, "text")


def _text(profile: Profile, *reasons: str) -> Decision:
    return Decision(profile, LogicalType.STRING, reasons)


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


def _number(connection: duckdb.DuckDBPyConnection, profile: Profile) -> Decision | None:
    numbers = numbers_of(profile)
    if profile.filled == 0 or numbers.rows < ENOUGH * profile.filled:
        return None
    if numbers.currencies:
        numbers = replace(numbers, currencies=marks_of(connection, profile.name))
    if is_identifier(profile.name):
        return _text(profile, "an identifier by its name, so it stays text although its values are digits")
    if numbers.is_mixed:
        return _text(profile, "numbers with decimal commas and with decimal points: one column, two meanings")
    share = _share(numbers.rows, profile, "a number")
    if numbers.decimal is None:
        return _either_separator(profile, numbers, share)
    ends = extremes(connection, profile.name)
    if ends and _DATED.search(profile.name) and _SERIALS[0] <= ends[0] <= ends[1] <= _SERIALS[1]:
        return _serial(profile, share)
    return _sized(
        profile, numbers, f"{share}, from {ends[0].normalize():f} to {ends[1].normalize():f}" if ends else share
    )


def _sized(profile: Profile, numbers: Numbers, share: str) -> Decision:
    if numbers.digits > 38 - numbers.decimals:
        return _text(profile, "more digits than a number can have")
    properties, question, choices = _written(numbers)
    if question:
        return Decision(profile, LogicalType.STRING, (share,), choices=tuple(choices), open=question, numbers=numbers)
    if numbers.decimals == 0 and numbers.digits <= 18 and not properties:
        return Decision(profile, LogicalType.INTEGER, (share,), numbers=numbers)
    sized = (("scale", numbers.decimals), *_precision(numbers))
    reason = f"{share}, with up to {numbers.decimals} decimals"
    return Decision(profile, LogicalType.NUMBER, (reason,), (*sized, *properties), numbers=numbers)


def _serial(profile: Profile, share: str) -> Decision:
    systems = (1900, 1904)
    return Decision(
        profile,
        LogicalType.STRING,
        (share,),
        choices=tuple(
            f"logicalType: date, customProperties: [{{property: excelDates, value: {each}}}]" for each in systems
        ),
        open=f"{profile.top[0][0]!r} may be a day as Excel counts them, from 1900 on or from 1904 on",
        dates=Dates(profile.filled),
    )


def _share(rows: int, profile: Profile, what: str) -> str:
    if rows >= profile.filled:
        return f"every value is {what}"
    return f"{rows} of {profile.filled} values are {what} ({rows / profile.filled:.1%}); the others go to quarantine"


def _precision(numbers: Numbers) -> tuple[tuple[str, Any], ...]:
    needed = numbers.digits + numbers.decimals
    return (("precision", min(38, needed + 3)),) if needed > 18 else ()


def _either_separator(profile: Profile, numbers: Numbers, share: str) -> Decision:
    sign = "," if "," in numbers.example or numbers.plain < numbers.rows else "."
    shown = next((each.example for each in profile.shapes if sign in each.text), numbers.example)
    return Decision(
        profile,
        LogicalType.STRING,
        (share,),
        choices=(
            "logicalType: number, customProperties: [{property: numberFormat, value: '1,234.56'}]",
            "logicalType: number, customProperties: [{property: numberFormat, value: '1.234,56'}]",
        ),
        open=f"{shown!r} has thousands or decimals, and no value says which",
        numbers=numbers,
    )


def _written(numbers: Numbers) -> tuple[tuple[tuple[str, Any], ...], str, list[str]]:
    """What must be declared about how the numbers are written; what is open about it, and the lines to choose from."""
    found: list[tuple[str, Any]] = []
    decimal = numbers.decimal or "."
    group = next(iter(sorted(numbers.groups)), "")
    if decimal == "," or group:
        found.append(("numberFormat", f"1{group}234{decimal}56"))
    if numbers.has_accounting:
        found.append(("negatives", ["(100)", "100-"]))
    if numbers.has_percent:
        return (), f"{numbers.example!r} is a share or percentage points", [
            "logicalType: number, customProperties: [{property: percent, value: fraction}]",
            "logicalType: number, customProperties: [{property: percent, value: points}]",
        ]  # fmt: skip
    codes = {_CURRENCIES.get(mark, mark) for mark in numbers.currencies}
    if len(codes) > 1:
        return (), f"amounts in {', '.join(sorted(codes))} in one column", [
            "a column with the currency of each row, named as currencyColumn beside currencies"
        ]  # fmt: skip
    if codes & {"$", "\u00a5"}:
        return (), f"{numbers.example!r}: several currencies write {codes.pop()}", [
            "logicalType: number, customProperties: [{property: currencies, value: {'$': USD}}, "
            "{property: currency, value: USD}]"
        ]  # fmt: skip
    if codes:
        marks = {mark: _CURRENCIES.get(mark, mark) for mark in sorted(numbers.currencies)}
        found += [("currencies", marks), ("currency", codes.pop())]
    return tuple(found), "", []


def _moment(profile: Profile, dates: Dates, filled: int) -> Decision:
    kind = LogicalType.TIMESTAMP if dates.has_clock else LogicalType.DATE
    reasons = [_share(min(dates.rows, filled), replace(profile, filled=filled), f"a {kind.value}")]
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

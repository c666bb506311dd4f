"""What a person should look at before the contract is believed: the columns and rows that mislead."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from echo_quality.contract import LogicalType
from echo_quality.discover.decision import Decision, is_identifier
from echo_quality.discover.numbers import CODES
from echo_quality.discover.profile import dated_after, distinct_together, extremes
from echo_quality.generate.sql_text import literal, name

if TYPE_CHECKING:
    import duckdb

_SENTINEL_NUMBERS = {Decimal(text) for text in ("-1", "-9", "-99", "-999", "-9999", "999", "9999", "99999", "999999")}
_SENTINEL_DAYS = ("1900-01-01", "1899-12-30", "1970-01-01", "2099-12-31", "9999-12-31", "0001-01-01")
_TOTAL = r"^\s*(grand |sub)?(total|sum|summe|gesamt|gesamtsumme|insgesamt|totaal|totale|razem)\b"


@dataclass(frozen=True)
class Risk:
    """One thing to look at; `column` is empty for what concerns whole rows, `kind` names the sort of risk."""

    kind: str
    column: str
    sentence: str


@dataclass(frozen=True)
class Totals:
    """The last row of the file where it adds up the rows above it: in which column it says so, and what it sums."""

    label_column: str
    label: str
    sums: tuple[str, ...]


def risks_of(
    connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], today: datetime.date, broken: int
) -> list[Risk]:
    """Every risk, column by column, then those of whole rows. `broken` rows do not fit the header."""
    found = [risk for each in decisions for risk in _of_column(connection, each, today)]
    if broken:
        found.append(Risk("ragged rows", "", f"{broken} rows do not fit the header; they go to quarantine as they are"))
    rows = decisions[0].profile.rows if decisions else 0
    different = distinct_together(connection, [each.name for each in decisions])
    if different < rows:
        found.append(Risk("duplicates", "", f"{rows - different} rows repeat another row in every column"))
    return found


def _of_column(connection: duckdb.DuckDBPyConnection, decision: Decision, today: datetime.date) -> Iterator[Risk]:
    profile, at = decision.profile, decision.name
    if profile.zero_led:
        yield Risk(
            "leading zeros", at, f"{profile.zero_led} values begin with 0 ({_shown(decision, '0')}); kept as text"
        )
    if decision.open:
        yield Risk(_kind_of_open(decision), at, decision.open)
    if decision.dates and decision.dates.is_mixed:
        yield Risk("mixed dates", at, "no one order of day and month reads every value")
    if decision.dates and decision.dates.undeclarable:
        yield Risk("dates to declare", at, decision.reasons[0])
    if "decimal commas" in decision.reasons[0]:
        yield Risk("decimal comma", at, decision.reasons[0])
    if "numberFormat" in dict(decision.properties):
        written = dict(decision.properties)["numberFormat"]
        yield Risk("decimal comma", at, f"written like {written}; a plain reading would be wrong by a factor")
    yield from _of_text(decision)
    yield from _of_values(connection, decision, today)


def _kind_of_open(decision: Decision) -> str:
    if decision.dates:
        return "day and month"
    if decision.numbers and decision.numbers.currencies:
        return "mixed currencies" if len(decision.numbers.currencies) > 1 else "currency"
    return "thousands or decimals"


def _of_text(decision: Decision) -> Iterator[Risk]:
    profile, at = decision.profile, decision.name
    if profile.padded:
        yield Risk(
            "blanks around", at, f"{profile.padded} values have blanks around them; spaces are taken off on reading"
        )
    if profile.garbled:
        yield Risk(
            "mixed encodings", at, f"{profile.garbled} values were garbled before they got here: ask for a new export"
        )
    if decision.kind is LogicalType.STRING and profile.folded < profile.distinct:
        spared = profile.distinct - profile.folded
        hint = "; {property: lowerCase, value: true} makes them one" if decision.labels else ""
        yield Risk("mixed case", at, f"{spared} values differ from others only by capitals{hint}")
    codes = {value for value, _ in profile.top if value in CODES}
    if len(codes) > 1 and len(codes) >= 0.9 * len(profile.top):
        yield Risk("mixed currencies", at, f"{', '.join(sorted(codes))}: a sum over them is no amount of anything")
    if decision.kind is LogicalType.STRING and not decision.open and _looks_like_numbers(decision):
        yield Risk("numbers as text", at, f"{_digits(decision)} values are only digits; {decision.reasons[0]}")


def _looks_like_numbers(decision: Decision) -> bool:
    is_known = decision.profile.zero_led or is_identifier(decision.name)
    return not is_known and 0.5 * decision.profile.filled <= _digits(decision)


def _digits(decision: Decision) -> int:
    return decision.profile.fitting("[+-]?9+(?:[.]9+)?") if decision.profile.filled else -1


def _of_values(connection: duckdb.DuckDBPyConnection, decision: Decision, today: datetime.date) -> Iterator[Risk]:
    at, often = decision.name, {value: rows for value, rows in decision.profile.top if rows > 1}
    if decision.kind in (LogicalType.INTEGER, LogicalType.NUMBER):
        ends = set(extremes(connection, at) or ())
        odd = [value for value in often if _decimal(value) in _SENTINEL_NUMBERS & ends]
        if odd:
            yield Risk("sentinel values", at, f"{odd[0]!r} appears {often[odd[0]]} times at the end of the range")
        if ends and min(ends) < 0:
            yield Risk("negative values", at, f"down to {min(ends).normalize():f}; no bound is proposed")
    if decision.is_moment:
        odd = [value for value in often if value.startswith(_SENTINEL_DAYS)]
        if odd:
            yield Risk("sentinel values", at, f"{odd[0]!r} appears {often[odd[0]]} times")
        later = dated_after(connection, at, _readings(decision), today.isoformat())
        if later:
            yield Risk("dates to come", at, f"{later} values lie after {today.isoformat()}")


def _readings(decision: Decision) -> list[str]:
    formats = [*dict(decision.properties).get("formats", []), *(decision.dates.choices if decision.dates else ())]
    return ["try_cast(v as timestamp)", *(f"try_strptime(v, {literal(each)})" for each in formats)]


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?[0-9]+(?:[.][0-9]*)?", text) else None


def _shown(decision: Decision, prefix: str) -> str:
    """A value as an example; of personal data only its shape."""
    shapes = [each for each in decision.profile.shapes if each.example.startswith(prefix)]
    if not shapes:
        return "..."
    return f"shape {shapes[0].text}" if decision.personal else repr(shapes[0].example)


def totals_of(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> Totals | None:
    """The totals row at the end of the file, if its words or its numbers say that it is one."""
    if not decisions or decisions[0].profile.rows < 3:
        return None
    columns = ", ".join(name(each.name) for each in decisions)
    last = connection.execute(f"select {columns} from landed order by _row_number desc limit 1").fetchone() or ()
    row = {each.name: value for each, value in zip(decisions, last, strict=True)}
    found = ((column, re.search(_TOTAL, value, re.IGNORECASE)) for column, value in row.items() if value)
    words = [(column, word[0].strip()) for column, word in found if word]
    numbers = [each.name for each in decisions if each.kind in (LogicalType.INTEGER, LogicalType.NUMBER)]
    sums = tuple(column for column in numbers if row[column] and _adds_up(connection, column))
    if words:
        return Totals(*words[0], sums)
    empty = sum(value is None for value in last)
    return Totals("", "", sums) if sums and empty > len(last) / 3 else None


def _adds_up(connection: duckdb.DuckDBPyConnection, column: str) -> bool:
    value = f"try_cast(trim({name(column)}, ' ') as decimal(38, 8))"
    found = connection.execute(
        f"""select sum(v) filter (_row_number < last), sum(v) filter (_row_number = last)
            from (select {value} as v, _row_number, max(_row_number) over () as last from landed)"""
    ).fetchone()
    return bool(found and found[0] and found[0] == found[1])

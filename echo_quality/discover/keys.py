"""What identifies a row, which day it belongs to, and which sum must not change: the three roles a contract assigns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from echo_quality.contract import LogicalType
from echo_quality.discover.decision import Decision, is_identifier
from echo_quality.discover.profile import distinct_together

if TYPE_CHECKING:
    import duckdb

_ROWS_TO_TELL, _LONGEST_KEY, _PAIRS = 50, 200, 12
_VERSION = re.compile(r"^(?:updated|modified|changed|effective|valid)_(?:at|on|from|date)$|^version$")
_CORRECTED = re.compile(r"(?:^|_)(?:status|state|stage)$")
_EVENT = (
    re.compile(r"^(?:transaction|order|invoice|event|sale|sold|booking|purchase|payment|posting|visit|assigned)"),
    re.compile(r"^(?:updated|effective|valid_from)"),
    re.compile(r"^(?:date|day|time|timestamp|datum)$"),
    re.compile(r"^created"),
)
_SUMS = ("amount", "total", "revenue", "spend", "net", "gross", "value", "cost")


@dataclass(frozen=True)
class Roles:
    """The key (empty: it is derived from `derived_from`), the event column, the conserved sum, each with its reason."""

    key: tuple[str, ...]
    key_reason: str
    derived_from: tuple[str, ...]
    event: str
    event_reason: str
    conserved: str


def roles_of(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> Roles:
    """The roles that the columns of a file play."""
    key, reason = _key(connection, decisions)
    derived = () if key else tuple(each.name for each in decisions if _tells_apart(each))
    event, event_reason = _event(decisions)
    return Roles(key, reason, derived, event, event_reason, _conserved(decisions))


def _key(connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision]) -> tuple[tuple[str, ...], str]:
    single = [each for each in decisions if each.profile.is_unique and _may_be_key(each)]
    named = [each for each in single if is_identifier(each.name)]
    telling = named or [
        each for each in single if each.profile.rows >= _ROWS_TO_TELL and " " not in each.profile.lowest
    ]
    versions = [each for each in decisions if _VERSION.search(each.name) and each.profile.is_full]
    if telling:
        reason = "no value is empty, and none appears twice"
        later = f"; to keep every state of one, add {versions[0].name} to the key" if versions else ""
        return (telling[0].name,), reason + later
    identifiers = [each for each in decisions if is_identifier(each.name) and each.profile.is_full]
    for one, version in islice(product(identifiers, versions), _PAIRS):
        if distinct_together(connection, [one.name, version.name]) == one.profile.rows:
            return (one.name, version.name), "together they are unique: one row is one state from a moment on"
    return (), "no column identifies a row, and no identifier is unique with the moment of its change"


def _may_be_key(decision: Decision) -> bool:
    is_text = decision.kind is LogicalType.STRING or (
        decision.kind is LogicalType.INTEGER and is_identifier(decision.name)
    )
    return is_text and decision.profile.longest <= _LONGEST_KEY and not decision.open


def _tells_apart(decision: Decision) -> bool:
    """A status may be corrected later: then the row is the same row."""
    return decision.profile.filled > 0 and not _CORRECTED.search(decision.name)


def _event(decisions: Sequence[Decision]) -> tuple[str, str]:
    moments = [each for each in decisions if each.is_moment]
    if len(moments) == 1:
        return moments[0].name, "the only column with dates"
    settled = [each for each in moments if not each.open and not each.personal] or moments
    full = [each for each in settled if each.profile.is_full] or sorted(settled, key=lambda each: -each.profile.filled)
    for pattern in _EVENT:
        for each in full:
            if pattern.search(each.name):
                return each.name, f"of {_named(moments)}, its name says most about when the row happened"
    if full:
        return full[0].name, f"the first of {_named(moments)}"
    return "", "no column reads as a date or a timestamp"


def _named(moments: Sequence[Decision]) -> str:
    return ", ".join(each.name for each in moments)


def _conserved(decisions: Sequence[Decision]) -> str:
    numbers = [each.name for each in decisions if each.kind is LogicalType.NUMBER and not each.open]
    for word in _SUMS:
        for name in numbers:
            if re.search(rf"(?:^|_){word}(?:_|$)", name):
                return name
    return ""

"""The decision about one column, as a value, and what every decision needs. How one is made is in `decisions.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from echo_quality.contract import LogicalType
from echo_quality.discover.dates import Dates
from echo_quality.discover.numbers import Numbers
from echo_quality.discover.profile import Profile

ENOUGH, ENOUGH_DATES = 0.9, 0.75
"""The share of values that must have a type's form for the column to get the type; the rest is quarantined.

A few digits may stand in any text, but hardly anything looks like a date and is none.
"""
_IDENTIFIES = re.compile(
    r"(?:^|_)(?:id|ids|key|no|nr|num|number|code|sku|zip|zipcode|postcode|postal|plz|phone|tel|mobile|fax|iban|bic|"
    r"account|card|ean|isbn|upc|vat|uuid|guid|ref|reference|invoice|serial|ssn)$"
)


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


def as_text(profile: Profile, *reasons: str) -> Decision:
    """The decision to leave a column as it is."""
    return Decision(profile, LogicalType.STRING, reasons)


def share_of(rows: int, profile: Profile, what: str) -> str:
    """How many values have the form of a type, as a reason."""
    if rows >= profile.filled:
        return f"every value is {what}"
    return f"{rows} of {profile.filled} values are {what} ({rows / profile.filled:.1%}); the others go to quarantine"

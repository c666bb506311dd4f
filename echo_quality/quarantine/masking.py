"""Which values of a rejected row may be shown: those of columns with personal data are masked.

Masking fails safe: in a source with personal columns, a whole line that fits no header and columns that no contract
knows are masked as well, since personal data may stand anywhere in them; so is a mail address in whatever column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from echo_quality.contract import Contract
from echo_quality.generate.suite import masked_columns
from echo_quality.suites.samples import is_mail, masked_value

_MAY_HOLD_ANYTHING = ("_extra", "_unparsed")


def hidden_columns(contract: Contract) -> frozenset[str]:
    """The columns of raw and rejected rows that are shown masked."""
    masked = masked_columns(contract)
    return masked | frozenset(_MAY_HOLD_ANYTHING) if masked else masked


def masked_row(raw: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """The texts of a row, by column, with those of hidden columns masked."""
    return {
        column: masked_value(value) if column in hidden or (hidden and is_mail(value)) else value
        for column, value in raw.items()
    }


def masked_reasons(reasons: Iterable[Mapping[str, Any]], hidden: frozenset[str]) -> list[dict[str, Any]]:
    """The reasons, with the value masked wherever a hidden column has a part in it."""
    return [
        {**reason, "value": masked_value(reason.get("value"))}
        if _is_hidden(reason.get("column"), reason.get("value"), hidden)
        else {**reason}
        for reason in reasons
    ]


def _is_hidden(columns: str | None, value: Any, hidden: frozenset[str]) -> bool:
    """Whether the column of a reason, or one of several, is hidden; a whole line has no column."""
    in_hidden = columns is None or not hidden.isdisjoint(columns.split(", "))
    return bool(hidden) and (in_hidden or is_mail(value))

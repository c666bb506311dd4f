"""What is left of one row, as text, once a person in it was erased. Raw rows, rejected rows and files share this rule.

Recognised is a row that holds the person's id, a row without an id that holds personal data of theirs, and a line that
fits no header and has either in one of its cells. Its id becomes the token, personal columns are blanked, what was
personal and stands in another column becomes a word, and what no contract knows goes altogether.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from echo_quality.contract import Column, Contract
from echo_quality.erasure.identity import Erased, identity_columns, personal_columns
from echo_quality.loading.text_table import EXTRA, UNPARSED

ERASED = "(erased)"
_CELLS = re.compile(r"[,;|\t\r\n]")
_AROUND = " \t\"'{}[]"


def redacted(contract: Contract, row: Mapping[str, Any], erased: Erased) -> dict[str, Any] | None:
    """The row without the person; None if no erased person is in it, and it stays as it is."""
    if broken := row.get(UNPARSED):
        return {**row, UNPARSED: ERASED, EXTRA: None} if in_line(str(broken), erased) else None
    ids = {name: row.get(name) for name in identity_columns(contract)}
    tokens = {name: token for name, value in ids.items() if (token := erased.token(value))}
    shifted = {name: ERASED for name, value in row.items() if isinstance(value, str) and erased.knows(value)}
    without_id = not any(str(value or "").strip() for value in ids.values())
    if not tokens and not (without_id and shifted):
        return None
    gone = {name: blank(contract.column(name)) for name in personal_columns(contract) if row.get(name)}
    return {**row, **shifted, **gone, **tokens, **({EXTRA: None} if row.get(EXTRA) else {})}


def blank(column: Column) -> str | None:
    """What a personal column holds afterwards: nothing, unless the contract requires a text."""
    return ERASED if column.required else None


def redacted_reasons(
    reasons: Iterable[Mapping[str, Any]], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The reasons of a rejected row that was redacted: values of what was replaced or blanked are gone."""
    changed = {column for column, value in before.items() if after.get(column) != value}
    return [{**reason, "value": None} if _is_about(reason, changed) else {**reason} for reason in reasons]


def _is_about(reason: Mapping[str, Any], columns: set[str]) -> bool:
    """Whether a reason is about one of the columns; one without a column is about the whole line."""
    named = str(reason.get("column") or UNPARSED)
    return not columns.isdisjoint(named.split(", "))


def in_line(line: str, erased: Erased) -> bool:
    """Whether a cell of this line is the id of an erased person, or was personal data of theirs."""
    cells = (cell.strip(_AROUND) for part in _CELLS.split(line) for cell in (part, part.partition(":")[2]))
    return any(erased.token(cell) or erased.knows(cell) for cell in cells if cell)

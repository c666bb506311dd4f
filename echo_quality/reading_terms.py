"""A hash of what a contract says about reading rows: two contracts with the same hash read every file alike.

Words for people (descriptions, owner), terms of a whole load (maximum rejected share, freshness) and the version are no
part of it, and neither is what was added to contracts since and is left at its default.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from echo_quality.contract import Contract

_NOT_READ_BY = frozenset(
    (
        *("version", "owner", "description", "grain", "suite", "max_rejected_share"),
        *("freshness_hours", "drift", "event_hours", "server", "personal", "identifies", "counted"),
        *("held_by", "known", "known_in"),
    )
)


@lru_cache(maxsize=256)
def reading_hash(contract: Contract) -> str:
    """The hash, in hex."""
    return hashlib.sha256(json.dumps(_said(contract), sort_keys=True, default=str).encode()).hexdigest()


def _said(value: Any) -> Any:
    """The value without what is left at its default or does not decide how a row is read."""
    if isinstance(value, tuple):
        return [_said(item) for item in value]
    if not is_dataclass(value):
        return value
    found = {field.name: (getattr(value, field.name), field.default) for field in fields(value)}
    said = {name: _said(given) for name, (given, usual) in found.items() if given != usual and name not in _NOT_READ_BY}
    return {name: text for name, text in said.items() if text not in ({}, [], ())}

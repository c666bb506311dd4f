"""What a check of features finds: a value, in words and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SHOWN = 10
"""How many offenders a verdict names."""


@dataclass(frozen=True)
class Verdict:
    """Whether something holds, in words; `facts` are the figures it rests on, `sample` some of what breaks it."""

    passed: bool
    said: str
    is_error: bool = True
    """Whether breaking it is an error, or a warning."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    sample: tuple[Mapping[str, Any], ...] = ()


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose values JSON can hold: moments and numbers of other kinds as text."""
    return {
        name: each if isinstance(each, str | int | float | bool | None) else str(each) for name, each in row.items()
    }


def sample_of(rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The first few of them, as JSON can hold them."""
    return tuple(plain(row) for row in rows[:SHOWN])

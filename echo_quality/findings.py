"""What a check over the loads of a source finds: a value that the asset layer reports and the ledger keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from echo_quality.contract import Contract


@dataclass(frozen=True)
class View:
    """What a check may look at. `now` is the clock of the evaluation, `timezone` that of the business day."""

    connection: Connection[Any]
    contract: Contract
    lake: Path
    timezone: str
    now: datetime

    @property
    def today(self) -> date:
        """The business day that has begun and is not over."""
        return self.now.astimezone(ZoneInfo(self.timezone)).date()


@dataclass(frozen=True)
class Finding:
    """A verdict in words. `facts` are the figures it rests on, `sample` the offenders, `judged` what was looked at."""

    passed: bool
    said: str
    is_error: bool = True
    facts: dict[str, Any] = field(default_factory=dict)
    sample: tuple[dict[str, Any], ...] = ()
    judged: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class SourceCheck:
    """A named question about the loads of one source; `blocking` holds back what is built on it.

    `section` is the heading of the runbook that speaks of it.
    """

    name: str
    section: str
    description: str
    find: Callable[[View], Finding]
    blocking: bool = False

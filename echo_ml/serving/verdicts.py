"""What the checks say about what an answer is made of: the verdicts of `ops.check_results` that stand, and the lineage.

A snapshot of both is kept in memory and renewed when a check was evaluated since, so that no request pays for it. A
check stands as its latest run found it: red if any of its rows of that run is red.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from echo_ml.serving.database import Database
from echo_ml.serving.problems import Unavailable

Status = Literal["green", "warned", "red", "unchecked"]
Column = tuple[str, str]
"""An asset such as finance/revenue_daily, and a column of it; `*` stands for its rows."""

RENEW_SECONDS = 60
TOO_OLD_SECONDS = 120
"""A snapshot that could not be looked after for so long says nothing any more."""

_NEWEST = "select coalesce(max(check_result_id), 0) as newest from ops.check_results"
_STANDING = """
with recursive known as (
    (select asset, check_name from ops.check_results order by asset, check_name limit 1)
    union all
    select following.asset, following.check_name
    from known
    cross join lateral (
        select asset, check_name from ops.check_results
        where (asset, check_name) > (known.asset, known.check_name)
        order by asset, check_name
        limit 1
    ) as following
)
select
    known.asset, known.check_name, judged.passed, judged.is_error, judged.is_blocking, latest.evaluated_at
from known
cross join lateral (
    select run_id, evaluated_at, check_result_id from ops.check_results as result
    where result.asset = known.asset and result.check_name = known.check_name
    order by evaluated_at desc, check_result_id desc
    limit 1
) as latest
cross join lateral (
    select
        bool_and(result.passed) as passed,
        coalesce(bool_or(result.severity = 'ERROR') filter (where not result.passed), false) as is_error,
        coalesce(bool_or(result.blocking) filter (where not result.passed), false) as is_blocking
    from ops.check_results as result
    where result.asset = known.asset and result.check_name = known.check_name
        and (result.check_result_id = latest.check_result_id or result.run_id = latest.run_id)
        and result.evaluated_at >= latest.evaluated_at - interval '1 day'
) as judged
"""
_EDGES = 'select asset, "column", from_asset, from_column from ops.column_lineage'


@dataclass(frozen=True)
class Check:
    """One check as it stands."""

    asset: str
    name: str
    passed: bool
    is_error: bool
    is_blocking: bool
    evaluated_at: datetime


@dataclass(frozen=True)
class Standing:
    """What the checks of some assets say together."""

    status: Status
    red: tuple[Check, ...]
    checked: int
    assets: tuple[str, ...]
    evaluated_at: datetime | None

    @property
    def blocking(self) -> tuple[Check, ...]:
        """The red checks that stop what is built on their asset."""
        return tuple(check for check in self.red if check.is_error and check.is_blocking)


@dataclass(frozen=True)
class Snapshot:
    """Checks by asset, and what each column is made of."""

    checks: dict[str, list[Check]]
    edges: dict[Column, list[Column]]
    newest: int
    read_at: float
    behind_of: dict[frozenset[Column], frozenset[str]] = field(default_factory=dict)

    def behind(self, columns: Iterable[Column]) -> frozenset[str]:
        """The assets that these columns are of, and those that they are made of, at any distance."""
        start = frozenset(columns)
        found = self.behind_of.get(start)
        if found is None:
            found = self.behind_of[start] = frozenset(asset for asset, _ in self._reached(start))
        return found

    def _reached(self, start: Iterable[Column]) -> set[Column]:
        ahead, seen = list(start), set(start)
        while ahead:
            new = [column for column in self.edges.get(ahead.pop(), ()) if column not in seen]
            seen.update(new)
            ahead += new
        return seen

    def standing(self, assets: Iterable[str]) -> Standing:
        """What the checks of these assets say.

        `unchecked` if none of them was ever evaluated, or if nothing is known of what anything is made of.
        """
        names = sorted(set(assets))
        found = [check for asset in names for check in self.checks.get(asset, ())]
        red = sorted(
            (each for each in found if not each.passed), key=lambda each: (not each.is_error, each.asset, each.name)
        )
        status: Status = "green" if found and self.edges else "unchecked"
        if red:
            status = "red" if any(each.is_error for each in red) else "warned"
        return Standing(
            status, tuple(red), len(found), tuple(names), max((c.evaluated_at for c in found), default=None)
        )


class VerdictBoard:
    """The newest snapshot; `refresh` is called by a thread of its own, everybody else only reads."""

    def __init__(self, database: Database) -> None:
        """Know nothing yet."""
        self._database = database
        self._snapshot: Snapshot | None = None
        self._looked_at = 0.0
        self._refreshing = threading.Lock()

    def refresh(self) -> None:
        """Read what has changed; Unavailable if the database is away."""
        with self._refreshing:
            [newest] = self._database.rows(_NEWEST)
            known = self._snapshot
            if known is None or known.newest != newest["newest"] or time.monotonic() - known.read_at > RENEW_SECONDS:
                self._snapshot = self._read(newest["newest"])
            self._looked_at = time.monotonic()

    def _read(self, newest: int) -> Snapshot:
        checks: dict[str, list[Check]] = defaultdict(list)
        for row in self._database.rows(_STANDING):
            checks[row["asset"]].append(_check(row))
        edges: dict[Column, list[Column]] = defaultdict(list)
        for row in self._database.rows(_EDGES):
            edges[row["asset"], row["column"]].append((row["from_asset"], row["from_column"]))
        return Snapshot(dict(checks), dict(edges), newest, time.monotonic())

    @property
    def snapshot(self) -> Snapshot:
        """What stands now; read at once if nothing was read yet."""
        if self._snapshot is None:
            self.refresh()
        if self._snapshot is None or time.monotonic() - self._looked_at > TOO_OLD_SECONDS:
            raise Unavailable("what the checks say cannot be read now")
        return self._snapshot


def _check(row: dict[str, Any]) -> Check:
    return Check(
        row["asset"], row["check_name"], row["passed"], row["is_error"], row["is_blocking"], row["evaluated_at"]
    )  # fmt: skip

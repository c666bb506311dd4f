"""Moving an alias and remembering it: `models.model_aliases`, one row for each move, to which rows are only added.

MLflow knows where an alias points now, and not where it did. The row is written before the alias moves and committed
after it, so that a move that fails leaves no row. Must not live here: when an alias moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from echo_ml.tracking.places import Tracking
from echo_ml.tracking.registry import Version, alias_of, point

_LOCK = "select pg_advisory_xact_lock(hashtext('echo.alias'), hashtext(%s))"
_ADD = """
insert into models.model_aliases (model, alias, version, previous_version, reason, mlflow_run_id, run_id)
values (%s, %s, %s, %s, %s, %s, %s)
"""
_NEWEST = """
select model, alias, version, previous_version, moved_at, reason, mlflow_run_id, run_id
from models.model_aliases where model = %s and alias = %s order by moved_at desc, alias_move_id desc limit 1
"""
_ELSEWHERE = "moved in MLflow itself; by whom and why is not known"


@dataclass(frozen=True)
class Move:
    """One move of an alias: from which version to which, when and why, and the runs of MLflow and Dagster behind it.

    `version` None: the alias was taken away.
    """

    model: str
    alias: str
    version: int | None
    previous_version: int | None
    moved_at: datetime
    reason: str
    mlflow_run_id: str | None
    run_id: str | None


def move(
    tracking: Tracking, connection: Connection[Any], alias: str, version: Version, reason: str,
    run_id: str | None = None,
) -> bool:  # fmt: skip
    """Let an alias point at a version and remember it; False if it points there already, and nothing was done."""
    with connection.transaction():
        connection.execute(_LOCK, [version.model])
        adopt(tracking, connection, version.model, alias)
        before = alias_of(tracking, version.model, alias)
        if before is not None and before.number == version.number:
            return False
        previous = before.number if before else None
        _add(connection, version.model, alias, version, previous, reason, run_id)
        point(tracking, alias, version)
    return True


def newest_move(connection: Connection[Any], model: str, alias: str) -> Move | None:
    """The last move of an alias that is remembered."""
    with connection.cursor(row_factory=class_row(Move)) as cursor:
        return cursor.execute(_NEWEST, [model, alias]).fetchone()


def disagreement(tracking: Tracking, connection: Connection[Any], model: str, alias: str) -> str | None:
    """How MLflow and the table differ on where an alias points, in words; None where they agree.

    They differ after somebody has moved the alias in MLflow itself, or a move was cut off at its very end.
    """
    now, remembered = alias_of(tracking, model, alias), newest_move(connection, model, alias)
    here, there = (now.number if now else None), (remembered.version if remembered else None)
    if here == there:
        return None
    return f"{alias} of {model} is {_named(here)} in MLflow and {_named(there)} in models.model_aliases"


def adopt(tracking: Tracking, connection: Connection[Any], model: str, alias: str) -> bool:
    """Remember a move that somebody has made in MLflow itself; whether there was one."""
    if disagreement(tracking, connection, model, alias) is None:
        return False
    remembered = newest_move(connection, model, alias)
    previous = remembered.version if remembered else None
    _add(connection, model, alias, alias_of(tracking, model, alias), previous, _ELSEWHERE, None)
    return True


def _add(
    connection: Connection[Any], model: str, alias: str, version: Version | None, previous: int | None, reason: str,
    run_id: str | None,
) -> None:  # fmt: skip
    number, made_by = (version.number, version.run_id) if version else (None, None)
    connection.execute(_ADD, [model, alias, number, previous, reason, made_by, run_id])


def _named(number: int | None) -> str:
    return "no version" if number is None else f"version {number}"

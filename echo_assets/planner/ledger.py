"""Reads the ledger: which days and assets have not caught up with what landed.

Publishing a load raises the mark of every day it touched (``ops.dirty_days``); a model writes the marks it has seen
in the transaction that builds it (``ops.built_days``, ``ops.built_assets``). What differs is to be built.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import psycopg

from echo_assets.planner.snapshots import marks_of, retained_days
from echo_assets.planner.state import DirtyDay, Ledger, StaleAsset, Target

_DIRTY_DAYS = """
    select target.asset, target.source, dirty.day, dirty.mark
    from unnest(%(assets)s::text[], %(sources)s::text[]) as target (asset, source)
    join ops.dirty_days as dirty using (source)
    left join ops.built_days as built using (asset, source, day)
    where built.mark is distinct from dirty.mark
"""
_STALE_MONTHS = (
    f"select asset, source, max(mark) from ({_DIRTY_DAYS}) as dirty (asset, source, day, mark) group by 1, 2"
)
_STALE = """
    select asset, source, latest.mark
    from unnest(%(assets)s::text[], %(sources)s::text[]) as target (asset, source)
    join (select source, max(mark) as mark from ops.dirty_days group by source) as latest using (source)
    left join ops.built_assets as built using (asset, source)
    where built.mark is null or built.mark < latest.mark
"""
_MISSING = """
    select key
    from unnest(%(keys)s::text[]) as target (key)
    where to_regclass(format('%%I.%%I', split_part(key, '/', 1), split_part(key, '/', 2))) is null
"""
_EPOCH = """
    select
        format('%s/%s', pg_database.oid, 'ops.dirty_days'::regclass::oid),
        coalesce((select max(mark) from ops.dirty_days), 0)
    from pg_database
    where datname = current_database()
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class LedgerError(RuntimeError):
    """The database has no ledger; the message says what makes it."""


def read_ledger(url: str, targets: Iterable[Target], today: date = date.max) -> Ledger:
    """Read the state of these targets at one moment, without being able to write; no snapshot is due after `today`."""
    known = tuple(targets)
    with psycopg.connect(url) as connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            return _read(connection, known, today)
        except (
            psycopg.errors.UndefinedTable,
            psycopg.errors.UndefinedFunction,
            psycopg.errors.InvalidSchemaName,
        ) as error:
            raise LedgerError(
                f"The database {connection.info.dbname} has no ledger ({error.diag.message_primary}). "
                "Run `echoctl up`, which makes the tables of the schema ops."
            ) from error


def _read(connection: Connection, targets: tuple[Target, ...], today: date) -> Ledger:
    marked = [target for target in targets if target.keeps_marks and not target.retains]
    dirty = connection.execute(_DIRTY_DAYS, _pairs(target for target in marked if target.by_day))
    months = connection.execute(_STALE_MONTHS, _pairs(target for target in marked if target.by_month))
    stale = connection.execute(_STALE, _pairs(each for each in marked if not each.by_day and not each.by_month))
    missing = {key for (key,) in connection.execute(_MISSING, {"keys": [target.key for target in targets]})}
    snapshots = [
        entry
        for target in targets
        if target.retains
        for entry in marks_of(
            connection, target, retained_days(connection, target.retains, today), unseen=target.key not in missing
        )
    ]
    [(epoch, latest)] = connection.execute(_EPOCH).fetchall()
    return Ledger(
        dirty_days=frozenset(DirtyDay(*row) for row in dirty).union(snapshots),
        stale=frozenset(StaleAsset(*row) for row in [*months, *stale]),
        missing=frozenset(missing),
        epoch=epoch,
        latest_mark=latest,
    )


def _pairs(targets: Iterable[Target]) -> dict[str, list[str]]:
    pairs = [(target.key, source) for target in targets for source in sorted(target.sources)]
    return {"assets": [asset for asset, _ in pairs], "sources": [source for _, source in pairs]}

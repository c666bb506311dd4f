"""Whether the offline history can be asked what was known when: each row once, and its times in order."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from echo_ml.features.checks.verdict import Verdict, sample_of
from echo_ml.features.declared import FeatureView
from echo_ml.features.offline_sql import EVENT, KNOWN, SUPERSEDED, history

_TWICE = """
select {key}, {event}, {known}, count(*) as rows, count(*) over () as offenders
from ({history}) as history group by {key}, {event}, {known} having count(*) > 1 order by 1, 2 limit 10
"""
_SAME_DAY = """
select {key}, snapshot_date, count(*) as rows, count(*) over () as offenders
from {table} group by snapshot_date, {key} having count(*) > 1 order by 1, 2 limit 10
"""
_SAME_MOMENT = """
select {event}, count(*) as snapshots, count(*) over () as offenders
from (select distinct {event}, snapshot_date from {table}) as moments group by {event} having count(*) > 1 limit 10
"""
_EARLY = """
select {key}, {event}, {known}, count(*) over () as offenders
from ({history}) as history where {known} is null or {known} < {event} order by 1, 2 limit 10
"""
_OUT_OF_ORDER = """
with versions as (
    select
        entity_id, snapshot_date, known_at, superseded_at,
        lead(known_at) over (partition by entity_id, snapshot_date order by known_at, superseded_at) as next_known_at
    from {superseded} where asset = {asset}
)
select
    entity_id as {key}, snapshot_date, known_at, cast(superseded_at as text) as superseded_at, next_known_at,
    count(*) over () as offenders
from versions where known_at >= superseded_at or next_known_at <> superseded_at order by 1, 2, 3 limit 10
"""


def is_unique(connection: Connection[Any], view: FeatureView) -> Verdict:
    """Each entity, moment and time of knowing is there once: of a tie Feast makes two rows of every training row.

    Of snapshots it is asked by their days, which an index answers; superseded rows are unique by their table's key.
    """
    if view.query is None and (moments := _rows(connection, view, _SAME_MOMENT)):
        said = f"{moments[0]['offenders']} moments are the end of several snapshots."
        return Verdict(False, said, sample=_offenders(moments))
    rows = _rows(connection, view, _SAME_DAY if view.query is None else _TWICE)
    if not rows:
        return Verdict(True, f"Every {view.entity} has one row for each moment.")
    return Verdict(False, f"{rows[0]['offenders']} rows are there more than once.", sample=_offenders(rows))


def restatements_are_told_apart(connection: Connection[Any], view: FeatureView) -> Verdict:
    """No row was known before the moment it speaks of, and each version took the place of the one before when it ended.

    Then a question as of any moment finds what was known then: a figure that was put right later leaks into nothing.
    """
    early = _rows(connection, view, _EARLY)
    if early:
        said = f"{early[0]['offenders']} rows are stamped as known before the moment that they speak of."
        return Verdict(False, said, sample=_offenders(early))
    if view.query is not None:
        return Verdict(True, "No row is stamped as known before the moment that it speaks of.")
    torn = _rows(connection, view, _OUT_OF_ORDER)
    if torn:
        said = f"{torn[0]['offenders']} superseded rows do not end where the next version begins."
        return Verdict(False, said, sample=_offenders(torn))
    [kept] = connection.execute(
        sql.SQL("select count(*) from {} where asset = %s").format(SUPERSEDED), [view.table_asset]
    ).fetchone() or (0,)
    return Verdict(
        True, f"{kept} superseded rows are kept, each until the next took its place.", facts={"superseded": kept}
    )


def _rows(connection: Connection[Any], view: FeatureView, statement: str) -> list[dict[str, Any]]:
    composed = sql.SQL(statement).format(
        key=sql.Identifier(view.key), event=sql.Identifier(EVENT), known=sql.Identifier(KNOWN), history=history(view),
        superseded=SUPERSEDED, asset=sql.Literal(view.table_asset), table=sql.Identifier(*view.table.split(".")),
    )  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(composed).fetchall()


def _offenders(rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    return sample_of([{name: value for name, value in row.items() if name != "offenders"} for row in rows])

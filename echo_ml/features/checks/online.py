"""Whether what is served is what the history says, is young enough, and cannot be put back by an older row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from echo_ml.features.checks.verdict import Verdict, sample_of
from echo_ml.features.declared import FeatureView
from echo_ml.features.offline_sql import latest
from echo_ml.features.online_tables import OnlineTable, online_table

_PROBE = "echo.probe"
"""No entity of anybody; it is written and read within a transaction that is undone."""
_AGES = "select count(*), max(event_timestamp), count(*) filter (where event_timestamp < %s) from {}"
_COMPARED = """
with compared as (
    select
        coalesce(offline.{key}, kept.{key}) as {key}, offline.event_timestamp as offline_event,
        kept.event_timestamp as online_event,
        offline.{key} is not null and kept.{key} is null as is_missing,
        offline.{key} is null as is_unsupported,
        kept.event_timestamp < offline.event_timestamp as is_behind,
        kept.event_timestamp > offline.event_timestamp as is_ahead,
        case when kept.event_timestamp = offline.event_timestamp then array_remove(array[{differing}], null) end
            as differing
    from ({latest}) as offline full join {table} as kept on kept.{key} = offline.{key}
)
"""
_FIGURES = """
select
    count(*) as compared, count(*) filter (where is_missing) as missing,
    count(*) filter (where is_unsupported) as unsupported,
    count(*) filter (where is_behind) as behind, count(*) filter (where is_ahead) as ahead,
    count(*) filter (where cardinality(differing) > 0) as differing
from compared
"""
_OFFENDERS = """
select {key}, offline_event, online_event, array_to_string(differing, ', ') as differing from compared
where is_missing or is_behind or cardinality(differing) > 0 or (not {is_pushed} and (is_unsupported or is_ahead))
order by {key} limit 10
"""


def matches_offline(connection: Connection[Any], view: FeatureView) -> Verdict:
    """Every entity is served with the values that its newest row of the history has; a pushed one may be ahead."""
    compared = _composed(_COMPARED, view)
    with connection.cursor(row_factory=dict_row) as cursor:
        facts = cursor.execute(compared + sql.SQL(_FIGURES)).fetchone() or {}
        wrong = ["missing", "behind", "differing", *([] if view.is_pushed else ["unsupported", "ahead"])]
        found = {name: facts[name] for name in wrong if facts[name]}
        if not found:
            return Verdict(True, f"{facts['compared']} rows are served as the history has them.", facts=facts)
        rows = cursor.execute(compared + _composed(_OFFENDERS, view)).fetchall()
    said = ", ".join(f"{count} {name}" for name, count in found.items())
    return Verdict(False, f"Of {facts['compared']} rows {said}.", facts=facts, sample=sample_of(rows))


def is_fresh(connection: Connection[Any], view: FeatureView, now: datetime) -> Verdict:
    """The newest row is not older than the view allows. A state that does not age is always fresh."""
    if view.max_age is None:
        return Verdict(True, "A state that does not age.", is_error=False)
    row = connection.execute(sql.SQL(_AGES).format(online_table(view).qualified), [now - view.max_age]).fetchone()
    return age_verdict(view, now, *(row or (0, None, 0)))


def age_verdict(view: FeatureView, now: datetime, rows: int, newest: datetime | None, older: int) -> Verdict:
    """What the age of the newest of some rows says; `older` of them are past the view's maximum."""
    bound = view.max_age or timedelta.max
    if newest is None:
        return Verdict(True, "Nothing is served yet, so nothing is old.", is_error=False)
    age = max(now - newest, timedelta())
    bound_hours = round(bound.total_seconds() / 3600, 2)
    facts = {"newest": newest.astimezone(UTC).isoformat(), "bound_hours": bound_hours, "rows": rows, "older": older}
    said = f"The newest row is of {newest.astimezone(UTC):%Y-%m-%d %H:%M}; rows may be {bound_hours:g} hours old."
    return Verdict(age <= bound, said, is_error=False, facts=facts, sample=() if age <= bound else (facts,))


def newer_is_kept(connection: Connection[Any], view: FeatureView) -> Verdict:
    """An older row overwrites no newer one, neither through Echo's own statement nor through a bare update.

    It is tried, on an entity of nobody, in a transaction that is undone.
    """
    table = online_table(view)
    newer = datetime(2000, 1, 2, tzinfo=UTC)
    older = newer - timedelta(days=1)
    tries = {"an upsert": _upserted, "an update": _updated}
    broken = []
    for how, write in tries.items():
        with connection.transaction(force_rollback=True):
            _upserted(connection, table, newer)
            write(connection, table, older)
            [kept] = connection.execute(
                sql.SQL("select event_timestamp from {} where {} = %s").format(
                    table.qualified, sql.Identifier(table.key)
                ),
                [_PROBE],
            ).fetchone() or (None,)
        if kept != newer:
            broken.append(how)
    if broken:
        return Verdict(
            False, f"{' and '.join(broken)} with an older row overwrote a newer one.", facts={"through": broken}
        )
    return Verdict(True, "An older row was refused both ways.")


def _upserted(connection: Connection[Any], table: OnlineTable, moment: datetime) -> None:
    connection.execute(table.upsert_arrays(), [[_PROBE], [moment], [moment], *([None] for _ in table.features)])


def _updated(connection: Connection[Any], table: OnlineTable, moment: datetime) -> None:
    connection.execute(
        sql.SQL("update {} set event_timestamp = %s where {} = %s").format(table.qualified, sql.Identifier(table.key)),
        [moment, _PROBE],
    )


def _composed(statement: str, view: FeatureView) -> sql.Composed:
    differing = sql.SQL(", ").join(
        sql.SQL("case when offline.{0} is distinct from kept.{0} then {1} end").format(
            sql.Identifier(name), sql.Literal(name)
        )
        for name in view.names
    )
    return sql.SQL(statement).format(
        key=sql.Identifier(view.key), latest=latest(view), table=online_table(view).qualified, differing=differing,
        is_pushed=sql.Literal(view.is_pushed),
    )  # fmt: skip

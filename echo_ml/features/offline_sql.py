"""The SQL of a feature view's history: every row with the time it speaks of and the time it became known.

A snapshot that was restated after it had been live is here twice: as it was known then (`ops.superseded_features`), and
as it is known since. Which of the two a question may see is decided by `known_at` alone.
"""

from __future__ import annotations

from psycopg import sql

from echo_ml.features.declared import DAY, Feature, FeatureView

EVENT, KNOWN = "event_timestamp", "known_at"
SUPERSEDED = sql.Identifier("ops", "superseded_features")


def history(view: FeatureView, *, for_feast: bool = False) -> sql.Composed:
    """Every row of a view: key, `event_timestamp`, `known_at` and its features as they are kept online.

    Feast has no days: for it they are midnights in UTC.
    """
    if view.query is not None:
        return _selected(view, sql.SQL("({}) as rows").format(sql.SQL(view.query)), sql.Identifier(KNOWN), for_feast)
    return sql.SQL("{} union all {}").format(_current(view, for_feast), _superseded(view, for_feast))


def latest(view: FeatureView) -> sql.Composed:
    """The row of each entity that counts now: of the newest snapshot, or the newest of a log."""
    if view.query is None:
        return sql.SQL("{} where rows.snapshot_date = (select max(snapshot_date) from {})").format(
            _current(view, for_feast=False), _table(view)
        )
    return sql.SQL(
        "select distinct on ({key}) * from ({rows}) as history order by {key}, {event} desc, {known} desc"
    ).format(key=sql.Identifier(view.key), rows=history(view), event=sql.Identifier(EVENT), known=sql.Identifier(KNOWN))


def source_text(view: FeatureView) -> str:
    """The history as Feast takes it."""
    return history(view, for_feast=True).as_string(None)


def _current(view: FeatureView, for_feast: bool) -> sql.Composed:
    """The rows as the model has them; known since they last replaced another one, or since their snapshot's end."""
    rows = sql.SQL(
        """{table} as rows left join (
            select entity_id, snapshot_date, max(superseded_at) as known_at from {superseded}
            where asset = {asset} group by entity_id, snapshot_date
        ) as before on before.entity_id = rows.{key} and before.snapshot_date = rows.snapshot_date"""
    ).format(
        table=_table(view), superseded=SUPERSEDED, asset=sql.Literal(view.table_asset), key=sql.Identifier(view.key)
    )
    known = sql.SQL("coalesce(before.known_at, rows.{}) as {}").format(sql.Identifier(EVENT), sql.Identifier(KNOWN))
    return _selected(view, rows, known, for_feast)


def _superseded(view: FeatureView, for_feast: bool) -> sql.Composed:
    """The rows as they were known before."""
    columns = [
        sql.SQL("cast(features ->> {} as timestamptz)").format(sql.Literal(EVENT)),
        sql.Identifier(KNOWN),
        *(_cast(sql.SQL("features ->> {}").format(sql.Literal(each.name)), each, for_feast) for each in view.features),
    ]
    return sql.SQL("select entity_id, {} from {} where asset = {}").format(
        sql.SQL(", ").join(columns), SUPERSEDED, sql.Literal(view.table_asset)
    )


def _selected(view: FeatureView, rows: sql.Composable, known: sql.Composable, for_feast: bool) -> sql.Composed:
    columns = [
        sql.SQL("rows.{}").format(sql.Identifier(view.key)),
        sql.SQL("rows.{}").format(sql.Identifier(EVENT)),
        known,
        *(
            sql.SQL("{} as {}").format(
                _cast(sql.SQL("rows.{}").format(sql.Identifier(each.name)), each, for_feast), sql.Identifier(each.name)
            )
            for each in view.features
        ),
    ]
    return sql.SQL("select {} from {}").format(sql.SQL(", ").join(columns), rows)


def _cast(value: sql.Composable, feature: Feature, for_feast: bool) -> sql.Composed:
    kept = sql.SQL("cast({} as {})").format(value, sql.SQL(feature.kind.online_type))
    if for_feast and feature.kind is DAY:
        return sql.SQL("(cast({} as timestamp) at time zone 'UTC')").format(kept)
    return kept


def _table(view: FeatureView) -> sql.Identifier:
    return sql.Identifier(*view.table.split("."))

"""The checks of what is served, where it is read entity by entity (Redis): asked of a sample, through Feast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from echo_ml.features.checks.online import age_verdict
from echo_ml.features.checks.verdict import Verdict, plain, sample_of
from echo_ml.features.declared import DAY, MOMENT, TEXT, FeatureView
from echo_ml.features.offline_sql import EVENT, KNOWN, latest
from echo_ml.features.online import FeatureReader
from echo_ml.features.through_feast import forget_in_redis

if TYPE_CHECKING:
    from feast import FeatureStore

SAMPLED = 200
_PROBE = "echo.probe"
"""No entity of anybody; it is written, read and deleted."""
_SAMPLE = "select * from ({latest}) as latest order by md5({key}) limit {sampled}"


def matches_offline(reader: FeatureReader, connection: Connection[Any], view: FeatureView) -> Verdict:
    """A sample of entities is served with the values that its newest row of the history has."""
    expected = _sample(connection, view)
    rows = reader.read(view.entity, [row[view.key] for row in expected])
    wrong = []
    for known, row in zip(expected, rows, strict=True):
        since = row.event_timestamps.get(view.name)
        is_ahead = view.is_pushed and since is not None and since > known[EVENT]
        differing = [name for name in view.names if row.values[name] != known[name]] if since == known[EVENT] else []
        if (since != known[EVENT] and not is_ahead) or differing:
            found = {view.key: row.entity_id, "offline_event": known[EVENT], "online_event": since}
            wrong.append(plain({**found, "differing": ", ".join(differing)}))
    facts = {"compared": len(expected), "wrong": len(wrong)}
    if wrong:
        said = f"Of {len(expected)} rows {len(wrong)} are not served as the history has them."
        return Verdict(False, said, facts=facts, sample=sample_of(wrong))
    return Verdict(True, f"{len(expected)} sampled rows are served as the history has them.", facts=facts)


def is_fresh(reader: FeatureReader, connection: Connection[Any], view: FeatureView, now: datetime) -> Verdict:
    """The newest of a sample of rows is not older than the view allows. A state that does not age is always fresh."""
    if view.max_age is None:
        return Verdict(True, "A state that does not age.", is_error=False)
    rows = reader.read(view.entity, [row[view.key] for row in _sample(connection, view)])
    moments = [row.event_timestamps[view.name] for row in rows if view.name in row.event_timestamps]
    older = sum(moment < now - view.max_age for moment in moments)
    return age_verdict(view, now, len(moments), max(moments, default=None), older)


def newer_is_kept(store: FeatureStore, reader: FeatureReader, view: FeatureView) -> Verdict:
    """An older row overwrites no newer one: tried on an entity of nobody, which is deleted afterwards."""
    newer = datetime(2000, 1, 2, tzinfo=UTC)
    try:
        for moment in (newer, newer - timedelta(days=1)):
            store.write_to_online_store(view.name, _probe(view, moment))
        [row] = reader.read(view.entity, [_PROBE])
    finally:
        forget_in_redis(store, view.entity, _PROBE)
    if row.event_timestamps.get(view.name) != newer:
        return Verdict(False, "A write with an older row overwrote a newer one.")
    return Verdict(True, "An older row was refused.")


def _probe(view: FeatureView, moment: datetime) -> Any:
    import pandas as pd

    at = pd.to_datetime([moment], utc=True)
    values: dict[str, list[Any]] = {name: [None] for name in view.names}
    first = view.features[0]
    values[first.name] = [at[0] if first.kind in (DAY, MOMENT) else "x" if first.kind is TEXT else 0]  # not all empty
    return pd.DataFrame({view.key: [_PROBE], EVENT: at, KNOWN: at, **values})


def _sample(connection: Connection[Any], view: FeatureView) -> Sequence[dict[str, Any]]:
    statement = sql.SQL(_SAMPLE).format(
        latest=latest(view), key=sql.Identifier(view.key), sampled=sql.Literal(SAMPLED)
    )  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement).fetchall()

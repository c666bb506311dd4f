"""Whether a training set is what was known at the time: found again by brute force, and with another future."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from echo_ml.features.checks.verdict import Verdict, plain, sample_of
from echo_ml.features.declared import FeatureView
from echo_ml.features.offline_sql import EVENT, KNOWN, history
from echo_ml.features.registry import quiet
from echo_ml.features.stores import Places, close
from echo_ml.features.training import historical_features

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

SAMPLED = 200
_BRUTE_FORCE = """
with rows as materialized (select * from ({history}) as history where {key} = any (%(ids)s))
select asked.id as {key}, asked.moment, found.*
from unnest(%(ids)s::text[], %(moments)s::timestamptz[]) with ordinality as asked (id, moment, position)
left join lateral (
    select {features} from rows
    where rows.{key} = asked.id and rows.{event} <= asked.moment and rows.{known} <= asked.moment
        and (%(ttl)s::interval is null or rows.{event} >= asked.moment - %(ttl)s::interval)
    order by rows.{event} desc, rows.{known} desc limit 1
) as found on true
order by asked.position
"""
_OTHER_FUTURE = """
select coalesce(lead({key}) over others, first_value({key}) over others) as {key}, {rest}
from (
    select *, {event} > {moment} or {known} > {moment} as is_future
    from ({history}) as history where {key} = any ({ids})
) as rows
where is_future window others as (order by md5({key} || {event} || {known}))
union all
select {key}, {rest} from ({history}) as rows
where {key} = any ({ids}) and {event} <= {moment} and {known} <= {moment}
"""


def preserves_rows(frame: pd.DataFrame, asked: int, keys: Sequence[str]) -> Verdict:
    """As many rows came back as were asked for, each key and moment once."""
    twice = int(frame.duplicated([*keys, EVENT]).sum())
    facts = {"asked": asked, "rows": len(frame), "repeated": twice}
    return Verdict(
        len(frame) == asked and not twice, f"{asked} rows were asked for, {len(frame)} came back.", facts=facts
    )


def matches_brute_force(
    connection: Connection[Any], view: FeatureView, frame: pd.DataFrame, sampled: int = SAMPLED, seed: int = 0
) -> Verdict:  # fmt: skip
    """For a sample of rows, the newest row of the history that was known at the moment, found one by one, is the same.

    `frame` has the view's key, `event_timestamp`, and those of its features that are compared.
    """
    names = [name for name in view.names if name in frame]
    chosen = frame.sample(min(sampled, len(frame)), random_state=seed)
    expected = _recomputed(connection, view, names, chosen)
    wrong = []
    for (_, row), known in zip(chosen.iterrows(), expected, strict=True):
        differing = [name for name in names if not _same(row[name], known[name])]
        if differing:
            wrong.append(plain({view.key: row[view.key], EVENT: row[EVENT], "differing": ", ".join(differing)}))
    facts = {"sampled": len(chosen), "features": len(names), "differing": len(wrong)}
    if wrong:
        said = f"{len(wrong)} of {len(chosen)} rows are not what was known at their moment."
        return Verdict(False, said, facts=facts, sample=sample_of(wrong))
    return Verdict(True, f"{len(chosen)} rows, found again one by one, are the same.", facts=facts)


def other_future_changes_nothing(
    places: Places, views: Sequence[FeatureView], service: str, entity_sql: str, frame: pd.DataFrame, seed: int = 0
) -> Verdict:  # fmt: skip
    """Whatever happens or becomes known after a moment may be shuffled among entities: rows up to it stay as they are.

    The moment is in the middle of those in the frame; a sample of entities is asked for again, through Feast, from a
    history in which every later row belongs to another entity.
    """
    [key] = {view.key for view in views if set(view.names) & set(frame)}
    moments = sorted(frame[EVENT].unique())
    moment = moments[(len(moments) - 1) // 2]
    past = frame[frame[EVENT] <= moment]
    ids = sorted(past[key].drop_duplicates().sample(min(SAMPLED, past[key].nunique()), random_state=seed))
    with other_future(places, views, key, moment.to_pydatetime(), ids) as store:
        asked = _asked(entity_sql, key, moment.to_pydatetime(), ids)
        again = historical_features(store, service, asked)
    before = past[past[key].isin(ids)].reset_index(drop=True)[list(again.columns)]
    same = before.eq(again) | (before.isna() & again.isna()) if len(before) == len(again) else None
    facts = {"moment": str(moment), "rows": len(before), "entities": len(ids)}
    if same is None:
        return Verdict(False, f"{len(again)} rows came back instead of {len(before)}.", facts=facts)
    changed = [name for name in again.columns if not same[name].all()]
    if changed:
        rows = before[~same.all(axis=1)][[key, EVENT]].to_dict("records")
        said = f"Another future changes {', '.join(changed)}: they know what came later."
        return Verdict(False, said, facts=facts, sample=sample_of(rows))
    return Verdict(
        True, f"{len(before)} rows up to {moment:%Y-%m-%d} stay as they are with another future.", facts=facts
    )


@contextmanager
def other_future(
    places: Places, views: Sequence[FeatureView], key: str, moment: datetime, ids: Sequence[str]
) -> Iterator[FeatureStore]:  # fmt: skip
    """A store over the same history of some entities, in which what is later than a moment belongs to others."""
    from feast import FeatureStore, RepoConfig

    from echo_ml.features.feast_objects import feast_objects

    def source_of(view: FeatureView) -> str:
        rest = sql.SQL(", ").join(map(sql.Identifier, (EVENT, KNOWN, *view.names)))
        shuffled = sql.SQL(_OTHER_FUTURE).format(
            key=sql.Identifier(view.key), rest=rest, event=sql.Identifier(EVENT), known=sql.Identifier(KNOWN),
            history=history(view, for_feast=True), moment=sql.Literal(moment), ids=sql.Literal(list(ids)),
        )  # fmt: skip
        return (shuffled if view.key == key else history(view, for_feast=True)).as_string(None)

    with tempfile.TemporaryDirectory(prefix="echo-features-") as folder:
        config = RepoConfig(
            project="echo_other_future", provider="local", registry=str(Path(folder) / "registry.db"),
            offline_store=places.offline_store, online_store=None, entity_key_serialization_version=3,
        )  # fmt: skip
        store = FeatureStore(config=config)
        with quiet():
            store.apply(feast_objects(views, places.timezone, source_of))
        try:
            yield store
        finally:
            close(store)


def _asked(entity_sql: str, key: str, moment: datetime, ids: Sequence[str]) -> str:
    statement = sql.SQL("select * from ({asked}) as asked where {key} = any ({ids}) and {event} <= {moment}").format(
        asked=sql.SQL(entity_sql), key=sql.Identifier(key), ids=sql.Literal(list(ids)),
        event=sql.Identifier(EVENT), moment=sql.Literal(moment),
    )  # fmt: skip
    return statement.as_string(None)


def _recomputed(
    connection: Connection[Any], view: FeatureView, names: Sequence[str], chosen: pd.DataFrame
) -> list[dict[str, Any]]:
    statement = sql.SQL(_BRUTE_FORCE).format(
        key=sql.Identifier(view.key), features=sql.SQL(", ").join(map(sql.Identifier, names)),
        event=sql.Identifier(EVENT), known=sql.Identifier(KNOWN), history=history(view),
    )  # fmt: skip
    asked = {
        "ids": chosen[view.key].tolist(),
        "moments": [moment.to_pydatetime() for moment in chosen[EVENT]],
        "ttl": view.ttl,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, asked).fetchall()


def _same(ours: Any, theirs: Any) -> bool:
    """Whether a frame's value is the database's: a missing one is NaN there, and truth a number."""
    if theirs is None or ours is None:
        return theirs is None and (ours is None or ours != ours)
    if isinstance(theirs, bool | int | float):
        return float(ours) == float(theirs)
    return bool(ours == theirs)

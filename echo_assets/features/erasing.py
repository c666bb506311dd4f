"""Taking a person out of features: what is served goes, the history that models are trained on goes on under the token.

The snapshots are renamed rather than left to their next build, which would keep the person as superseded rows.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from echo_assets.features.materialising import opened_store
from echo_assets.features.places import declared_views
from echo_assets.sources import Sources
from echo_ml.features.declared import ENTITIES
from echo_ml.features.offline_sql import SUPERSEDED
from echo_ml.features.online_tables import online_table

PERSON = "customer"
_AGAIN = "delete from {table} where {key} = %(person)s and {day} in (select {day} from {table} where {key} = %(token)s)"
_RENAME = "update {table} set {key} = %(token)s where {key} = %(person)s"
_RENAME_OLD = """
update {table} set entity_id = %(token)s, features = jsonb_set(features, %(key)s, to_jsonb(%(token)s::text))
where entity_id = %(person)s and features ? %(name)s
"""
_RENAME_CHANGED = "update ops.changed_rows set member = %(token)s where kind = %(name)s and member = %(person)s"


def erase_from_features(sources: Sources, person: str, token: str) -> int:
    """Take a person out of snapshots, superseded rows, scores and the online store; how many rows that concerned."""
    key = ENTITIES[PERSON].key
    views = [view for view in declared_views() if view.entity == PERSON]
    values = {"person": person, "token": token, "key": [key], "name": key}
    with sources.connection() as connection, connection.transaction():
        changed = connection.execute(sql.SQL(_RENAME_OLD).format(table=SUPERSEDED), values).rowcount
        connection.execute(_RENAME_CHANGED, values)
        for view in views:
            if view.query is None or view.table_asset.startswith("models/"):
                changed += _renamed(connection, sql.Identifier(*view.table.split(".")), key, values)
            online = online_table(view).qualified
            if _is_there(connection, online):
                gone = sql.SQL("delete from {} where {} = %(person)s").format(online, sql.Identifier(key))
                changed += connection.execute(gone, values).rowcount
    return changed + _forgotten_by_redis(sources, person)


def _renamed(connection: Connection[Any], table: sql.Identifier, key: str, values: dict[str, Any]) -> int:
    """Put the token in the place of the id; where the token has a row of the same day already, the other one goes."""
    if not _is_there(connection, table):
        return 0
    names = {"table": table, "key": sql.Identifier(key), "day": sql.Identifier("snapshot_date")}
    changed = connection.execute(sql.SQL(_AGAIN).format(**names), values).rowcount
    return changed + connection.execute(sql.SQL(_RENAME).format(**names), values).rowcount


def _forgotten_by_redis(sources: Sources, person: str) -> int:
    if not sources.settings.redis_url:
        return 0
    from echo_ml.features.through_feast import forget_in_redis

    with opened_store(sources) as store:
        return forget_in_redis(store, PERSON, person)


def _is_there(connection: Connection[Any], table: sql.Identifier) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [table.as_string(connection)]).fetchone()
    return bool(row and row[0])

"""Which feature views are behind their tables, and Feast behind the declarations: by what was seen, not by the clock.

A materialisation keeps a hash of what its table was made of: the marks of the ledger that the table has seen, and when
it was built. A view is due when that is another now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from echo_assets.features.places import declared_views
from echo_ml.features.registry import fingerprint, is_current

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.settings import Settings
    from echo_assets.sources import Sources
    from echo_ml.features.declared import FeatureView
    from echo_ml.features.materialising import Materialised

LAYER = "feature_views"
REGISTRY = f"{LAYER}/registry"

_LEDGER = """
select md5(string_agg(entry, ',' order by entry collate "C")) from (
    select format('%%s %%s %%s', source, day, mark) as entry from ops.built_days where asset = %(asset)s
    union all
    select format('%%s %%s %%s', source, mark, built_at) from ops.built_assets where asset = %(asset)s
) as entries
"""
_ROWS = """
select case when count(*) > 0 then format('%s %s %s', count(*), max(event_timestamp), max(known_at)) end
from ({}) as history
"""
_LAST_SEEN = """
select distinct on (view) view, seen from ops.feature_materialisations order by view, materialisation_id desc
"""
_RECORD = """
insert into ops.feature_materialisations
    (view, rows, first_event, last_event, written, retracted, seen, run_id, told_at)
values (%s, %s, %s, %s, %s, %s, %s, %s, case when %s then clock_timestamp() end)
"""
_FORGET = "update ops.feature_materialisations set seen = '' where view = any (%s)"


def due_feature_views(sources: Sources) -> list[str]:
    """The assets to build, in order: the registry if Feast is behind, then the views that are behind their tables.

    A view whose table was not built yet is not due.
    """
    views = declared_views()
    with sources.connection(read_only=True) as connection:
        last: dict[str, str] = dict(connection.execute(_LAST_SEEN).fetchall())
        behind = [view for view in views if seen_now(connection, view) not in (None, last.get(view.name, ""))]
        current = is_current(connection, definitions_now(sources.settings), views)
    registry = [] if current or not (behind or last) else [REGISTRY]
    return registry + [f"{LAYER}/{view.name}" for view in behind]


def seen_now(connection: Connection[Any], view: FeatureView) -> str | None:
    """What a view's table is made of now, as one text; empty if it was never built, None if there is no table."""
    [there] = connection.execute("select to_regclass(%s)", [_quoted(view.table)]).fetchone() or (None,)
    if not there:
        return None
    [seen] = connection.execute(_LEDGER, {"asset": view.table_asset}).fetchone() or (None,)
    if seen is None and view.query is not None:  # no table of the ledger: its rows say what it is
        [seen] = connection.execute(sql.SQL(_ROWS).format(sql.SQL(view.query))).fetchone() or (None,)
    return str(seen or "")


def record(
    connection: Connection[Any], found: Materialised, seen: str, run_id: str | None, *, told: bool
) -> None:  # fmt: skip
    """Keep that a view was materialised from what was seen; `told` if Feast's registry knows of it already."""
    spans = (found.rows, found.first_event, found.last_event, found.written, found.retracted)
    connection.execute(_RECORD, [found.view, *spans, seen, run_id, told])


def forget(connection: Connection[Any], assets: frozenset[str]) -> None:
    """Make the views due again that are read from one of these assets."""
    connection.execute(_FORGET, [[view.name for view in declared_views() if view.table_asset in assets]])


def definitions_now(settings: Settings) -> str:
    """The fingerprint of what Feast would be told now."""
    return fingerprint(declared_views(), settings.timezone, "redis" if settings.redis_url else "postgres")


def _quoted(table: str) -> str:
    return sql.Identifier(*table.split(".")).as_string(None)

"""Reading features where they are served, with psycopg alone: Feast takes seconds to import and milliseconds to answer.

One statement reads every view of an entity for any number of ids. How old what was read is, and what may still be
served, is decided here as well; what depends on the moment of the request is computed here, for serving and for Feast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from psycopg import Connection, errors, sql

from echo_ml.features.declared import FeatureError, FeatureView, views_of_entity
from echo_ml.features.online_tables import EVENT, SCHEMA

_READ_ONE = "select {columns} from (select %s::text as id) as asked {joins}"
"""The plan of one key is kept; of a list it is made anew each time, which costs as much as reading."""
_READ_MANY = """
select {columns} from unnest(%s::text[]) with ordinality as asked (id, position) {joins} order by asked.position
"""
_JOIN = "left join {table} as {alias} on {alias}.{key} = asked.id"

Connect = Callable[[], AbstractContextManager[Connection[Any]]]
"""Hands out a connection for one statement, as a pool's `connection` does."""


class FeaturesNotReady(RuntimeError):
    """Nothing was materialised yet; the message says what does it."""


@dataclass(frozen=True, slots=True)
class OnlineRow:
    """What is known of one entity: its features by name, and when each view's row became knowable.

    A view without a row is in no timestamp, and its features are None; an unknown entity has no timestamp at all.
    """

    entity_id: str
    values: dict[str, Any]
    event_timestamps: dict[str, datetime]

    @property
    def is_known(self) -> bool:
        """Whether any view has a row of it."""
        return bool(self.event_timestamps)

    def ages(self, now: datetime) -> dict[str, timedelta]:
        """How old each view's row is; the day that is still open has none yet."""
        return {view: max(now - since, timedelta()) for view, since in self.event_timestamps.items()}


class FeatureReader(Protocol):
    """Anything that features can be read from."""

    def read(self, entity: str, ids: Sequence[str]) -> list[OnlineRow]:
        """One row for each id, in their order."""


class OnlineFeatures:
    """Reads the tables of `feature_online`."""

    def __init__(self, connect: Connect, views: Sequence[FeatureView], schema: str = SCHEMA) -> None:
        """Prepare one statement for each entity; FeatureError if two views of one give a feature the same name."""
        self._connect = connect
        by_entity = {view.entity: views_of_entity(views, view.entity) for view in views}
        self._layouts = {entity: _layout(found) for entity, found in by_entity.items()}
        self._one = {entity: _statement(_READ_ONE, found, schema) for entity, found in by_entity.items()}
        self._many = {entity: _statement(_READ_MANY, found, schema) for entity, found in by_entity.items()}

    def read(self, entity: str, ids: Sequence[str]) -> list[OnlineRow]:
        """One row for each id, in their order; FeatureError for an unknown entity, FeaturesNotReady without tables."""
        if entity not in self._layouts:
            raise FeatureError(f"no feature view is about {entity!r}; there are {', '.join(sorted(self._layouts))}")
        one = len(ids) == 1
        statement, asked = (self._one[entity], ids[0]) if one else (self._many[entity], list(ids))
        with self._connect() as connection:
            try:
                rows = connection.execute(statement, [asked], prepare=True, binary=True).fetchall()
            except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
                raise FeaturesNotReady(
                    f"the features of {entity} are not materialised as declared "
                    f"({error.diag.message_primary}); run `echoctl run`"
                ) from error
        return [_row(self._layouts[entity], row) for row in rows]


_Layout = tuple[tuple[str, int, tuple[str, ...]], ...]
"""For each view: its name, the position of its timestamp in a row, and the features that follow it."""


def _layout(views: Sequence[FeatureView]) -> _Layout:
    layout, position, seen = [], 1, dict[str, str]()
    for view in views:
        for name in view.names:
            if name in seen:
                raise FeatureError(f"{view.name} and {seen[name]} both have a feature {name}: rename one of them")
            seen[name] = view.name
        layout.append((view.name, position, view.names))
        position += 1 + len(view.names)
    return tuple(layout)


def _statement(text: str, views: Sequence[FeatureView], schema: str) -> bytes:
    columns: list[sql.Composable] = [sql.SQL("asked.id")]
    joins = []
    for number, view in enumerate(views):
        alias = sql.Identifier(f"view_{number}")
        columns += [sql.SQL("{}.{}").format(alias, sql.Identifier(name)) for name in (EVENT, *view.names)]
        joins.append(
            sql.SQL(_JOIN).format(table=sql.Identifier(schema, view.name), alias=alias, key=sql.Identifier(view.key))
        )
    composed = sql.SQL(text).format(columns=sql.SQL(", ").join(columns), joins=sql.SQL(" ").join(joins))
    return composed.as_string(None).encode()


def _row(layout: _Layout, row: Sequence[Any]) -> OnlineRow:
    values: dict[str, Any] = {}
    since: dict[str, datetime] = {}
    for view, position, names in layout:
        if row[position] is not None:
            since[view] = row[position]
        values.update(zip(names, row[position + 1 : position + 1 + len(names)], strict=True))
    return OnlineRow(row[0], values, since)


def stale_views(row: OnlineRow, views: Mapping[str, FeatureView], now: datetime) -> dict[str, timedelta]:
    """The views whose row is older than they allow, with its age; `views` are the declared ones, by name."""
    return {
        name: age for name, age in row.ages(now).items() if (bound := views[name].max_age) is not None and age > bound
    }


def days_since_last_order(last_order: date | None, asked_at: datetime, timezone: str) -> int | None:
    """Business days that have begun since the day of the last order, 0 on that day; None without an order.

    Computed when it is asked for, so that it is right between two materialisations.
    """
    if last_order is None:
        return None
    return max((asked_at.astimezone(ZoneInfo(timezone)).date() - last_order).days, 0)

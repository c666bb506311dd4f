"""What a feature, a view of features and a feature service are: values that Feast, SQL, checks and serving build on.

Nothing here reads a file or a database, and nothing knows Feast.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta


class FeatureError(ValueError):
    """A declaration that cannot be used; the message names the view, what is wrong with it and what would be right."""


@dataclass(frozen=True)
class Kind:
    """How values of one kind are kept online, and what Feast calls them."""

    online_type: str
    feast_type: str


TEXT, WHOLE, NUMBER = Kind("text", "String"), Kind("bigint", "Int64"), Kind("double precision", "Float64")
TRUTH, DAY, MOMENT = Kind("boolean", "Bool"), Kind("date", "UnixTimestamp"), Kind("timestamptz", "UnixTimestamp")
_KINDS = {
    "text": TEXT, "character varying": TEXT, "varchar": TEXT,
    "bigint": WHOLE, "integer": WHOLE, "smallint": WHOLE,
    "numeric": NUMBER, "double precision": NUMBER, "real": NUMBER,
    "boolean": TRUTH, "date": DAY, "timestamptz": MOMENT, "timestamp with time zone": MOMENT,
}  # fmt: skip


@dataclass(frozen=True)
class Feature:
    """One column of a view: its SQL type as the model declares it, and what it means."""

    name: str
    sql_type: str
    description: str = ""
    window: str = ""
    """The stretch of time that it looks back on, in words."""
    when_null: str = ""
    """What it means that there is no value."""

    @property
    def kind(self) -> Kind:
        """How it is kept online: money and shares as floating point numbers, which is what models take."""
        return _KINDS[re.sub(r"\(.*\)", "", self.sql_type).strip().lower()]

    @property
    def is_numeric(self) -> bool:
        """Whether a model can take it as a number without further ado."""
        return self.kind in (WHOLE, NUMBER, TRUTH)


@dataclass(frozen=True)
class Entity:
    """What features are about, and the column that identifies it."""

    name: str
    key: str
    description: str


ENTITIES: Mapping[str, Entity] = {
    each.name: each
    for each in (
        Entity("customer", "customer_id", "A customer, by the identifier of the sources."),
        Entity("channel", "channel_id", "A conformed marketing channel."),
        Entity("product", "product_id", "A product with an identifier of its own."),
    )
}


@dataclass(frozen=True)
class FeatureView:
    """Features of one entity that are kept and served together; its name is Feast's and the asset's.

    `table` is what it is read from (`schema.name`). A view of snapshots (`query` None) is a table with one row per
    entity and snapshot, of which the newest snapshot counts; any other is a log, given as a query with the columns key,
    `event_timestamp`, `known_at` and the features, of which each entity's newest row counts.
    """

    name: str
    entity: str
    table: str
    features: tuple[Feature, ...]
    refresh: str
    """`hourly`, `daily` or `real-time`: how often it is brought up to date."""
    owner: str
    description: str = ""
    max_age: timedelta | None = None
    """How old a row may be online; None for a state that does not age."""
    on_stale: str = "flag"
    """`refuse` or `flag`: what serving does with a row that is older."""
    ttl: timedelta | None = None
    """How far a training row looks back for a value; None: as far as there is one."""
    query: str | None = None
    is_pushed: bool = False
    """Whether rows also come from events, ahead of the table."""

    def __post_init__(self) -> None:
        """Refuse what could not be kept."""
        if self.entity not in ENTITIES:
            raise FeatureError(f"{self.name}: unknown entity {self.entity!r}; known are {', '.join(sorted(ENTITIES))}")
        for feature in self.features:
            if re.sub(r"\(.*\)", "", feature.sql_type).strip().lower() not in _KINDS:
                kinds = ", ".join(_KINDS)
                raise FeatureError(
                    f"{self.name}.{feature.name}: cannot be kept as {feature.sql_type!r}; use one of {kinds}"
                )
        if self.refresh not in ("hourly", "daily", "real-time"):
            raise FeatureError(f"{self.name}: refresh {self.refresh!r} is not one of hourly, daily, real-time")
        if self.on_stale not in ("refuse", "flag"):
            raise FeatureError(f"{self.name}: on_stale {self.on_stale!r} is not one of refuse, flag")
        if not self.features:
            raise FeatureError(f"{self.name}: no feature is declared; give each feature column `config.meta.echo`")

    @property
    def key(self) -> str:
        """The column that identifies its entity."""
        return ENTITIES[self.entity].key

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its features."""
        return tuple(feature.name for feature in self.features)

    @property
    def table_asset(self) -> str:
        """`layer/name` of the asset that makes its table."""
        return self.table.replace(".", "/")

    def feature(self, name: str) -> Feature:
        """One of its features; FeatureError names those there are."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise FeatureError(f"{self.name} has no feature {name!r}; it has {', '.join(self.names)}")


@dataclass(frozen=True)
class FeatureService:
    """What one model reads: features by view."""

    name: str
    description: str
    features: Mapping[str, tuple[str, ...]]
    trains_model: bool = True
    """Whether a model is trained on it, so that no output of a model may be among it."""


def view_named(views: Iterable[FeatureView], name: str) -> FeatureView:
    """The view of a name; FeatureError names those there are."""
    known = {view.name: view for view in views}
    if name not in known:
        raise FeatureError(f"there is no feature view {name!r}; there are {', '.join(sorted(known))}")
    return known[name]


def views_of_entity(views: Sequence[FeatureView], entity: str) -> list[FeatureView]:
    """The views of an entity, by name; FeatureError if nothing has such an entity."""
    found = sorted((view for view in views if view.entity == entity), key=lambda view: view.name)
    if not found:
        raise FeatureError(f"no feature view is about {entity!r}; entities are {', '.join(sorted(ENTITIES))}")
    return found

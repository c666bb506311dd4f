"""The declared views as Feast's objects: entities, sources, views, the on-demand view, feature services.

Importing this module imports nothing of Feast; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from echo_ml.features.declared import ENTITIES, Feature, FeatureService, FeatureView
from echo_ml.features.offline_sql import EVENT, KNOWN, source_text
from echo_ml.features.own_views import services

if TYPE_CHECKING:
    import feast

EXPOSURE_PUSH = "exposure_push"
"""The push source of `customer_exposures`."""
ORDER_RECENCY, ASKED_AT, SINCE_LAST_ORDER = "order_recency", "asked_at", "days_since_last_order"
_LAST_ORDER = "last_order_date"
_RECENCY_SOURCE = f"""
def order_recency(inputs):
    from echo_ml.features.feast_objects import recency

    return {{{{"{SINCE_LAST_ORDER}": recency(inputs["{_LAST_ORDER}"], inputs["{ASKED_AT}"], "{{timezone}}")}}}}
"""
"""Feast keeps a function as its source and compiles that wherever it is used, so nothing around it is known to it."""

SourceOf = Callable[[FeatureView], str]
"""The SQL that a view's history is read by."""


def feast_objects(
    views: Sequence[FeatureView], timezone: str, source_of: SourceOf = source_text, *, services_too: bool = True
) -> list[Any]:  # fmt: skip
    """Everything that Feast is told of these views, in the order in which it refers to each other."""
    entities = {name: _entity(name) for name in {view.entity for view in views}}
    feature_views = {view.name: _feature_view(view, entities[view.entity], source_of) for view in views}
    return [
        *(entities[name] for name in sorted(entities)),
        *(view.stream_source for view in feature_views.values() if view.stream_source is not None),
        *feature_views.values(),
        *_on_demand(views, feature_views, timezone),
        *(_service(service, feature_views) for service in (services(views) if services_too else ())),
    ]


def _entity(name: str) -> feast.Entity:
    import feast

    entity = ENTITIES[name]
    return feast.Entity(
        name=name, join_keys=[entity.key], value_type=feast.ValueType.STRING, description=entity.description
    )


def _feature_view(view: FeatureView, entity: feast.Entity, source_of: SourceOf) -> feast.FeatureView:
    import feast
    from feast import types
    from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import PostgreSQLSource

    batch = PostgreSQLSource(
        name=f"{view.name}_history", query=source_of(view), timestamp_field=EVENT, created_timestamp_column=KNOWN,
        description=f"The history of {view.table} with the time at which each row became known.", owner=view.owner,
    )  # fmt: skip
    return feast.FeatureView(
        name=view.name,
        entities=[entity],
        ttl=view.ttl,
        schema=[feast.Field(name=view.key, dtype=types.String), *map(_field, view.features)],
        source=feast.PushSource(name=EXPOSURE_PUSH, batch_source=batch) if view.is_pushed else batch,
        online=True,
        description=view.description,
        owner=view.owner,
        tags={
            "refresh": view.refresh, "on_stale": view.on_stale,
            **({"max_age_hours": f"{view.max_age.total_seconds() / 3600:g}"} if view.max_age else {}),
        },
    )  # fmt: skip


def _field(feature: Feature) -> feast.Field:
    import feast
    from feast import types

    meant = {"window": feature.window, "when_null": feature.when_null, "sql_type": feature.kind.online_type}
    return feast.Field(
        name=feature.name,
        dtype=getattr(types, feature.kind.feast_type),
        description=feature.description,
        tags={name: text for name, text in meant.items() if text},
    )


def _on_demand(
    views: Sequence[FeatureView], feature_views: dict[str, feast.FeatureView], timezone: str
) -> list[feast.OnDemandFeatureView]:
    """`order_recency`: what depends on the moment of the request."""
    import feast
    from feast import types

    of_orders = [view for view in views if _LAST_ORDER in view.names]
    if not of_orders:
        return []
    request = feast.RequestSource(name="request", schema=[feast.Field(name=ASKED_AT, dtype=types.UnixTimestamp)])

    def order_recency(inputs: dict[str, Any]) -> dict[str, Any]:
        return {SINCE_LAST_ORDER: recency(inputs[_LAST_ORDER], inputs[ASKED_AT], timezone)}

    return [
        feast.OnDemandFeatureView(
            name=ORDER_RECENCY,
            sources=[feature_views[of_orders[0].name][[_LAST_ORDER]], request],
            schema=[feast.Field(name=SINCE_LAST_ORDER, dtype=types.Int64)],
            udf=order_recency,
            udf_string=_RECENCY_SOURCE.format(timezone=timezone),
            mode="python",
            description="Days since the customer's last order at the moment of the request.",
            owner=of_orders[0].owner,
        )
    ]


def recency(last_orders: Sequence[Any], asked: Sequence[Any], timezone: str) -> list[int | None]:
    """Days since each last order; days and moments as Feast hands them over: in UTC, in seconds, or missing."""
    from echo_ml.features.online import days_since_last_order

    return [
        days_since_last_order(day.date() if (day := _moment(last)) else None, moment, timezone)
        if (moment := _moment(at))
        else None
        for last, at in zip(last_orders, asked, strict=True)
    ]


def _moment(value: Any) -> datetime | None:
    from datetime import UTC

    if value is None or value != value:  # NaT and NaN differ from themselves
        return None
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    found: datetime = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _service(service: FeatureService, feature_views: dict[str, feast.FeatureView]) -> feast.FeatureService:
    import feast

    chosen = [feature_views[view][list(names)] for view, names in service.features.items()]
    return feast.FeatureService(name=service.name, features=chosen, description=service.description)


def named(objects: Sequence[Any]) -> dict[str, Any]:
    """The objects by a name that a module may have."""
    return {f"{type(each).__name__.lower()}_{each.name}": each for each in objects}

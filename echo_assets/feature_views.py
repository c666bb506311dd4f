"""The assets `feature_views/registry` and `feature_views/<view>`: Feast's registry, and what is served of each view.

What is due is told by `features/due.py`, how a view is materialised by `features/materialising.py`; what must hold of
it is asked in `feature_checks.py`.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.features import due, materialising
from echo_assets.features.places import declared_views
from echo_assets.presentation import as_table, owners
from echo_assets.sources import Sources
from echo_ml.features.declared import Feature, FeatureView
from echo_ml.features.online_tables import CREATED, EVENT, SCHEMA, have_tables, online_table

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

REGISTRY = dg.AssetKey.from_user_string(due.REGISTRY)
_WITHIN = {"hourly": timedelta(hours=3), "daily": timedelta(hours=36), "real-time": timedelta(hours=36)}
"""Within which time a view is materialised again, by how often it is to be; a pushed one has events in between."""
_CRON = {"hourly": "20 * * * *", "daily": "30 6 * * *"}


def key_of(view: FeatureView) -> dg.AssetKey:
    """The asset of a view."""
    return dg.AssetKey([due.LAYER, view.name])


def feature_views(sources: Sources) -> list[dg.AssetsDefinition]:
    """The registry, and one asset a view."""
    return [_registry(sources), *(_view(sources, view) for view in declared_views())]


def _registry(sources: Sources) -> dg.AssetsDefinition:
    @dg.asset(
        key=REGISTRY,
        group_name=due.LAYER,
        owners=["team:analytics_team"],
        kinds={"feast", "postgres"},
        metadata={"dagster/table_name": "feast_registry.feature_views"},
        pool="feature_registry",
    )
    def registry() -> dg.MaterializeResult[None]:
        """One row is one feature view as Feast knows it: its fields, its history in SQL, where it is served from.

        Applied one at a time, and only if a declaration has changed, or Feast was not told of a materialisation for a
        day. The tables that features are served from are made, too, and guarded against older rows.
        """
        views = declared_views()
        if not sources.settings.redis_url:
            with sources.connection() as connection:
                have_tables(connection, [online_table(view) for view in views], guard_again=True)
        found = materialising.applied(sources)
        return dg.MaterializeResult(
            metadata={
                "applied": found is not None,
                "online_store": "Redis" if sources.settings.redis_url else f"schema {SCHEMA}",
                "views": as_table([_in_short(view) for view in views]),
                **({"removed": dg.MetadataValue.json(list(found.removed)), "told": found.told} if found else {}),
            }
        )

    return registry


def _view(sources: Sources, view: FeatureView) -> dg.AssetsDefinition:
    within = _WITHIN[view.refresh]

    @dg.asset(
        key=key_of(view),
        group_name=due.LAYER,
        description=view.description,
        owners=owners(view.owner),
        kinds={"feast", "redis" if sources.settings.redis_url else "postgres"},
        deps=[REGISTRY, dg.AssetKey.from_user_string(view.table_asset)],
        metadata={
            "dagster/table_name": f"{SCHEMA}.{view.name}",
            "dagster/column_schema": dg.TableSchema(columns=_columns(view)),
            "refresh": view.refresh,
            "maximum_age_hours": view.max_age.total_seconds() / 3600 if view.max_age else "does not age",
            "when_older": view.on_stale,
        },
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=within, warn_window=within * 0.75),
        pool=f"feature_view_{view.name}",
    )
    def build(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        found = materialising.materialise(sources, view, context.run.run_id)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": found.rows, "written": found.written, "retracted": found.retracted,
                **({"newest": dg.MetadataValue.timestamp(found.last_event)} if found.last_event else {}),
            }
        )  # fmt: skip

    return build


def feature_jobs() -> "list[UnresolvedAssetJobDefinition]":
    """`hourly_features_job` and `daily_features_job`: materialise the views of one rhythm, and ask their checks."""
    return [_job(refresh) for refresh in _CRON]


def feature_schedules(jobs: "list[UnresolvedAssetJobDefinition]") -> list[dg.ScheduleDefinition]:
    """Each rhythm, on from the start: the open day is served as it is rebuilt, and ages are asked by the clock."""
    return [
        dg.ScheduleDefinition(
            name=f"{refresh}_features_schedule",
            job=job,
            cron_schedule=cron,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"Materialises the {refresh} feature views and asks what must hold of them, their age too.",
        )
        for (refresh, cron), job in zip(_CRON.items(), jobs, strict=True)
    ]


def _job(refresh: str) -> "UnresolvedAssetJobDefinition":
    chosen = [key_of(view) for view in declared_views() if view.refresh == refresh]
    return dg.define_asset_job(
        f"{refresh}_features_job",
        selection=dg.AssetSelection.assets(*chosen),
        description=f"The {refresh} feature views and their checks: {', '.join(key.path[-1] for key in chosen)}.",
    )


def _columns(view: FeatureView) -> list[dg.TableColumn]:
    known = [
        dg.TableColumn(view.key, "text", f"Identifies the {view.entity}."),
        dg.TableColumn(EVENT, "timestamptz", "When the row became knowable; an older row never takes its place."),
        dg.TableColumn(CREATED, "timestamptz", "Since when it is known as it is: later, if it was restated."),
    ]
    return known + [dg.TableColumn(each.name, each.kind.online_type, _meaning(each)) for each in view.features]


def _meaning(feature: Feature) -> str:
    window = f"Window: {feature.window}." if feature.window else ""
    missing = f"Null: {feature.when_null}." if feature.when_null else ""
    return " ".join(part for part in (feature.description, window, missing) if part)


def _in_short(view: FeatureView) -> dict[str, Any]:
    return {"view": view.name, "entity": view.entity, "features": len(view.features), "refresh": view.refresh}

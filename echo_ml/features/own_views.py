"""The feature views that no dbt feature model declares, the feature services, and the list of all views."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from echo_ml.features.declared import DAY, MOMENT, Feature, FeatureService, FeatureView, view_named
from echo_ml.features.models_yml import snapshot_views

MODELS = Path(__file__).resolve().parent.parent.parent / "echo_dbt" / "models" / "features"
"""Where the project's feature models are declared."""

EXPOSURES = FeatureView(
    name="customer_exposures",
    entity="customer",
    table="core.fact_experiments",
    features=(
        Feature(
            "experiment_exposure_count", "bigint",
            "Experiments that the customer has been exposed to; experiments on other units count for nobody.",
            window="lifetime", when_null="never exposed to an experiment",
        ),
    ),
    refresh="real-time",
    owner="analytics_team",
    description="One row is one customer: how many experiments they have seen, pushed as exposures happen.",
    query="""
        select
            exposed.user_id as customer_id,
            exposed.assigned_at as event_timestamp,
            exposed.assigned_at as known_at,
            cast(sum(count(*)) over (partition by exposed.user_id order by exposed.assigned_at) as bigint)
                as experiment_exposure_count
        from core.fact_experiments as exposed
        inner join core.dim_experiment as experiments using (experiment_key)
        where experiments.unit = 'customer'
        group by exposed.user_id, exposed.assigned_at
    """,
    is_pushed=True,
)  # fmt: skip
CHURN = FeatureView(
    name="customer_churn",
    entity="customer",
    table="models.churn_scores",
    features=(
        Feature(
            "churn_probability", "double precision",
            "How likely the customer is to buy nothing more, by the model that was champion when it was scored.",
            window="as of the snapshot", when_null="not scored: nobody the model is about",
        ),
    ),
    refresh="daily",
    owner="analytics_team",
    description="One row is one customer: the output of a model, never an input of the model that makes it.",
    max_age=timedelta(days=8),
    query="""
        select customer_id, event_timestamp, scored_at as known_at, churn_probability
        from models.churn_scores
    """,
)  # fmt: skip

OUTPUTS = ("models/",)
"""Assets by the beginning of their key that hold what models say: nothing a model is trained on may come from them."""


def all_views(folder: Path = MODELS) -> list[FeatureView]:
    """Every feature view: those of the models in a folder, and those declared here."""
    return [*snapshot_views(folder), EXPOSURES, CHURN]


def services(views: Sequence[FeatureView]) -> list[FeatureService]:
    """The feature services: dates are left out, since a model would learn the calendar by heart."""
    channel = ("leads_28d", "conversions_28d", "conversion_rate_28d", "spend_28d", "orders_28d", "revenue_28d")
    return [
        FeatureService(
            "churn_v1",
            "What churn is predicted from: everything known of a customer as of a day; no output of a model.",
            {"customer_daily": _without_dates(view_named(views, "customer_daily"))},
        ),
        FeatureService(
            "revenue_forecast_v1",
            "What may accompany the revenue forecast: each channel's last 28 days.",
            {"channel_daily": channel},
        ),
    ]


def _without_dates(view: FeatureView) -> tuple[str, ...]:
    return tuple(feature.name for feature in view.features if feature.kind not in (DAY, MOMENT))

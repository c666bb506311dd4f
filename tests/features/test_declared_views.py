"""Feature views are read from the models' yml: nothing is said twice, and what cannot be used is refused by name."""

from __future__ import annotations

import runpy
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from feature_tables import DECLARED, declared_in

from echo_assets.settings import PROJECT
from echo_ml.features.declared import FeatureError, view_named, views_of_entity
from echo_ml.features.models_yml import snapshot_views
from echo_ml.features.own_views import services


def test_a_model_that_is_built_as_of_days_is_a_view_and_its_described_columns_are_features(tmp_path: Path) -> None:
    views = declared_in(tmp_path)
    assert [view.name for view in views] == ["channel_daily", "customer_daily", "customer_exposures", "customer_churn"]
    customer = view_named(views, "customer_daily")
    assert (customer.key, customer.table, customer.table_asset) == (
        "customer_id", "features.customer_daily", "features/customer_daily"
    )  # fmt: skip
    assert customer.names == (
        "total_orders", "revenue_last_90d", "last_order_date", "has_active_subscription", "segment"
    )  # fmt: skip
    assert (customer.max_age, customer.on_stale, customer.refresh) == (timedelta(days=2), "refuse", "hourly")
    assert (customer.owner, view_named(views, "channel_daily").owner) == ("analytics_team", "marketing_team")
    orders = customer.feature("total_orders")
    assert (orders.description, orders.window, orders.when_null) == ("Orders so far", "lifetime", "never")
    assert customer.feature("revenue_last_90d").kind.online_type == "double precision"


def test_what_churn_is_predicted_from_has_no_date_and_no_output_of_a_model(tmp_path: Path) -> None:
    [churn, forecast] = services(declared_in(tmp_path))
    assert churn.features == {
        "customer_daily": ("total_orders", "revenue_last_90d", "has_active_subscription", "segment")
    }
    assert forecast.features.keys() == {"channel_daily"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"entity": "planet"}, "customer_daily: unknown entity 'planet'; known are channel, customer, product"),
        ({"refresh": "often"}, "customer_daily: refresh 'often' is not one of hourly, daily, real-time"),
        ({"on_stale": "hope"}, "customer_daily: on_stale 'hope' is not one of refuse, flag"),
        ({"max_age_hours": None}, "customer_daily: `config.meta.echo` says no max_age_hours"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, change: dict[str, str | None], told: str
) -> None:
    document = yaml.safe_load(DECLARED)
    said = document["models"][0]["config"]["meta"]["echo"]
    said.update(change)
    (tmp_path / "m.yml").write_text(yaml.safe_dump({"models": [_without_nothing(document["models"][0], said)]}))
    with pytest.raises(FeatureError, match=f"^{told.replace('`', '.')}$"):
        snapshot_views(tmp_path)


def _without_nothing(model: dict[str, object], said: dict[str, object]) -> dict[str, object]:
    return {**model, "config": {"meta": {"echo": {name: value for name, value in said.items() if value is not None}}}}


def test_a_type_that_cannot_be_kept_is_refused_with_those_that_can(tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(DECLARED.replace("data_type: boolean", "data_type: point"))
    with pytest.raises(
        FeatureError, match=r"customer_daily\.has_active_subscription: cannot be kept as 'point'; use one of"
    ):
        snapshot_views(tmp_path)


def test_a_folder_without_views_and_names_that_nothing_has_are_told(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="declares no feature view"):
        snapshot_views(tmp_path)
    views = declared_in(tmp_path)
    with pytest.raises(FeatureError, match="there is no feature view 'x'; there are channel_daily, customer_churn"):
        view_named(views, "x")
    with pytest.raises(FeatureError, match="no feature view is about 'product'"):
        views_of_entity(views, "product")
    with pytest.raises(FeatureError, match="customer_daily has no feature 'x'; it has total_orders"):
        view_named(views, "customer_daily").feature("x")


def test_the_table_of_all_features_is_what_they_declare() -> None:
    made = runpy.run_path(str(PROJECT / "docs" / "make_features.py"))
    written = made["PAGE"].read_text(encoding="utf-8")
    assert made["page"](written) == written, "run docs/make_features.py, and commit docs/features.md"
    assert sum(line.startswith("| `") and "_daily` | `" in line for line in written.splitlines()) >= 30

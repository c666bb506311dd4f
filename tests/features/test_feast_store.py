"""Feast over the warehouse: what it is told, what it reads and writes online, and that rows of SQL are its rows."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from feature_tables import CUSTOMERS, DAYS, FIRST, FeatureTables

from echo_ml.features import registry
from echo_ml.features.feast_objects import recency
from echo_ml.features.materialising import materialise
from echo_ml.features.online import OnlineFeatures
from echo_ml.features.publishing import Exposure, exposure_publisher
from echo_ml.features.stores import opened

if TYPE_CHECKING:
    from feast import FeatureStore

pytestmark = pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
LAST = FIRST + timedelta(days=DAYS - 1)


@pytest.fixture(scope="module")
def store(of_module: FeatureTables) -> Iterator[FeatureStore]:
    """A store that was given the definitions once."""
    with opened(of_module.places) as found:
        registry.apply(found, of_module.connection, of_module.views, "UTC", "the first definitions")
        yield found


def online(tables: FeatureTables, *ids: str) -> list[dict[str, Any]]:
    return [
        row.values for row in OnlineFeatures(lambda: nullcontext(tables.connection), tables.views).read("customer", ids)
    ]


def emptied(tables: FeatureTables) -> None:
    for view in tables.views:
        tables.execute(f"truncate feature_online.{view.name}")


def test_feast_knows_what_is_declared(of_module: FeatureTables, store: FeatureStore) -> None:
    assert {view.name for view in store.list_feature_views()} == {view.name for view in of_module.views}
    assert [view.name for view in store.list_on_demand_feature_views()] == ["order_recency"]
    assert {service.name for service in store.list_feature_services()} == {"churn_v1", "revenue_forecast_v1"}
    assert {entity.name for entity in store.list_entities()} >= {"customer", "channel"}
    customer = store.get_feature_view("customer_daily")
    [orders] = [field for field in customer.features if field.name == "total_orders"]
    assert (orders.description, orders.tags["window"], orders.tags["when_null"]) == (
        "Orders so far",
        "lifetime",
        "never",
    )
    assert customer.tags == {"refresh": "hourly", "on_stale": "refuse", "max_age_hours": "48"}
    assert not registry.missing_views(of_module.connection, of_module.views)


def test_it_is_current_until_definitions_change_or_feast_forgets_them(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    views, connection = of_module.views, of_module.connection
    now = registry.fingerprint(views, "UTC", "postgres")
    assert now != registry.fingerprint(views, "Europe/Berlin", "postgres")
    assert now != registry.fingerprint(views, "UTC", "redis")
    assert now != registry.fingerprint(views[1:] + views[:1], "UTC", "postgres")
    assert registry.is_current(connection, "the first definitions", views)
    assert not registry.is_current(connection, now, views)
    with connection.transaction(force_rollback=True):
        of_module.execute("delete from feast_registry.feature_views where feature_view_name = 'customer_daily'")
        assert not registry.is_current(connection, "the first definitions", views)
        assert registry.missing_views(connection, views) == ["customer_daily"]


def test_one_process_at_a_time_applies(of_module: FeatureTables, store: FeatureStore) -> None:
    waits = """select exists (select from pg_locks where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = current_database()))"""
    applied = "select applied_at from ops.feature_definitions where definitions = 'the first definitions'"
    before = of_module.value(applied)
    with psycopg.connect(of_module.places.url, autocommit=True) as other, ThreadPoolExecutor(1) as thread:
        other.execute("select pg_advisory_lock(hashtext('echo.feast_registry'))")
        with psycopg.connect(of_module.places.url, autocommit=True) as connection:
            second = thread.submit(
                registry.apply, store, connection, of_module.views, "UTC", "the first definitions"
            )  # fmt: skip
            while not of_module.value(waits):
                assert not second.done(), second.exception()
            assert of_module.value(applied) == before
            other.execute("select pg_advisory_unlock(hashtext('echo.feast_registry'))")
            second.result()
    assert of_module.value(applied) > before


def test_what_is_declared_no_more_is_forgotten_with_its_table(of_module: FeatureTables, store: FeatureStore) -> None:
    import feast

    stray = store.get_feature_view("channel_daily")
    stray = feast.FeatureView(
        name="stray", entities=[store.get_entity("channel")], schema=stray.schema, source=stray.batch_source
    )
    store.apply([stray])
    assert of_module.value("select to_regclass('feature_online.stray') is not null")
    applied = registry.apply(store, of_module.connection, of_module.views, "UTC", "the first definitions")
    assert applied.removed == ("stray",)
    assert of_module.value("select to_regclass('feature_online.stray') is null")
    assert "stray" not in {view.name for view in store.list_feature_views()}


def test_feasts_own_materialisation_and_ours_leave_the_same_rows(of_module: FeatureTables, store: FeatureStore) -> None:
    everything = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    for view in of_module.views:
        materialise(of_module.connection, view)
    ours = {view.name: _rows(of_module, view.name) for view in of_module.views}
    emptied(of_module)
    store.materialize(*everything)
    assert {view.name: _rows(of_module, view.name) for view in of_module.views} == ours
    assert len(ours["customer_daily"]) == CUSTOMERS
    assert [materialise(of_module.connection, view).written for view in of_module.views] == [0, 0, 0, 0]


def _rows(tables: FeatureTables, view: str) -> list[tuple[Any, ...]]:
    return tables.connection.execute(f"select * from feature_online.{view} order by 1".encode()).fetchall()


def test_feast_reads_what_was_written_in_sql_and_the_reader_agrees_with_it(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    for view in of_module.views:
        materialise(of_module.connection, view)
    ids = ["C2", "C3", "nobody"]
    features = [f"{view.name}:{name}" for view in of_module.views if view.entity == "customer" for name in view.names]
    theirs = store.get_online_features(features=features, entity_rows=[{"customer_id": each} for each in ids]).to_dict()
    ours = online(of_module, *ids)
    for name in (name for view in of_module.views if view.entity == "customer" for name in view.names):
        expected = [_as_feast_has_it(row[name]) for row in ours]
        assert theirs[name] == expected, name


def _as_feast_has_it(value: Any) -> Any:
    return datetime(*value.timetuple()[:3], tzinfo=UTC) if isinstance(value, date) else value


def test_days_since_the_last_order_are_counted_up_to_the_request(of_module: FeatureTables, store: FeatureStore) -> None:
    materialise(of_module.connection, of_module.view("customer_daily"))
    asked = [{"customer_id": each, "asked_at": datetime(2024, 6, 20, 12, tzinfo=UTC)} for each in ("C2", "C3")]
    found = store.get_online_features(features=["order_recency:days_since_last_order"], entity_rows=asked).to_dict()
    assert found["days_since_last_order"] == [(date(2024, 6, 20) - (FIRST - timedelta(days=2))).days, None]
    offline = store.get_historical_features(
        features=["order_recency:days_since_last_order"],
        entity_df="select customer_id, event_timestamp, event_timestamp + interval '3 days' as asked_at"
        f" from features.customer_daily where snapshot_date = '{LAST}' and customer_id = 'C2'",
    ).to_df()
    assert offline["days_since_last_order"].tolist() == [(LAST + timedelta(days=4) - (FIRST - timedelta(days=2))).days]
    assert recency([1e9, None, float("nan")], [1e9 + 86400, 1e9, 1e9], "UTC") == [1, None, None]


def test_a_push_is_served_at_once_and_an_older_one_changes_nothing(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    materialise(of_module.connection, of_module.view("customer_exposures"))
    publish = exposure_publisher(store)
    june = datetime(2024, 6, 1, tzinfo=UTC)

    def counts() -> list[Any]:
        return [values["experiment_exposure_count"] for values in online(of_module, "C2", "C8")]

    assert counts() == [2, None]
    assert publish([Exposure("C2", 3, june + timedelta(days=9)), Exposure("C8", 1, june)]) == 2
    assert counts() == [3, 1]
    assert publish([Exposure("C2", 9, june + timedelta(days=12)), Exposure("C2", 8, june + timedelta(days=11))]) == 1
    assert counts() == [9, 1], "of several states of one customer the newest is pushed"
    publish([Exposure("C2", 4, june + timedelta(days=10))])
    assert counts() == [9, 1]
    assert publish([]) == 0
    assert materialise(of_module.connection, of_module.view("customer_exposures")).written == 0, "the table lags behind"
    assert counts() == [9, 1]


def test_writing_through_feast_never_puts_an_older_row_back_not_even_within_a_batch(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    import pandas as pd

    emptied(of_module)
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "A", "B"],
            "event_timestamp": pd.to_datetime(["2024-06-20", "2024-06-02", "2024-06-03"], utc=True),
            "known_at": pd.to_datetime(["2024-06-20", "2024-06-02", "2024-06-03"], utc=True),
            "churn_probability": [0.2, 0.9, None],
        }
    )
    store.write_to_online_store("customer_churn", frame)
    store.write_to_online_store("customer_churn", frame[1:2])
    assert [row["churn_probability"] for row in online(of_module, "A", "B")] == [0.2, None]


def test_feast_is_told_of_materialisations_in_one_interval_a_view(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    kept = """insert into ops.feature_materialisations (view, rows, first_event, last_event, written, retracted, seen)
              values ('channel_daily', 1, %s, %s, 1, 0, 'x')"""
    before = len(store.get_feature_view("channel_daily").materialization_intervals)
    for day in (3, 5):
        of_module.connection.execute(kept, [datetime(2024, 6, day, tzinfo=UTC), datetime(2024, 6, day + 1, tzinfo=UTC)])
    assert registry.is_current(of_module.connection, "the first definitions", of_module.views), "that can wait a day"
    of_module.execute("update ops.feature_materialisations set materialised_at = now() - interval '25 hours'")
    assert not registry.is_current(of_module.connection, "the first definitions", of_module.views)
    assert registry.tell(store, of_module.connection, of_module.views) == 2
    assert registry.tell(store, of_module.connection, of_module.views) == 0
    intervals = store.get_feature_view("channel_daily").materialization_intervals
    assert len(intervals) == before + 1
    assert [moment.date() for moment in intervals[-1]] == [date(2024, 6, 3), date(2024, 6, 6)]
    registry.apply(store, of_module.connection, of_module.views, "UTC", "the first definitions")
    assert store.get_feature_view("channel_daily").materialization_intervals == intervals, "applying forgets none"


def test_a_connection_that_was_cut_is_opened_again(of_module: FeatureTables, store: FeatureStore) -> None:
    materialise(of_module.connection, of_module.view("customer_churn"))

    def probability() -> Any:
        asked = [{"customer_id": "C1"}]
        return store.get_online_features(features=["customer_churn:churn_probability"], entity_rows=asked).to_dict()

    assert probability()["churn_probability"] == [0.1]
    of_module.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend'"
    )
    with pytest.raises(psycopg.OperationalError):
        probability()
    assert probability()["churn_probability"] == [0.1]

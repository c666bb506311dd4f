"""With Redis in the place of the tables: the same rows are read, checks ask a sample, a person can be taken out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from feature_tables import DAYS, FIRST, FeatureTables, end_of, restate
from redis_server import redis_server

from echo_ml.features import registry
from echo_ml.features.checks import sampled
from echo_ml.features.declared import FeatureError
from echo_ml.features.materialising import materialise
from echo_ml.features.online import OnlineFeatures
from echo_ml.features.publishing import Exposure, exposure_publisher
from echo_ml.features.stores import Places, opened, redis_connection
from echo_ml.features.through_feast import FeastFeatures, forget_in_redis, materialise_through_feast
from echo_ml.serving.problems import Unavailable
from echo_ml.serving.redis_features import redis_features

if TYPE_CHECKING:
    from feast import FeatureStore

    from echo_assets.server import Databases

LAST = FIRST + timedelta(days=DAYS - 1)
IDS = ["C1", "C2", "C3", "C9", "nobody"]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="module")
def places(of_module: FeatureTables, redis_url: str) -> Places:
    return replace(of_module.places, redis_url=redis_url)


@pytest.fixture(scope="module")
def store(of_module: FeatureTables, places: Places) -> Iterator[FeatureStore]:
    with opened(places) as found:
        registry.apply(found, of_module.connection, of_module.views, "UTC", "on redis")
        for view in of_module.views:
            materialise_through_feast(found, of_module.connection, view)
        yield found


@pytest.fixture(scope="module")
def reader(of_module: FeatureTables, store: FeatureStore) -> FeastFeatures:
    return FeastFeatures(store, of_module.views)


def test_the_same_rows_are_read_from_redis_as_from_tables(of_module: FeatureTables, reader: FeastFeatures) -> None:
    with of_module.connection.transaction(force_rollback=True):
        for view in of_module.views:
            materialise(of_module.connection, view)
        tables = OnlineFeatures(lambda: nullcontext(of_module.connection), of_module.views)
        assert reader.read("customer", IDS) == tables.read("customer", IDS)
        assert reader.read("channel", ["web"]) == tables.read("channel", ["web"])
    assert reader.read("customer", []) == []
    with pytest.raises(FeatureError, match="no feature view is about 'planet'"):
        reader.read("planet", ["x"])


def test_checks_of_a_sample_are_green_and_red_where_they_must_be(
    of_module: FeatureTables, reader: FeastFeatures, store: FeatureStore
) -> None:
    connection, now = of_module.connection, end_of(LAST) + timedelta(hours=1)
    for view in of_module.views:
        for found in (
            sampled.matches_offline(reader, connection, view), sampled.is_fresh(reader, connection, view, now),
            sampled.newer_is_kept(store, reader, view),
        ):  # fmt: skip
            assert found.passed, found.said
    view = of_module.view("customer_daily")
    assert not sampled.is_fresh(reader, connection, view, now + timedelta(days=3)).passed
    with connection.transaction(force_rollback=True):
        newest = f"snapshot_date = '{LAST}'"
        of_module.execute(f"update features.customer_daily set segment = 'x' where customer_id = 'C3' and {newest}")
        red = sampled.matches_offline(reader, connection, view)
        assert not red.passed
        assert [(row["customer_id"], row["differing"]) for row in red.sample] == [("C3", "segment")]
        of_module.execute(f"delete from features.customer_daily where {newest}")
        assert not sampled.matches_offline(reader, connection, view).passed
    assert reader.read("customer", ["echo.probe"])[0].is_known is False


def test_a_store_that_lets_an_older_row_in_is_found(
    of_module: FeatureTables, reader: FeastFeatures, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feast.infra.online_stores.redis import RedisOnlineStore

    from echo_ml.features.redis_rows import NewerRowOnlineStore

    monkeypatch.setattr(NewerRowOnlineStore, "online_write_batch", RedisOnlineStore.online_write_batch)
    monkeypatch.setattr(store.config.online_store, "skip_dedup", True)
    assert not sampled.newer_is_kept(store, reader, of_module.view("customer_churn")).passed


def test_a_restated_day_reaches_redis(of_module: FeatureTables, reader: FeastFeatures, store: FeatureStore) -> None:
    restate(of_module.connection, "C5", LAST, end_of(LAST) + timedelta(hours=1), total_orders=5)
    materialise_through_feast(store, of_module.connection, of_module.view("customer_daily"))
    assert reader.read("customer", ["C5"])[0].values["total_orders"] == 5


def test_a_push_reaches_redis_and_an_older_one_changes_nothing(reader: FeastFeatures, store: FeatureStore) -> None:
    publish = exposure_publisher(store)
    for count, day in ((7, 20), (6, 19)):
        publish([Exposure("C1", count, datetime(2024, 6, day, tzinfo=UTC))])
    assert reader.read("customer", ["C1"])[0].values["experiment_exposure_count"] == 7


def test_a_person_is_taken_out_of_redis_and_nobody_else(reader: FeastFeatures, store: FeatureStore) -> None:
    assert forget_in_redis(store, "customer", "C2") == 1
    assert forget_in_redis(store, "customer", "C2") == 0
    assert [row.is_known for row in reader.read("customer", ["C1", "C2"])] == [True, False]


def test_urls_become_what_feast_splits_at_commas() -> None:
    assert redis_connection("redis://localhost") == "localhost:6379,db=0"
    assert redis_connection("rediss://u:p%40@h:1/2") == 'h:1,db=2,username=u,password="p@",ssl=true'
    with pytest.raises(FeatureError, match="not a Redis URL: http:"):
        redis_connection("http://h")
    with pytest.raises(FeatureError, match="choose a password without one"):
        redis_connection("redis://:a%2Cb@h")


def test_serving_reads_them_with_the_rights_of_a_reader_and_says_when_redis_is_away(
    of_module: FeatureTables, warehouse: Databases, reader: FeastFeatures, places: Places
) -> None:
    seen = replace(places, url=warehouse.url(read_only=True), password="")
    with redis_features(seen, of_module.views) as served:
        assert served.read("customer", IDS) == reader.read("customer", IDS)
    with (
        redis_features(replace(seen, redis_url="redis://127.0.0.1:1/0"), of_module.views) as nowhere,
        pytest.raises(Unavailable, match="the features are away"),
    ):
        nowhere.read("customer", IDS)

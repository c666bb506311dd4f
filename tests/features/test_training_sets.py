"""Training sets are what was known at each moment: through Feast, by brute force, and whatever the future brings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from feature_tables import CUSTOMERS, DAYS, FIRST, FeatureTables, end_of, make_tables, restate

from echo_ml.features import registry
from echo_ml.features.checks.training_set import matches_brute_force, other_future_changes_nothing, preserves_rows
from echo_ml.features.declared import FeatureError
from echo_ml.features.stores import opened
from echo_ml.features.training import TrainingSetError, historical_features

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

LAST = FIRST + timedelta(days=DAYS - 1)
ENTITIES = """
    select customer_id, event_timestamp, right(customer_id, 1) in ('1', '2') as churned from features.customer_daily
    where snapshot_date in (date '2024-06-03', date '2024-06-06', date '2024-06-09')
"""
PAST = end_of(FIRST + timedelta(days=5))
"""Between the moments that are asked for, the second of three."""


@pytest.fixture(scope="module")
def store(of_module: FeatureTables) -> Iterator[FeatureStore]:
    """A store that knows the definitions, over tables of which some days were restated."""
    make_tables(of_module.connection)
    restate(of_module.connection, "C1", FIRST + timedelta(days=2), PAST + timedelta(hours=6), total_orders=1000)
    restate(of_module.connection, "C1", FIRST + timedelta(days=8), end_of(LAST) + timedelta(days=5), total_orders=2000)
    with opened(of_module.places) as found:
        registry.apply(found, of_module.connection, of_module.views, "UTC", "definitions")
        yield found


@pytest.fixture(scope="module")
def frame(store: FeatureStore) -> pd.DataFrame:
    return historical_features(store, "churn_v1", ENTITIES)


def test_every_entity_that_is_asked_for_comes_back_once_with_its_features(frame: pd.DataFrame) -> None:
    assert len(frame) == 3 * CUSTOMERS
    assert list(frame.columns) == [
        "customer_id", "event_timestamp", "churned", "total_orders", "revenue_last_90d", "has_active_subscription",
        "segment",
    ]  # fmt: skip
    assert list(map(str, frame.dtypes[3:6])) == ["float64"] * 3
    assert str(frame["event_timestamp"].dtype.tz) == "UTC"
    assert frame[["customer_id", "event_timestamp"]].apply(tuple, axis=1).is_monotonic_increasing
    assert preserves_rows(frame, 3 * CUSTOMERS, ["customer_id"]).passed
    [third] = frame[(frame["customer_id"] == "C3") & (frame["event_timestamp"] == PAST)].to_dict("records")
    assert (third["total_orders"], third["segment"]) == (3 * 5, "segment 0")
    assert third["has_active_subscription"] != third["has_active_subscription"], "nobody knows: NaN"


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_a_restatement_is_not_seen_before_it_was_made(frame: pd.DataFrame, store: FeatureStore) -> None:
    def known(found: pd.DataFrame) -> list[float]:
        return found[found["customer_id"] == "C1"]["total_orders"].tolist()

    assert known(frame) == [2, 5, 8]
    moments = "select timestamptz '2024-06-04 00:00Z' + days * interval '1 day' from generate_series(0, 3) as days"
    then = f"select 'C1' as customer_id, event_timestamp from ({moments}) as asked (event_timestamp)"
    assert known(historical_features(store, "churn_v1", then)) == [2, 3, 4, 5]
    unfiltered = _unfiltered(store).sort_values("event_timestamp")
    assert known(unfiltered) == [1000, 5, 2000], "what Feast does when it is not told"


def test_brute_force_finds_the_same_and_a_value_from_later_is_found(
    of_module: FeatureTables, frame: pd.DataFrame
) -> None:
    view = of_module.view("customer_daily")
    found = matches_brute_force(of_module.connection, view, frame)
    assert (found.passed, found.facts) == (True, {"sampled": 120, "features": 4, "differing": 0})
    for change in ({"total_orders": 1000.0}, {"segment": None}, {"has_active_subscription": 1.0}):
        [(name, value)] = change.items()
        broken = frame.copy()
        at = broken.index[broken["customer_id"] == "C1"][0]
        assert broken.at[at, name] != value
        broken.at[at, name] = value
        red = matches_brute_force(of_module.connection, view, broken)
        assert (red.passed, red.facts["differing"], red.sample[0]["differing"]) == (False, 1, name)
        assert red.sample[0]["customer_id"] == "C1"


def test_a_value_that_is_older_than_features_may_be_is_none(of_module: FeatureTables, store: FeatureStore) -> None:
    moments = f"select timestamptz '{end_of(LAST)}' + days * interval '1 day' from unnest(array[32, 33]) as days"
    asked = f"select 'C1' as customer_id, event_timestamp from ({moments}) as asked (event_timestamp)"
    found = historical_features(store, "churn_v1", asked)
    assert found["total_orders"].notna().tolist() == [True, False]
    assert matches_brute_force(of_module.connection, of_module.view("customer_daily"), found).passed


def test_another_future_changes_nothing(of_module: FeatureTables, frame: pd.DataFrame) -> None:
    found = other_future_changes_nothing(of_module.places, of_module.views, "churn_v1", ENTITIES, frame)
    assert found.passed, found.said
    assert found.facts["rows"] == 2 * CUSTOMERS
    assert "2024-06-07" in str(found.facts["moment"])


@pytest.mark.filterwarnings("ignore:pandas only supports SQLAlchemy")
def test_a_training_set_that_knows_the_future_is_found(of_module: FeatureTables, store: FeatureStore) -> None:
    later = ENTITIES.replace("event_timestamp,", "event_timestamp + interval '2 days' as event_timestamp,")
    known_later = historical_features(store, "churn_v1", later)
    known_later["event_timestamp"] -= timedelta(days=2)
    red = other_future_changes_nothing(of_module.places, of_module.views, "churn_v1", ENTITIES, known_later)
    assert (red.passed, "they know what came later" in red.said) == (False, True)
    assert "total_orders" in red.said
    restated = _like(historical_features(store, "churn_v1", ENTITIES), _unfiltered(store))
    red = other_future_changes_nothing(of_module.places, of_module.views, "churn_v1", ENTITIES, restated)
    assert [row["customer_id"] for row in red.sample] == ["C1"], "a restatement that was made later"


def _unfiltered(store: FeatureStore) -> pd.DataFrame:
    service = store.get_feature_service("churn_v1")
    found: pd.DataFrame = store.get_historical_features(features=service, entity_df=ENTITIES).to_df()
    return found


def _like(frame: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The other's values with the types and in the order of a training set."""
    import pandas as pd

    other["event_timestamp"] = pd.to_datetime(other["event_timestamp"], utc=True)
    return other.astype(frame.dtypes.to_dict()).sort_values(["customer_id", "event_timestamp"], ignore_index=True)


@pytest.mark.parametrize(
    ("entities", "told"),
    [
        (
            f"{ENTITIES} union all {ENTITIES}",
            r"120 of 240 entities are asked for twice at the same moment; select each ",
        ),
        (
            "select customer_id from features.customer_daily",
            r"the entities need the columns customer_id, event_timesta",
        ),
        (f"{ENTITIES} and false", r"no entities are asked for: the query has no rows"),
    ],
)
def test_entities_that_cannot_be_asked_for_are_refused_with_the_reason(
    store: FeatureStore, entities: str, told: str
) -> None:
    with pytest.raises(TrainingSetError, match=told):
        historical_features(store, "churn_v1", entities)


def test_a_tie_in_the_history_is_refused_instead_of_doubling_rows(
    of_module: FeatureTables, store: FeatureStore
) -> None:
    entities = ENTITIES.replace("select ", "select distinct ", 1)
    tie = "features.customer_daily where customer_id = 'C5' and snapshot_date = '2024-06-03'"
    of_module.execute(f"insert into features.customer_daily select * from {tie}")
    with pytest.raises(TrainingSetError, match=r"120 rows were asked for and 121 came back; .*history_is_unique"):
        historical_features(store, "churn_v1", entities)
    of_module.execute(f"delete from features.customer_daily where ctid = (select max(ctid) from {tie})")
    assert len(historical_features(store, "churn_v1", entities)) == 120


def test_rows_that_were_lost_or_doubled_are_counted(frame: pd.DataFrame) -> None:
    import pandas as pd

    assert not preserves_rows(frame[1:], len(frame), ["customer_id"]).passed
    doubled: Any = preserves_rows(pd.concat([frame[1:], frame[1:2]]), len(frame), ["customer_id"])
    assert (doubled.passed, doubled.facts["repeated"]) == (False, 1)


def test_a_service_that_feast_does_not_know_is_told_with_those_it_knows(store: FeatureStore) -> None:
    with pytest.raises(FeatureError, match=r"no feature service 'churn_v9' \(known: churn_v1, revenue_forecast_v1\); "):
        historical_features(store, "churn_v9", ENTITIES)

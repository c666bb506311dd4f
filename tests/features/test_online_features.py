"""What is materialised in SQL is what the reader reads; a newer row stays, whatever comes when. Without Feast."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from feature_tables import CUSTOMERS, DAYS, FIRST, FeatureTables, end_of, restate
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from echo_ml.features.declared import Feature, FeatureError, FeatureView
from echo_ml.features.materialising import Materialised, materialise
from echo_ml.features.online import FeaturesNotReady, OnlineFeatures, OnlineRow, days_since_last_order, stale_views
from echo_ml.features.online_tables import have_tables, online_table

LAST = FIRST + timedelta(days=DAYS - 1)


def reader(tables: FeatureTables) -> OnlineFeatures:
    return OnlineFeatures(lambda: nullcontext(tables.connection), tables.views)


def materialised(tables: FeatureTables) -> dict[str, Materialised]:
    return {view.name: materialise(tables.connection, view) for view in tables.views}


def test_one_read_has_every_view_of_an_entity_in_the_order_of_the_ids(tables: FeatureTables) -> None:
    found = materialised(tables)
    assert {name: each.rows for name, each in found.items()} == {
        "channel_daily": 1, "customer_daily": CUSTOMERS, "customer_exposures": 5, "customer_churn": 5
    }  # fmt: skip
    assert found["customer_daily"].first_event == found["customer_daily"].last_event == end_of(LAST)
    second, nobody, first = reader(tables).read("customer", ["C2", "nobody", "C1"])
    assert [second.entity_id, nobody.entity_id, first.entity_id] == ["C2", "nobody", "C1"]
    assert second.values == {
        "total_orders": 2 * (DAYS - 1), "revenue_last_90d": 2.5, "last_order_date": FIRST - timedelta(days=2),
        "has_active_subscription": True, "segment": "segment 2", "experiment_exposure_count": 2,
        "churn_probability": 0.2,
    }  # fmt: skip
    assert second.event_timestamps == {
        "customer_daily": end_of(LAST), "customer_churn": datetime(2024, 6, 10, tzinfo=UTC),
        "customer_exposures": datetime(2024, 6, 4, tzinfo=UTC),
    }  # fmt: skip
    assert first.values["last_order_date"] is None
    assert not nobody.is_known
    assert set(nobody.values.values()) == {None}
    [beyond] = reader(tables).read("customer", ["C9"])
    assert beyond.is_known
    assert beyond.event_timestamps.keys() == {"customer_daily"}, "no exposure, no score"
    [web] = reader(tables).read("channel", ["web"])
    assert web.values["conversion_rate_28d"] == 0.25


def test_materialising_again_changes_nothing_and_a_rebuilt_open_day_is_taken_over(tables: FeatureTables) -> None:
    materialised(tables)
    assert all((each.written, each.retracted) == (0, 0) for each in materialised(tables).values())
    tables.execute(
        f"update features.customer_daily set total_orders = 777 where snapshot_date = '{LAST}' and customer_id = 'C1'"
    )
    assert materialised(tables)["customer_daily"].written == 1
    assert reader(tables).read("customer", ["C1"])[0].values["total_orders"] == 777


def test_a_restated_snapshot_is_served_with_the_time_at_which_it_became_known(tables: FeatureTables) -> None:
    materialised(tables)
    at = end_of(LAST) + timedelta(hours=5)
    restate(tables.connection, "C1", LAST, at, total_orders=50)
    assert materialised(tables)["customer_daily"].written == 1
    columns = "total_orders, event_timestamp, created_timestamp"
    [kept] = tables.connection.execute(
        f"select {columns} from feature_online.customer_daily where customer_id = 'C1'".encode()
    ).fetchall()
    assert kept == (50, end_of(LAST), at)


def test_what_the_history_has_no_more_is_retracted_but_a_pushed_row_may_know_more(tables: FeatureTables) -> None:
    materialised(tables)
    tables.execute(f"delete from features.customer_daily where snapshot_date = '{LAST}' or customer_id = 'C3'")
    tables.execute("delete from core.fact_experiments where user_id = 'C3'")
    found = materialised(tables)
    assert found["customer_daily"].retracted == CUSTOMERS, "the newest day was taken back, and one customer is gone"
    assert found["customer_daily"].rows == CUSTOMERS - 1
    assert found["customer_daily"].last_event == end_of(LAST - timedelta(days=1))
    assert found["customer_exposures"].rows == 5


moments = st.integers(0, 3).map(lambda hours: datetime(2024, 1, 1, hours, tzinfo=UTC))
writes = st.lists(st.tuples(st.sampled_from(["a", "b"]), moments, moments, st.integers(0, 9) | st.none()), max_size=8)


@given(writes=writes, in_one_statement=st.booleans())
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_in_whatever_order_rows_come_the_newest_stays(
    tables: FeatureTables, writes: list[tuple[str, datetime, datetime, int | None]], in_one_statement: bool
) -> None:
    view = FeatureView("tried", "customer", "x.y", (Feature("f", "bigint"),), "daily", "team")
    table = online_table(view)
    with tables.connection.transaction(force_rollback=True):
        have_tables(tables.connection, [table])
        newest: dict[str, tuple[datetime, datetime, int | None]] = {}
        for key, event, created, value in writes:
            if key not in newest or (event, created) >= newest[key][:2]:
                newest[key] = (event, created, value)
            if in_one_statement:
                tables.connection.execute(table.upsert_arrays(), [[key], [event], [created], [value]])
            else:  # a bare update, by whoever has the right to write
                tables.connection.execute(
                    "insert into feature_online.tried values (%s, '-infinity', '-infinity') on conflict do nothing",
                    [key],
                )
                tables.connection.execute(
                    "update feature_online.tried set (event_timestamp, created_timestamp, f) = (%s, %s, %s)"
                    " where customer_id = %s",
                    [event, created, value, key],
                )
        kept = tables.connection.execute("select * from feature_online.tried").fetchall()
    assert {key: tuple(rest) for key, *rest in kept} == newest


def test_columns_follow_the_declarations(tables: FeatureTables) -> None:
    view = tables.view("customer_daily")
    materialise(tables.connection, view)
    other = replace(view, features=(*view.features[1:], Feature("snapshot_date", "date")))
    assert materialise(tables.connection, other).rows == CUSTOMERS
    names = tables.value(
        "select array_agg(column_name::text) from information_schema.columns where table_name = 'customer_daily'"
        " and table_schema = 'feature_online'"
    )
    assert set(names) == {"customer_id", "event_timestamp", "created_timestamp", *other.names}
    changed = replace(view, features=(replace(view.features[0], sql_type="numeric"), *view.features[1:]))
    materialise(tables.connection, changed)
    found = tables.value("select total_orders from feature_online.customer_daily where customer_id = 'C1'")
    assert isinstance(found, float)


def test_without_tables_a_reader_says_what_makes_them(tables: FeatureTables) -> None:
    with pytest.raises(
        FeaturesNotReady, match=r"the features of customer are not materialised as declared .*echoctl run"
    ):
        reader(tables).read("customer", ["C1"])


def test_an_unknown_entity_and_a_name_that_two_views_use_are_refused(tables: FeatureTables) -> None:
    with pytest.raises(FeatureError, match="no feature view is about 'planet'; there are channel, customer"):
        reader(tables).read("planet", ["x"])
    twice = [*tables.views, replace(tables.view("customer_churn"), name="customer_other")]
    with pytest.raises(FeatureError, match="both have a feature churn_probability"):
        OnlineFeatures(lambda: nullcontext(tables.connection), twice)


def test_a_name_that_needs_quotes_is_only_a_name(tables: FeatureTables) -> None:
    tables.execute(
        'create table features."odd;name"'
        ' (customer_id text, snapshot_date date, event_timestamp timestamptz, "a""b" int)'
    )
    tables.execute("insert into features.\"odd;name\" values ('C1''; drop table x', '2024-01-01', '2024-01-02Z', 3)")
    view = FeatureView("odd;name", "customer", "features.odd;name", (Feature('a"b', "integer"),), "daily", "team")
    materialise(tables.connection, view)
    [row] = OnlineFeatures(lambda: nullcontext(tables.connection), [view]).read("customer", ["C1'; drop table x"])
    assert row.values == {'a"b': 3}


def test_ages_are_told_by_view_and_only_what_is_too_old_is_stale(tables: FeatureTables) -> None:
    views = {view.name: view for view in tables.views}
    now = datetime(2024, 7, 1, tzinfo=UTC)
    row = OnlineRow(
        "C1", {}, {"customer_daily": now - timedelta(hours=49), "customer_exposures": datetime(2020, 1, 1, tzinfo=UTC)}
    )
    assert row.ages(now)["customer_daily"] == timedelta(hours=49)
    assert row.ages(now - timedelta(days=9))["customer_daily"] == timedelta(), "a day that is still open is not old"
    assert stale_views(row, views, now) == {"customer_daily": timedelta(hours=49)}
    assert stale_views(row, views, now - timedelta(hours=1)) == {}, "exactly as old as it may be"


def test_days_since_the_last_order_are_business_days_that_have_begun() -> None:
    asked = datetime(2024, 3, 2, 23, 30, tzinfo=UTC)
    assert days_since_last_order(date(2024, 3, 1), asked, "UTC") == 1
    assert days_since_last_order(date(2024, 3, 1), asked, "Europe/Berlin") == 2
    assert days_since_last_order(date(2024, 3, 3), asked, "Europe/Berlin") == 0
    assert days_since_last_order(date(2024, 3, 9), asked, "UTC") == 0, "an order of a day to come"
    assert days_since_last_order(None, asked, "UTC") is None


def test_reading_needs_neither_feast_nor_pandas() -> None:
    script = (
        "import sys, echo_ml.features.online as o; print([n for n in ('feast', 'pandas', 'numpy') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_connection_that_may_only_read_is_enough(of_module: FeatureTables) -> None:
    with of_module.connection.transaction():
        materialise(of_module.connection, of_module.view("channel_daily"))
    only_channels = [of_module.view("channel_daily")]
    with psycopg.connect(of_module.places.url, options="-c default_transaction_read_only=on") as connection:
        [row] = OnlineFeatures(lambda: nullcontext(connection), only_channels).read("channel", ["web"])
    assert row.values["leads_28d"] == 100

"""What later changes do to snapshots: they move those from their day on and nothing else; none sees the future."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from feature_snapshots import MODELS, differing, snapshots
from plain_features import PlainBusiness
from random_business import LAST, fill, publish, sell

pytestmark = [pytest.mark.database, pytest.mark.slow]

Change = Callable[[Warehouse, random.Random, date, int], None]


@pytest.fixture
def built(dbt: Dbt, warehouse: Warehouse) -> Warehouse:
    """A random business as load 1 left it, built."""
    fill(warehouse, 4)
    publish(warehouse, 1)
    dbt("run", "--select", *MODELS)
    return warehouse


def _build(dbt: Dbt, first: date) -> None:
    dbt.build_models(*MODELS, window=(first.isoformat(), "infinity"))


def _features(warehouse: Warehouse) -> dict[str, list[str]]:
    return {table: rows for table, rows in warehouse.content().items() if table.startswith("features.")}


def _places(warehouse: Warehouse, entity: str) -> dict[tuple[str, str], str]:
    """Where each row is: one that was not written again stays there."""
    query = f"select snapshot_date::text, {entity}_id, xmin::text || ctid::text from features.{entity}_daily"
    return {(day, name): place for day, name, place in warehouse.rows(query)}


def test_a_late_row_moves_its_customer_and_its_product_from_its_day_on_and_nobody_else(
    dbt: Dbt, built: Warehouse
) -> None:
    day = LAST - timedelta(50)
    before = {entity: _places(built, entity) for entity in ("customer", "product")}
    built.sell("late", day.isoformat(), "12.00", customer_id="c3", product_id="p2")
    built.touch("revenue", 2, day.isoformat())
    _build(dbt, day)
    for entity, name in (("customer", "c3"), ("product", "p2")):
        after = _places(built, entity)
        moved = {key for key in after if before[entity].get(key) != after[key]}
        assert moved == {key for key in after if key[1] == name and key[0] >= day.isoformat()}
        assert before[entity].keys() <= after.keys()
    assert differing(built, PlainBusiness.read(built)) == []


def test_somebody_whose_rows_are_gone_leaves_the_snapshots_and_is_named_nowhere(dbt: Dbt, built: Warehouse) -> None:
    for source in ("revenue", "customers", "subscriptions"):
        built.connection.execute(f"update staging.{source} set customer_id = 'token' where customer_id = 'c3'".encode())
    publish(built, 2)
    _build(dbt, date(2024, 1, 1))
    assert differing(built, PlainBusiness.read(built)) == []
    for table in ("features.customer_daily", "ops.changed_rows", "ops.superseded_features"):
        assert built.rows(f"select count(*) from {table} as t where t::text ~ '[(,]c3[,)]'") == [(0,)], table


def _late_row(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    sell(warehouse, rng, f"late {mark}", day)
    warehouse.touch("revenue", mark, day.isoformat())


def _taken_back(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    gone = warehouse.rows(
        "delete from staging.revenue where transaction_date >= %s and transaction_id in"
        " (select transaction_id from staging.revenue order by hashtext(transaction_id || %s) limit 20)"
        " returning transaction_date::text", day, str(rng.random()),
    )  # fmt: skip
    warehouse.touch("revenue", mark, *{each for (each,) in gone})


def _corrected(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    changed = warehouse.rows(
        "update staging.revenue set status = %s, customer_id = %s, product_id = 'p1'"
        " where transaction_date between %s and %s returning transaction_date::text",
        rng.choice(("paid", "refunded")), "newcomer", day, day + timedelta(4),
    )  # fmt: skip
    warehouse.touch("revenue", mark, *{each for (each,) in changed})


def _renamed(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    warehouse.add(
        "customers", customer_id=f"c{rng.randrange(9)}", segment=f"segment {mark}", updated_at=f"{day}T12:00Z",
        created_at="2024-01-01T00:00Z", _row_id=mark,
    )  # fmt: skip
    warehouse.touch("customers", mark, day.isoformat())


def _subscribed(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    warehouse.add(
        "subscriptions", subscription_id=f"new {mark}", customer_id=f"c{rng.randrange(9)}", amount="5.00", _row_id=mark,
        effective_at=f"{day}T23:59:59Z",
    )  # fmt: skip
    warehouse.touch("subscriptions", mark, day.isoformat())


def _priced(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    warehouse.add("products", product_id="p0", price="1.23", updated_at=f"{day}T00:00Z", _row_id=mark)
    warehouse.touch("products", mark, day.isoformat())


def _advertised(warehouse: Warehouse, rng: random.Random, day: date, mark: int) -> None:
    warehouse.add("marketing", event_id=f"late {mark}", event_date=day, channel="Fair", leads=rng.randrange(9))
    warehouse.touch("marketing", mark, day.isoformat())


def test_whatever_changes_and_in_whatever_order_snapshots_are_as_if_they_were_built_once(
    dbt: Dbt, built: Warehouse
) -> None:
    rng = random.Random(5)
    changes: list[Change] = [_late_row, _taken_back, _corrected, _renamed, _subscribed, _priced, _advertised, _late_row]
    rng.shuffle(changes)
    for mark, change in enumerate(changes, 2):
        day = LAST - timedelta(rng.randrange(100)) if mark < 9 else LAST + timedelta(3)
        change(built, rng, day, mark)
        _build(dbt, min(day, LAST + timedelta(1)))
        assert differing(built, PlainBusiness.read(built)) == [], f"after {change.__name__} on {day}"
    assert max(snapshots(built, "customer")) == LAST + timedelta(3)
    assert built.rows("select count(*) from ops.changed_rows where day < '2024-01-01'") == [(0,)]
    expected = _features(built)
    dbt.build_models(*MODELS, full_refresh=True)
    assert _features(built) == expected


def test_nothing_that_happens_after_a_day_shows_in_its_snapshot(dbt: Dbt, built: Warehouse) -> None:
    day = date(2024, 6, 30)
    past = "select t::text from features.{}_daily as t where snapshot_date <= '2024-06-30' order by 1"
    before = [built.rows(past.format(entity)) for entity in ("customer", "channel", "product")]
    assert all(before)
    for statement in (
        "update staging.revenue set amount = amount + 1, status = 'paid', customer_id = 'c1', product_id = 'p1',"
        " channel = 'Fair', discount = 1, quantity = 7 where transaction_date > %s",
        "delete from staging.revenue where transaction_date > %s and hashtext(transaction_id) %% 3 = 0",
        "update staging.customers set segment = 'x', created_at = '2023-01-01', is_deleted = false, plan_type = null,"
        " acquisition_channel = 'Fair', updated_at = updated_at + interval '1 second' where updated_at >= %s::date + 1",
        "update staging.subscriptions set status = 'cancelled', amount = 1, customer_id = 'c2'"
        " where effective_at >= %s::date + 1",
        "update staging.products set price = 9, is_deleted = false where updated_at >= %s::date + 1",
        "update staging.marketing set leads = 99, spend = 99, channel = 'Fair' where event_date > %s",
    ):
        built.connection.execute(statement.encode(), [day])
    publish(built, 2)
    dbt.build_models(*MODELS, full_refresh=True)
    assert [built.rows(past.format(entity)) for entity in ("customer", "channel", "product")] == before
    assert differing(built, PlainBusiness.read(built)) == []


def test_a_day_that_is_no_longer_recent_goes_unless_a_month_ends_with_it(dbt: Dbt, built: Warehouse) -> None:
    later = LAST + timedelta(15)
    assert date(2024, 7, 20) in snapshots(built, "customer")
    sell(built, random.Random(1), "later", later)
    built.touch("revenue", 2, later.isoformat())
    _build(dbt, LAST)
    month_ends = [date(2024, month, 1) - timedelta(1) for month in range(2, 9)]
    for entity in ("customer", "channel", "product"):
        found = snapshots(built, entity)
        assert sorted(found) == [*month_ends, *(later - timedelta(days) for days in reversed(range(35)))]
    kept = built.rows("select distinct snapshot_date from ops.feature_snapshots order by 1")
    assert kept == built.rows("select distinct snapshot_date from features.customer_daily order by 1")
    assert kept == built.rows("select distinct day from ops.built_days where asset like 'features/%%' order by 1")
    assert differing(built, PlainBusiness.read(built)) == []


def test_rows_of_days_to_come_make_no_snapshot(dbt: Dbt, built: Warehouse) -> None:
    built.sell("planned", "2031-01-01", "1.00")
    built.touch("revenue", 2, "2031-01-01")
    dbt("run", "--select", *MODELS, variables="{today: '2024-08-21'}")
    assert max(snapshots(built, "customer")) == LAST


def test_a_database_without_a_ledger_is_refused_with_the_command_that_makes_it(dbt: Dbt, warehouse: Warehouse) -> None:
    warehouse.connection.execute("alter schema ops rename to elsewhere")
    try:
        outcome = dbt("run", "--select", *MODELS, fails=True)
    finally:
        warehouse.connection.execute("alter schema elsewhere rename to ops")
    assert {name for name, status in outcome.status.items() if status == "error"} == {
        "customer_daily", "channel_daily", "product_daily",
    }  # fmt: skip
    assert any("run `echoctl up`" in message for message in outcome.messages)

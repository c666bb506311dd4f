"""History in the warehouse: keys that stay, versions that follow the business day, and checks that notice a break."""

from __future__ import annotations

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = pytest.mark.database

HISTORY = ("int_customer_scd2", "int_product_scd2", "int_transaction_members", "dim_customer", "dim_product")
FACT = ("dim_channel", "fact_transactions")
CUSTOMERS = """select customer_key, segment, valid_from::text, is_inferred from core.dim_customer
    where customer_id = 'c1' order by valid_from"""
PRICES = "select product_key, price::text from core.dim_product where product_id = 'p1' order by valid_from"
FOUND = """select transaction_id, segment from core.fact_transactions join core.dim_customer using (customer_key)
    order by transaction_id"""
BREAKS = {
    "a gap": "set valid_to = valid_to - interval '1 second' where not is_current",
    "an overlap": "set valid_to = valid_to + interval '1 second' where not is_current",
    "an empty version": "set valid_to = valid_from, valid_from = valid_to where is_current",
    "a first version that begins": "set valid_from = '2000-01-01' where valid_from = '-infinity'",
    "a last version that ends": "set valid_to = '2100-01-01' where is_current",
    "two current versions": "set is_current = true",
    "no current version": "set is_current = false",
}


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    """A customer and a product that are known from one sale alone."""
    prepared.reset()
    prepared.sell("t1", "2024-02-01", "10.00", customer_id="c1", product_id="p1")
    prepared.touch("revenue", 1, "2024-02-01")
    dbt.build_models(*HISTORY, *FACT)
    return kept.keep()


@pytest.fixture
def bought(state: Kept) -> Warehouse:
    return state.again()


def _states(warehouse: Warehouse, **segments: str | None) -> None:
    """States of the customer: mYYMM=segment, each from the first of the month at noon."""
    for month, segment in segments.items():
        warehouse.add(
            "customers", customer_id="c1", segment=segment, updated_at=f"20{month[1:3]}-{month[3:]}-01T12:00Z"
        )


def _add_prices(warehouse: Warehouse) -> None:
    for month, price in enumerate(("10.00", "12.00", "10.00"), start=1):
        warehouse.add("products", product_id="p1", price=price, updated_at=f"2024-{month:02}-01T00:00Z")


def test_an_inferred_member_keeps_its_key_when_its_record_arrives(dbt: Dbt, bought: Warehouse) -> None:
    [(customer_key, *_, is_inferred)] = bought.rows(CUSTOMERS)
    [(product_key, _)] = bought.rows(PRICES)
    assert is_inferred
    _states(bought, m2403="smb")
    bought.add("products", product_id="p1", price="10.00")
    dbt.build_models(*HISTORY)
    assert bought.rows(CUSTOMERS) == [(customer_key, "smb", "-infinity", False)]
    assert bought.rows(PRICES) == [(product_key, "10.00")]
    assert bought.rows("select * from ops.dirty_days where source like 'core/%'") == []


@pytest.mark.law(11)
def test_an_earlier_state_that_arrives_late_becomes_the_first_and_leaves_later_keys_alone(
    dbt: Dbt, bought: Warehouse
) -> None:
    _states(bought, m2402="mid", m2403="big")
    dbt.build_models(*HISTORY)
    [first, (last_key, *_)] = bought.rows(CUSTOMERS)
    _states(bought, m2401="smb")
    dbt.build_models(*HISTORY, *FACT)
    early, middle, last = bought.rows(CUSTOMERS)
    assert early == (first[0], "smb", "-infinity", False)
    assert middle[1:] == ("mid", "2024-02-01 12:00:00+00", False)
    assert last == (last_key, "big", "2024-03-01 12:00:00+00", False)
    assert bought.rows(FOUND) == [("t1", "mid")]


def test_a_price_that_returns_is_three_versions_with_keys_of_their_own_on_every_build(
    dbt: Dbt, bought: Warehouse
) -> None:
    _add_prices(bought)
    dbt.build_models(*HISTORY)
    versions = bought.rows(PRICES)
    assert [price for _, price in versions] == ["10.00", "12.00", "10.00"]
    assert len({key for key, _ in versions}) == 3
    dbt.build_models(*HISTORY, full_refresh=True)
    assert bought.rows(PRICES) == versions


def test_a_price_that_changed_before_a_sale_moves_the_day_of_the_sale_and_no_other(dbt: Dbt, bought: Warehouse) -> None:
    for day in ("2024-01-31", "2024-03-01"):
        bought.sell(day, day, "10.00", customer_id="c1", product_id="p1")
    _add_prices(bought)
    dbt.build_models(*HISTORY)
    assert bought.rows("select source, day::text from ops.dirty_days where source like 'core/%' order by 2") == [
        ("core/dim_product", "2024-02-01"),
        ("core/dim_product", "2024-03-01"),
    ]


@pytest.mark.law(5)
def test_the_day_of_a_sale_ends_where_the_business_is(dbt: Dbt, bought: Warehouse) -> None:
    """Noon of 1 March in UTC is already 2 March in Kiritimati."""
    _states(bought, m2401="smb", m2403="big")
    for day in ("2024-02-29", "2024-03-01", "2024-03-02"):
        bought.sell(day, day, "10.00", customer_id="c1")
    dbt.build_models(*HISTORY, *FACT)
    assert bought.rows(FOUND)[:3] == [("2024-02-29", "smb"), ("2024-03-01", "big"), ("2024-03-02", "big")]
    dbt("run", "--select", "fact_transactions", variables="{timezone: Pacific/Kiritimati}")
    assert bought.rows(FOUND)[:3] == [("2024-02-29", "smb"), ("2024-03-01", "smb"), ("2024-03-02", "big")]


def test_every_sale_is_in_the_fact_once_however_many_versions_its_customer_has(dbt: Dbt, bought: Warehouse) -> None:
    _states(bought, m2312="a", m2401="b", m2402=None, m2403="a")
    dbt.build_models(*HISTORY, *FACT)
    assert bought.rows(FOUND) == [("t1", None)]
    assert bought.rows(f"select count(*) from ({CUSTOMERS}) as versions") == [(4,)]


@pytest.fixture(scope="module")
def chained(dbt: Dbt, prepared: Warehouse) -> Warehouse:
    """A customer and a product with three versions each, built once."""
    prepared.reset()
    _states(prepared, m2401="smb", m2402="mid", m2403="smb")
    _add_prices(prepared)
    dbt.build_models(*HISTORY)
    return prepared


@pytest.fixture(scope="module")
def offenders(dbt: Dbt, chained: Warehouse) -> dict[str, str]:
    """The check's query for each of the two dimensions."""
    check = "select count(*) from ({{{{ test_contiguous_versions(ref('dim_{0}'), ['{0}_id']) }}}}) as offenders"
    return {name: dbt.sql(check.format(name)) for name in ("customer", "product")}


@pytest.mark.parametrize("broken", BREAKS)
def test_a_chain_that_is_broken_by_hand_is_noticed(chained: Warehouse, offenders: dict[str, str], broken: str) -> None:
    for name, query in offenders.items():
        assert chained.rows(query) == [(0,)]
        with chained.connection.transaction(force_rollback=True):
            chained.connection.execute(f"update core.dim_{name} {BREAKS[broken]}".encode())
            assert chained.rows(query) != [(0,)]

"""Versions of random logs are what a look at every single hour says they are, and so is what a sale finds."""

from __future__ import annotations

import random

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_histories import BASE, CUSTOMERS, HOURS, PRODUCTS, History, Version, draw, write

pytestmark = pytest.mark.database

MEMBERS = 200
MODELS = (
    *("int_customer_scd2", "int_product_scd2", "int_transaction_members"),
    *("dim_customer", "dim_product", "dim_channel", "fact_transactions"),
)
_VERSIONS = f"""
select {{member}}, array[{{tracked}}], {{last}}::text, extract(epoch from created_at) - {BASE},
    extract(epoch from valid_from) - {BASE}, extract(epoch from valid_to) - {BASE}
from core.{{dimension}} where not is_inferred and {{member}} is not null order by 1, valid_from
"""
_CUSTOMERS = _VERSIONS.format(
    member="customer_id",
    tracked="segment, plan_type, acquisition_channel, is_deleted::text",
    last="email",
    dimension="dim_customer",
)
_PRODUCTS = _VERSIONS.format(
    member="product_id",
    tracked="product_name, category, price::text, is_deleted::text",
    last="is_active",
    dimension="dim_product",
)
_SALES = """
select transaction_id, array[segment, plan_type, acquisition_channel,
    dim_customer.is_deleted::text, product_name, category, price::text, dim_product.is_deleted::text]
from core.fact_transactions
join core.dim_customer using (customer_key) join core.dim_product using (product_key) order by 1
"""


@settings(
    max_examples=3,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32))
def test_versions_and_lookups_of_random_logs_are_those_of_brute_force(dbt: Dbt, prepared: Warehouse, seed: int) -> None:
    rng = random.Random(seed)
    customers, products = draw(CUSTOMERS, rng, MEMBERS), draw(PRODUCTS, rng, MEMBERS)
    prepared.reset()
    write(prepared, [*customers, *products], rng)
    sales = [(customer, product, rng.randrange(-1, 6)) for customer, product in zip(customers, products, strict=True)]
    _sell(prepared, sales)
    dbt.build_models(*MODELS)
    assert prepared.rows(_CUSTOMERS) == [_row(history, found) for history in customers for found in history.versions()]
    assert prepared.rows(_PRODUCTS) == [_row(history, found) for history in products for found in history.versions()]
    assert prepared.rows(_SALES) == [
        (customer.member, [*_found(customer, day), *_found(product, day)]) for customer, product, day in sales
    ]


def test_the_drawn_histories_have_what_is_hard() -> None:
    """Ties, values and members that return, one version, many: or the property would say little."""
    histories = draw(CUSTOMERS, random.Random(1), MEMBERS)
    chains = [[version[0] for version in history.versions()] for history in histories]
    assert any(len({state.hour for state in history.states}) < len(history.states) for history in histories)
    assert any(len(chain) < len({state.hour for state in history.states}) > 1
               for chain, history in zip(chains, histories, strict=True))  # fmt: skip
    assert any(len(set(chain)) < len(chain) for chain in chains)
    assert {1, 5} <= {len(chain) for chain in chains}
    assert any([values[-1] for values in chain] == ["false", "true", "false"] for chain in chains)
    assert any(chain[0][-1] == "true" for chain in chains)


def _sell(warehouse: Warehouse, sales: list[tuple[History, History, int]]) -> None:
    with warehouse.connection.transaction():
        for customer, product, day in sales:
            columns = {"customer_id": customer.member, "product_id": product.member}
            warehouse.sell(customer.member, f"2024-01-{day + 1:02}" if day >= 0 else "2023-12-31", "1", **columns)


def _row(history: History, version: Version) -> tuple[object, ...]:
    values, last, created, valid_from, valid_to = version
    seconds = [None if hour is None else hour * 3600 for hour in (created, valid_from, valid_to)]
    return history.member, [None if value is None else str(value) for value in values], last, *seconds


def _found(history: History, day: int) -> list[str | None]:
    """What holds when a day ends."""
    assert HOURS[-1] < 24 * 6
    return [None if value is None else str(value) for value in history.before((day + 1) * 24).tracked(history.kind)]

"""Neither the order of rows nor the session's time zone shows in what is built."""

from __future__ import annotations

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from kept_state import Kept

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def state(dbt: Dbt, prepared: Warehouse, kept: Kept) -> Kept:
    prepared.reset()
    prepared.add_every_kind_of_reference()
    dbt.build_models()
    return kept.keep()


@pytest.fixture
def built(state: Kept) -> Warehouse:
    return state.again()


@pytest.mark.law(6)
def test_rows_in_another_order_give_the_same_content(dbt: Dbt, built: Warehouse) -> None:
    expected = built.content()
    built.reset()
    built.add_every_kind_of_reference(shuffled_by=7)
    dbt.build_models()
    assert built.content() == expected


@pytest.mark.slow
def test_building_twice_and_from_scratch_gives_the_same_content(dbt: Dbt, built: Warehouse) -> None:
    expected = built.content()
    dbt.build_models()
    assert built.content() == expected
    dbt.build_models(full_refresh=True)
    assert built.content() == expected


@pytest.mark.slow
def test_a_database_in_another_time_zone_gives_the_same_content(dbt: Dbt, built: Warehouse) -> None:
    expected = built.content()
    [(name,)] = built.rows("select current_database()")
    built.connection.execute(f"alter database \"{name}\" set timezone to 'Pacific/Kiritimati'")
    try:
        dbt.build_models()
        assert built.content() == expected
    finally:
        built.connection.execute(f'alter database "{name}" reset timezone')

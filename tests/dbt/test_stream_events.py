"""What the stream has of sales, customers and assignments joins what files have, once by business key; files win."""

from __future__ import annotations

import json

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database

SALES = """select transaction_id, transaction_date::text, amount::text, status, is_counted
from stg.stg_transactions order by 1"""
CUSTOMERS = "select customer_id, segment, created_at::date::text from stg.stg_customers order by 1, updated_at"
UNITS = "select user_id, assigned_date::text from stg.stg_experiment_assignments order by 1"


def tell(warehouse: Warehouse, event_id: str, kind: str, at: str, user: str, **data: object) -> None:
    """An event as the consumer writes it."""
    warehouse.connection.execute(
        """insert into streaming.user_events (
            event_id, event_type, event_at, user_id, payload, topic, partition, "offset", ingested_at, is_late
        ) values (%s, %s, %s, %s, %s, 'user_events', 0, 0, now(), false)""",
        [event_id, kind, at, user, json.dumps(data)],
    )


def sell(warehouse: Warehouse, sale: str, first_at: str, amount: str, status: str = "paid", **data: object) -> None:
    """A sale of the stream, whose latest event has the sale's id."""
    tell(warehouse, sale, "transaction", first_at, "c9", transaction_id=sale, customer_id="c9", status=status, **data)
    warehouse.connection.execute(
        """insert into streaming.transactions (
            transaction_id, first_at, event_at, event_id, amount, currency, is_counted
        ) values (%(id)s, %(at)s, %(at)s, %(id)s, %(amount)s, 'USD', %(counted)s)""",
        {"id": sale, "at": first_at, "amount": amount, "counted": status == "paid"},
    )


def expose(warehouse: Warehouse, user: str, at: str) -> None:
    """A unit that saw an arm."""
    warehouse.connection.execute(
        """insert into streaming.experiment_exposures (user_id, experiment_id, variant, exposures, first_at, last_at)
           values (%(user)s, 'E1', 'a', 1, %(at)s, %(at)s)""",
        {"user": user, "at": at},
    )


def test_an_event_has_the_business_day_of_its_moment(dbt: Dbt, warehouse: Warehouse) -> None:
    tell(warehouse, "e1", "signup", "2024-02-01T00:30+01:00", "c1")
    found = warehouse.rows("select event_id, event_type, event_date::text, user_id from stg.stg_stream_events")
    assert found == [("e1", "signup", "2024-01-31", "c1")]


def test_a_sale_of_the_stream_is_a_line_until_a_file_has_it(dbt: Dbt, warehouse: Warehouse) -> None:
    sell(warehouse, "s1", "2024-02-01T10:00Z", "7.50", channel=" web ", quantity=2)
    sell(warehouse, "s2", "2024-02-02T10:00Z", "1.00", status="refunded", product="")
    warehouse.sell("f1", "2024-02-01", "5.00")
    of_stream = [("s1", "2024-02-01", "7.50", "paid", True), ("s2", "2024-02-02", "1.00", "refunded", False)]
    assert warehouse.rows(SALES) == [("f1", "2024-02-01", "5.00", "paid", True), *of_stream]
    read = """select customer_id, channel, quantity::text, product, _row_id from stg.stg_transactions
        where _row_id is null order by transaction_id"""
    assert warehouse.rows(read) == [
        ("c9", "web", "2.000", None, None),
        ("c9", None, None, None, None),
    ]
    warehouse.sell("s1", "2024-02-03", "8.00")
    assert ("s1", "2024-02-03", "8.00", "paid", True) in warehouse.rows(SALES)
    assert len(warehouse.rows(SALES)) == 3


def test_a_signup_is_the_first_state_of_a_customer_whom_no_file_knows(dbt: Dbt, warehouse: Warehouse) -> None:
    tell(warehouse, "e2", "signup", "2024-02-02T10:00Z", "c1", segment="later")
    tell(warehouse, "e1", "signup", "2024-02-01T10:00Z", "c1", segment="smb")
    tell(warehouse, "e3", "transaction", "2024-01-01T10:00Z", "c2")
    assert warehouse.rows(CUSTOMERS) == [("c1", "smb", "2024-02-01")]
    warehouse.add("customers", customer_id="c1", segment="of the file")
    assert warehouse.rows(CUSTOMERS) == [("c1", "of the file", "2024-01-01")]


def test_a_unit_in_an_arm_is_an_assignment_until_a_file_has_it(dbt: Dbt, warehouse: Warehouse) -> None:
    expose(warehouse, "u1", "2024-02-01T10:00Z")
    expose(warehouse, "u2", "2024-02-02T10:00Z")
    warehouse.add("experiment_assignments", experiment_id="E1", user_id="u2", assigned_at="2024-02-05T10:00Z")
    assert warehouse.rows(UNITS) == [("u1", "2024-02-01"), ("u2", "2024-02-05")]


@pytest.mark.slow
def test_facts_are_made_of_both_and_every_check_of_the_models_holds(dbt: Dbt, warehouse: Warehouse) -> None:
    warehouse.add("experiments", experiment_id="E1", unit="customer")
    sell(warehouse, "s1", "2024-02-01T10:00Z", "7.50", product="Basic")
    tell(warehouse, "e1", "signup", "2024-01-05T10:00Z", "c9", segment="smb")
    expose(warehouse, "c9", "2024-02-01T09:00Z")
    warehouse.sell("f1", "2024-02-01", "5.00")
    warehouse.touch("revenue", 1, "2024-02-01")
    dbt("build", "--select", "+headline_metrics", "+fact_experiments", "--indirect-selection", "cautious")
    assert warehouse.rows("select total_revenue::text from finance.headline_metrics") == [("12.50",)]
    buyer = """select segment from core.fact_transactions inner join core.dim_customer using (customer_key)
        where transaction_id = 's1'"""
    assert warehouse.rows(buyer) == [("smb",)]
    assert warehouse.rows("select user_id, revenue::text from core.fact_experiments") == [("c9", "0.00")]

"""Who is asked about and what came of them, against what was laid into the warehouse for each customer."""

from __future__ import annotations

import pytest
from churn_warehouse import CUSTOMERS, HORIZON, MONTH_ENDS, ChurnWarehouse

from echo_ml.models.churn.labels import Question

pytestmark = pytest.mark.database


def test_the_label_is_what_came_of_every_active_customer(churn_warehouse: ChurnWarehouse) -> None:
    """Orders on the snapshot's own day, one day past the window or that do not count are no signs of life."""
    entities = Question(HORIZON).entities(MONTH_ENDS)
    found = {(customer, day): churned for customer, _, day, churned in churn_warehouse.rows(entities)}
    assert found == churn_warehouse.churned
    assert len(found) < len(MONTH_ENDS) * CUSTOMERS, "who was not active is not asked about"


def test_who_is_active_is_taken_as_it_was_known_then(churn_warehouse: ChurnWarehouse) -> None:
    """A customer whose order was refunded later was active, and one whose order came to light later was not."""
    day, (was_active, was_not) = MONTH_ENDS[1], ("C0001", "C0002")
    churn_warehouse.execute(
        """insert into ops.superseded_features
           select 'features/customer_daily', customer_id, snapshot_date, event_timestamp, event_timestamp + '9 days',
               to_jsonb(rows) || case when customer_id = %s then '{"recency_days": 3}'
                   else '{"recency_days": 300, "has_active_subscription": false}' end::jsonb
           from features.customer_daily as rows where snapshot_date = %s and customer_id in (%s, %s)""",
        was_active, day, was_active, was_not,
    )  # fmt: skip
    asked = {customer for customer, *_ in churn_warehouse.rows(Question(HORIZON).entities([day]))}
    assert was_active in asked
    assert was_not not in asked
    churn_warehouse.execute("truncate ops.superseded_features")

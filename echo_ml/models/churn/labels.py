"""Who is asked about at a snapshot, and what came of them: SQL over the warehouse, for Feast and for scoring.

A customer is active at a snapshot who has ordered within the horizon before it or has a subscription that runs. They
churn if neither is so at the end of the horizon after it: no counted order in (t, t + horizon], and no subscription
that still runs then. So who only subscribes churns by cancelling, and who only buys by not buying.

Who is active is taken as it was known at the snapshot, by the first version of its row: an order that was refunded
later would take away those of whom one knows today that they left. What came of them is taken as it is known now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

READS = ("core/fact_transactions", "features/customer_daily", "stg/stg_subscriptions")
"""The models that this SQL reads."""

_ACTIVE = """
    select rows.customer_id, rows.snapshot_date, rows.event_timestamp
    from features.customer_daily as rows
    left join ops.superseded_features as before
        on before.asset = 'features/customer_daily' and before.entity_id = rows.customer_id
        and before.snapshot_date = rows.snapshot_date and before.known_at = rows.event_timestamp
    where rows.snapshot_date = any ({days})
        and (
            case when before.entity_id is null then rows.recency_days
                else (before.features ->> 'recency_days')::bigint end < {horizon}
            or case when before.entity_id is null then rows.has_active_subscription
                else (before.features ->> 'has_active_subscription')::boolean end
        )"""
_ENTITIES = """
with active as ({active}
), days as (
    select distinct snapshot_date from active
), bought as (
    select distinct orders.customer_id, days.snapshot_date
    from days join core.fact_transactions as orders
        on orders.transaction_date > days.snapshot_date and orders.transaction_date <= days.snapshot_date + {horizon}
    where orders.is_counted
), states as (
    select
        customer_id, status, effective_date,
        lead(effective_date, 1, 'infinity') over log as next_date
    from stg.stg_subscriptions
    window log as (partition by subscription_id order by effective_at, _row_id)
), stays as (
    select distinct states.customer_id, days.snapshot_date
    from days join states
        on states.effective_date <= days.snapshot_date + {horizon}
        and states.next_date > days.snapshot_date + {horizon}
    where states.status in ({running})
)
select
    active.customer_id, active.event_timestamp, active.snapshot_date,
    bought.customer_id is null and stays.customer_id is null as churned
from active
left join bought on bought.customer_id = active.customer_id and bought.snapshot_date = active.snapshot_date
left join stays on stays.customer_id = active.customer_id and stays.snapshot_date = active.snapshot_date
"""
_NEWEST = """
    select rows.customer_id, rows.event_timestamp, rows.snapshot_date{features}
    from features.customer_daily as rows
    where rows.snapshot_date = any ({days}) and (rows.recency_days < {horizon} or rows.has_active_subscription)
    order by rows.customer_id
"""
_ORDERS = """
select
    days.day,
    count(*) filter (where orders.transaction_date <= days.day),
    count(*) filter (where orders.transaction_date > days.day)
from unnest({days}) as days (day)
left join core.fact_transactions as orders
    on orders.transaction_date > days.day - {horizon} and orders.transaction_date <= days.day + {horizon}
    and orders.is_counted
group by days.day
"""
MONTH_ENDS = """
select snapshot_date from ops.feature_snapshots
where asset = 'features/customer_daily' and extract(day from snapshot_date + 1) = 1 order by snapshot_date
"""
"""The snapshots that training may use."""


@dataclass(frozen=True)
class Question:
    """What is predicted: no sign of life within so many days. `running` are the states of a subscription that runs."""

    horizon_days: int
    running: tuple[str, ...] = ("active",)

    def entities(self, snapshots: Iterable[date]) -> str:
        """One row is one customer active at one of these snapshots, with `churned`; for `get_historical_features`.

        The label is only final if the data reach to `horizon_days` after the snapshot, which the split sees to.
        """
        active = _ACTIVE.format(days=_days(snapshots), horizon=self.horizon_days)
        running = ", ".join("'{}'".format(state.replace("'", "''")) for state in self.running)
        return _ENTITIES.format(active=active, horizon=self.horizon_days, running=running)

    def orders_around(self, snapshots: Iterable[date]) -> str:
        """One row is one snapshot: the counted orders of the horizon before it, and of the one after it."""
        return _ORDERS.format(days=_days(snapshots), horizon=self.horizon_days)

    def active_now(self, snapshot: date, features: Iterable[str]) -> str:
        """One row is one customer active at a snapshot as it is known now, with these features; for scoring."""
        named = "".join(f', rows."{name}"' for name in features)
        return _NEWEST.format(days=_days([snapshot]), horizon=self.horizon_days, features=named)

    def is_active(self, recency_days: float | None, has_active_subscription: bool | None) -> bool:
        """Whether the model is about a customer: what the SQL asks, of features given one by one."""
        recent = recency_days is not None and recency_days == recency_days and recency_days < self.horizon_days
        return recent or bool(has_active_subscription)


def _days(days: Iterable[date]) -> str:
    """Days as an array that PostgreSQL reads; dates cannot hold anything else."""
    listed = ", ".join(f"'{day.isoformat()}'" for day in sorted(set(days)))
    return f"array[{listed}]::date[]"

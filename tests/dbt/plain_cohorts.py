"""Acquisition cohorts counted row by row over the staging tables, with none of the warehouse's SQL."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate

from dbt_warehouse import Warehouse

Key = tuple[date, str]
Log = list[tuple[datetime, str | None]]


@dataclass(frozen=True)
class Cohorts:
    """Spend by month and channel, and what each customer of a month and channel brought in each month."""

    spend: dict[Key, Decimal]
    members: dict[Key, list[dict[date, Decimal]]]

    @classmethod
    def counted(cls, warehouse: Warehouse) -> Cohorts:
        """From the accepted rows; customers' channels are written as conformed, those of marketing are not."""
        spend: dict[Key, Decimal] = defaultdict(Decimal)
        for day, channel, amount in warehouse.rows(
            """select event_date, m.channel, spend from staging.marketing as e
            join seeds.channel_map as m on m.label = lower(e.channel)"""
        ):
            spend[day.replace(day=1), channel] += amount
        members: dict[Key, list[dict[date, Decimal]]] = defaultdict(list)
        logs, orders = _logs(warehouse), _orders(warehouse)
        for customer, months in orders.items():
            first = min(day for day, _ in months)
            brought: dict[date, Decimal] = defaultdict(Decimal)
            for day, amount in months:
                brought[day.replace(day=1)] += amount
            members[first.replace(day=1), _channel_on(first, logs.get(customer, []))].append(brought)
        return cls(dict(spend), dict(members))

    def known(self) -> set[Key]:
        """Every month and channel that has spend or customers."""
        return self.spend.keys() | self.members.keys()

    def customers_and_revenue(self, key: Key) -> tuple[int, Decimal]:
        """How many customers, and what they brought."""
        of = self.members.get(key, [])
        return len(of), sum((amount for brought in of for amount in brought.values()), Decimal(0))

    def payback(self, key: Key) -> int | None:
        """Months until what the customers brought covered the spend."""
        of = self.members.get(key, [])
        months = sorted({month for brought in of for month in brought})
        totals = accumulate(sum((brought.get(month, Decimal(0)) for brought in of), Decimal(0)) for month in months)
        covered = [month for month, total in zip(months, totals, strict=True) if total >= self.spend.get(key, 10**12)]
        if not covered:
            return None
        return (covered[0].year - key[0].year) * 12 + covered[0].month - key[0].month


def _orders(warehouse: Warehouse) -> dict[str, list[tuple[date, Decimal]]]:
    orders: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    for customer, day, amount, status in warehouse.rows(
        "select customer_id, transaction_date, amount, status from staging.revenue"
    ):
        if status in ("paid", "completed"):
            orders[customer].append((day, amount))
    return orders


def _logs(warehouse: Warehouse) -> dict[str, Log]:
    logs: dict[str, Log] = defaultdict(list)
    for customer, *state in warehouse.rows(
        "select customer_id, updated_at, acquisition_channel from staging.customers order by updated_at"
    ):
        logs[customer].append((state[0], state[1]))
    return logs


def _channel_on(day: date, log: Log) -> str:
    """What the last state before the end of the day says, or the first one there is."""
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
    states = [channel for at, channel in log if at < end] or [channel for _, channel in log[:1]]
    return (states[-1] if states else None) or "(unknown)"

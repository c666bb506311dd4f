"""Features counted row by row over the staging tables, by day and entity, with none of the warehouse's SQL.

What happened after the day is thrown away before anything is counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from dbt_warehouse import Warehouse

COUNTED = ("paid", "completed")
PER_YEAR = {"weekly": 52, "monthly": 12, "quarterly": 4, "annual": 1}
Row = dict[str, Any]
Features = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class PlainBusiness:
    """The accepted rows of a business, in any order."""

    sales: list[Row]
    customers: list[Row]
    products: list[Row]
    subscriptions: list[Row]
    marketing: list[Row]
    zone: ZoneInfo

    @classmethod
    def read(cls, warehouse: Warehouse, zone: str = "UTC") -> PlainBusiness:
        """All rows; channels as they are conformed."""
        conformed = dict(warehouse.rows("select label, lower(channel) from seeds.channel_map"))
        return cls(
            *(
                [_typed(row, conformed) for (row,) in warehouse.rows(f"select to_jsonb(t) from staging.{source} as t")]
                for source in ("revenue", "customers", "products", "subscriptions", "marketing")
            ),
            ZoneInfo(zone),
        )

    def as_of(self, day: date) -> PlainBusiness:
        """What had happened when the day ended."""
        return PlainBusiness(
            [row for row in self.sales if row["transaction_date"] <= day],
            [row for row in self.customers if self.day(row["updated_at"]) <= day],
            [row for row in self.products if self.day(row["updated_at"]) <= day],
            [row for row in self.subscriptions if self.day(row["effective_at"]) <= day],
            [row for row in self.marketing if row["event_date"] <= day],
            self.zone,
        )

    def day(self, instant: datetime) -> date:
        """The business day of an instant."""
        return instant.astimezone(self.zone).date()

    def customer_features(self, day: date) -> Features:
        """Every customer that is known when the day ends."""
        known = self.as_of(day)
        ids = {row["customer_id"] for row in (*known.customers, *known.sales, *known.subscriptions)}
        found = {each: known._customer(each, day) for each in ids}
        return {each: features for each, features in found.items() if features}

    def _customer(self, customer: str, day: date) -> dict[str, Any]:
        states = _reports(self.customers, "customer_id", customer)
        lines = [row for row in self.sales if row["customer_id"] == customer]
        orders = [row for row in lines if row["status"] in COUNTED]
        log = _log(self.subscriptions, "effective_at")
        own = [row for row in log if row["customer_id"] == customer]
        days = sorted(row["transaction_date"] for row in orders)
        created = self.day(states[0]["created_at"]) if states else None
        began = [each for each in (created, *days[:1], *(self.day(row["effective_at"]) for row in own[:1])) if each]
        began = [each for each in began if each <= day]
        if not began:
            return {}
        recent = {n: _since(orders, day, n) for n in (7, 30, 90, 180)}
        sold = [row for row in recent[90] if row["amount"] > 0]
        off = sum((row["discount"] or Decimal(0) for row in sold), Decimal(0))
        gap = _ratio((days[-1] - days[0]).days, len(days) - 1) if days else None
        recency = (day - days[-1]).days if days else None
        return {
            "customer_lifetime_value": _revenue(orders),
            "total_orders": len(orders),
            **{f"orders_last_{n}d": len(recent[n]) for n in (7, 30, 90)},
            "orders_prior_90d": len(recent[180]) - len(recent[90]),
            "order_frequency_30d": Fraction(len(recent[30]), 30),
            **{f"revenue_last_{n}d": _revenue(recent[n]) for n in (30, 90)},
            "avg_order_value": _ratio(_revenue(recent[90]), len(recent[90])),
            "lifetime_avg_order_value": _ratio(_revenue(orders), len(orders)),
            "first_order_date": days[0] if days else None,
            "last_order_date": days[-1] if days else None,
            "recency_days": recency,
            "tenure_days": (day - min(began)).days,
            "active_days_last_90d": len({row["transaction_date"] for row in recent[90]}),
            "mean_order_gap_days": gap,
            "recency_ratio": _ratio(recency, gap) if gap else None,
            "refunds_last_90d": len(_since([row for row in lines if row["status"] == "refunded"], day, 90)),
            "failed_payments_last_90d": len(_since([row for row in lines if row["status"] == "failed"], day, 90)),
            "returns_last_90d": len([row for row in recent[90] if row["amount"] < 0]),
            "distinct_products_last_90d": len({_product(row) for row in recent[90]} - {(None, None)}),
            "discount_share_last_90d": _ratio(off, off + _revenue(sold)),
            **self._subscription_features(log, customer, day),
            **{name: _last_known(states, name) for name in ("segment", "plan_type", "acquisition_channel")},
        }

    def _subscription_features(self, log: list[Row], customer: str, day: date) -> dict[str, Any]:
        states = [row for row in _states_when_the_day_ends(log) if row["customer_id"] == customer]
        active = [row for row in states if row["status"] == "active"]
        cancelled = [row for row in _cancellations(log) if row["customer_id"] == customer]
        monthly = (Fraction(row["amount"]) * PER_YEAR[row["billing_period"]] / 12 for row in active)
        return {
            "has_active_subscription": bool(active),
            "subscription_mrr": sum(monthly, Fraction(0)),
            "subscription_cancelled_last_90d": any(
                self.day(row["effective_at"]) > day - timedelta(90) for row in cancelled
            ),
        }

    def channel_features(self, day: date) -> Features:
        """Every channel with a marketing row or a line of revenue until the day ends."""
        known = self.as_of(day)
        ids = {row["channel"] for row in (*known.marketing, *known.sales)} - {None}
        return {each: known._channel(each, day) for each in ids}

    def _channel(self, channel: str, day: date) -> dict[str, Any]:
        rows = [{**row, "transaction_date": row["event_date"]} for row in self.marketing if row["channel"] == channel]
        orders = [row for row in self.sales if row["channel"] == channel and row["status"] in COUNTED]
        totals = {
            f"{name}_{n}d": sum((row[name] for row in _since(rows, day, n)), Decimal(0))
            for name in ("leads", "conversions", "spend")
            for n in (7, 28)
        }
        return {
            **totals,
            "channel_conversion_rate": _ratio(totals["conversions_7d"], totals["leads_7d"]),
            "cost_per_conversion_7d": _ratio(totals["spend_7d"], totals["conversions_7d"]),
            "conversion_rate_28d": _ratio(totals["conversions_28d"], totals["leads_28d"]),
            "orders_28d": len(_since(orders, day, 28)),
            "revenue_28d": _revenue(_since(orders, day, 28)),
        }

    def product_features(self, day: date) -> Features:
        """Every product with an id that is reported or sold until the day ends."""
        known = self.as_of(day)
        sold = {row["product_id"] for row in known.sales if row["status"] in COUNTED}
        return {
            each: known._product(each, day) for each in (sold | {row["product_id"] for row in known.products}) - {None}
        }

    def _product(self, product: str, day: date) -> dict[str, Any]:
        states = _reports(self.products, "product_id", product)
        orders = [row for row in self.sales if row["product_id"] == product and row["status"] in COUNTED]
        recent = _since(orders, day, 28)
        sold = [row for row in orders if row["amount"] > 0]
        counted = [row for row in _since(sold, day, 28) if row["quantity"]]
        return {
            "price": _last_known(states, "price"),
            "orders_7d": len(_since(orders, day, 7)),
            "orders_28d": len(recent),
            "units_28d": sum((row["quantity"] or Decimal(0) for row in recent), Decimal(0)),
            "revenue_28d": _revenue(recent),
            "revenue_90d": _revenue(_since(orders, day, 90)),
            "buyers_28d": len({row["customer_id"] for row in recent if row["amount"] > 0}),
            "avg_price_28d": _ratio(_revenue(counted), sum((row["quantity"] for row in counted), Decimal(0))),
            "returns_28d": len([row for row in recent if row["amount"] < 0]),
            "days_since_last_sale": (day - max(row["transaction_date"] for row in sold)).days if sold else None,
        }


def _typed(row: Row, conformed: dict[str, str]) -> Row:
    instants = ("updated_at", "created_at", "effective_at")
    days = ("transaction_date", "event_date")
    numbers = ("amount", "discount", "quantity", "price", "spend", "leads", "conversions")
    found = dict(row)
    found |= {name: datetime.fromisoformat(row[name]) for name in instants if row.get(name)}
    found |= {name: date.fromisoformat(row[name]) for name in days if row.get(name)}
    found |= {name: Decimal(str(row[name])) for name in numbers if row.get(name) is not None}
    if row.get("channel"):
        label = row["channel"].strip().lower()
        found["channel"] = conformed.get(label, label)
    return found


def _log(rows: Iterable[Row], instant: str) -> list[Row]:
    """In the order of a log: of one instant the last row is the last."""
    return sorted(rows, key=lambda row: (row[instant], row["_row_id"]))


def _reports(rows: Iterable[Row], member: str, value: str) -> list[Row]:
    """The states of one member, one for each instant."""
    log = _log([row for row in rows if row[member] == value], "updated_at")
    return list({row["updated_at"]: row for row in log}.values())


def _last_known(states: list[Row], name: str) -> Any:
    """A deletion keeps what was known before it."""
    alive = [state for state in states if not state["is_deleted"]] or states[:1]
    return alive[-1][name] if alive else None


def _states_when_the_day_ends(log: Iterable[Row]) -> list[Row]:
    return list({row["subscription_id"]: row for row in log}.values())


def _cancellations(log: Iterable[Row]) -> list[Row]:
    found, status = [], {}
    for row in log:
        if row["status"] == "cancelled" and status.get(row["subscription_id"]) != "cancelled":
            found.append(row)
        status[row["subscription_id"]] = row["status"]
    return found


def _since(rows: Iterable[Row], day: date, days: int) -> list[Row]:
    """The rows of the last `days` days, the day included."""
    return [row for row in rows if row["transaction_date"] > day - timedelta(days)]


def _revenue(rows: Iterable[Row]) -> Decimal:
    return sum((row["amount"] for row in rows), Decimal(0))


def _product(row: Row) -> tuple[str | None, str | None]:
    return (row["product_id"], None) if row["product_id"] else (None, row["product"])


def _ratio(numerator: Any, denominator: Any) -> Fraction | None:
    return Fraction(numerator) / Fraction(denominator) if denominator else None

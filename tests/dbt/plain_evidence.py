"""Evidence counted the plain way: raw rows in lists, one unit after the other, no SQL. And rows to count, at random."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from dbt_warehouse import Warehouse

START = datetime(2024, 3, 1, tzinfo=UTC)
ARMS = ("control", "variant_a", "variant_b")
Row = dict[str, Any]


@dataclass
class Rows:
    """What lies in staging, as values."""

    experiments: dict[str, Row] = field(default_factory=dict)
    assignments: list[Row] = field(default_factory=list)
    sales: list[Row] = field(default_factory=list)
    segments: dict[str, str] = field(default_factory=dict)

    def add_to(self, warehouse: Warehouse) -> None:
        """Put them there."""
        for name, row in self.experiments.items():
            warehouse.add("experiments", experiment_id=name, control="control", arms=ARMS_TEXT, **row)
        for row in self.assignments:
            warehouse.add("experiment_assignments", **row)
        for number, row in enumerate(self.sales):
            warehouse.add("revenue", transaction_id=f"t{number}", **row)
        for customer, segment in self.segments.items():
            warehouse.add("customers", customer_id=customer, segment=segment)


ARMS_TEXT = '{"control": 2, "variant_a": 1, "variant_b": 1}'


def random_rows(seed: int) -> Rows:
    """Three registered experiments, one of them of customers and one of nobody, and one that nobody registered."""
    rng = random.Random(seed)
    bounds = {"started_at": START, "ends_at": START + timedelta(10, 3600)}
    rows = Rows(
        {
            "customers": {
                "unit": "customer", "primary_metric": "order_revenue_per_user", **bounds,
                "guardrails": '{"revenue_per_order": 1}',
                "secondary_metrics": '["orders_per_user", "refunds_per_user", "conversion_rate"]',
            },
            "users": {
                "unit": "user", "primary_metric": "conversion_rate", "started_at": START,
                "secondary_metrics": '["revenue_per_user", "revenue_per_user_winsorised", "revenue_per_conversion"]',
            },
            "empty": {"unit": "user", "primary_metric": "conversion_rate", **bounds},
        }
    )  # fmt: skip
    rows.assignments = [row for name in ("customers", "users", "wild") for row in _assignments(rng, name)]
    rows.sales = [_sale(rng) for _ in range(400)]
    rows.segments = {f"c{number}": rng.choice(("smb", "large")) for number in range(0, 40, 2)}
    return rows


def _assignments(rng: random.Random, experiment: str) -> Iterator[Row]:
    """One or two arms a unit, some unknown, some outside of the bounds, some converted before or long after."""
    for number in range(60):
        for arm in rng.sample((*ARMS, "stray"), rng.choices((1, 2), (9, 1))[0]):
            at = START + timedelta(hours=rng.randrange(-24, 13 * 24))
            converted = rng.choice((None, True, True, False))
            later = at + timedelta(hours=rng.randrange(-24, 96))
            yield {
                "experiment_id": experiment, "user_id": f"c{number}", "variant": arm, "assigned_at": at,
                "converted": converted,
                "converted_at": later if converted and rng.random() < 0.8 else None,
                "revenue": rng.randrange(1, 10_000) / 100 if converted and rng.random() < 0.8 else None,
            }  # fmt: skip


def _sale(rng: random.Random) -> Row:
    return {
        "customer_id": f"c{rng.randrange(50)}", "amount": rng.randrange(-500, 20_000) / 100,
        "transaction_date": (START + timedelta(rng.randrange(-40, 20))).date(),
        "status": rng.choice(("paid", "completed", "refunded", "failed")),
    }  # fmt: skip


@dataclass
class Counted:
    """One experiment as of a day: by metric, arm and day a list of (y, d) of its units, and the covariates of those."""

    units: dict[str, Row] = field(default_factory=dict)
    excluded: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    early: int = 0

    def values(self, metric: str, quantile: float | None = None) -> dict[str, float]:
        """The metric's value of every unit."""
        values = {user: float(unit["y"][metric]) for user, unit in self.units.items()}
        if quantile and values:
            cap = float(np.quantile(list(values.values()), quantile))
            values = {user: min(value, cap) if cap else value for user, value in values.items()}
        return values


def count(rows: Rows, experiment: str, as_of: date) -> Counted:
    """What was known at the end of the day."""
    registered = rows.experiments.get(experiment, {})
    ends = registered.get("ends_at") or datetime.max.replace(tzinfo=UTC)
    counted = Counted()
    for user, seen in _by_user(rows, experiment).items():
        first = min(seen, key=lambda row: (row["assigned_at"], row["variant"]))
        if first["assigned_at"].date() > as_of:
            continue
        counted.early += any(row["converted_at"] and row["converted_at"] < first["assigned_at"] for row in seen)
        if reason := _reason(seen, first, registered, ends):
            counted.excluded[reason][first["variant"]] += 1
            continue
        counted.units[user] = _unit(first, ends, as_of)
        if registered.get("unit") == "customer":
            _sell(counted.units[user], rows.sales, min(as_of, (ends - timedelta(microseconds=1)).date()))
    return counted


def _by_user(rows: Rows, experiment: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows.assignments:
        if row["experiment_id"] == experiment:
            found[row["user_id"]].append(row)
    return found


def _reason(seen: list[Row], first: Row, registered: Row, ends: datetime) -> str | None:
    if len(seen) > 1:
        return "several variants"
    if not registered:
        return None
    if first["variant"] not in ARMS:
        return "unknown variant"
    if first["assigned_at"] < registered["started_at"]:
        return "assigned before start"
    return "assigned after end" if first["assigned_at"] >= ends else None


def _unit(row: Row, ends: datetime, as_of: date) -> Row:
    """The unit with what its assignment says of it."""
    unit: Row = {
        "user": row["user_id"], "arm": row["variant"], "day": row["assigned_at"].date(),
        "x": 0.0, "y": Counter(), "d": Counter(),
    }  # fmt: skip
    at = row["converted_at"] or row["assigned_at"]
    if at.date() <= as_of and row["assigned_at"] <= at < ends:
        revenue, converted = row["revenue"] or 0.0, int(bool(row["converted"]))
        unit["y"].update({"experiment_conversion_rate": converted, "revenue_per_conversion": revenue,
                          "revenue_per_user": revenue, "revenue_per_user_winsorised": revenue})  # fmt: skip
        unit["d"]["revenue_per_conversion"] += converted
    return unit


def _sell(unit: Row, sales: list[Row], last: date) -> None:
    """Add what the customer bought: before the exposure, and from then on to the last day."""
    for sale in sales:
        day, is_counted = sale["transaction_date"], sale["status"] in ("paid", "completed")
        if sale["customer_id"] != unit["user"]:
            continue
        if is_counted and timedelta(1) <= unit["day"] - day <= timedelta(28):
            unit["x"] += sale["amount"]
        if unit["day"] <= day <= last:
            unit["y"]["refunds_per_user"] += sale["status"] == "refunded"
            if is_counted:
                unit["y"].update({"orders_per_user": 1, "order_revenue_per_user": sale["amount"],
                                  "revenue_per_order": sale["amount"]})  # fmt: skip
                unit["d"]["revenue_per_order"] += 1

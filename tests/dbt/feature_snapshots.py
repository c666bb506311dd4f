"""The models below features, what is stored of features, and where that differs from a count over the rows."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from dbt_warehouse import Warehouse
from plain_features import PlainBusiness

FEATURES = ("customer_daily", "channel_daily", "product_daily")
BELOW = (
    "int_transaction_members", "int_customer_scd2", "int_product_scd2", "dim_customer", "dim_product", "dim_channel",
    "dim_campaign", "fact_transactions", "fact_marketing", "int_customer_transactions",
)  # fmt: skip
MODELS = (*BELOW, *FEATURES)
Rows = dict[str, dict[str, Any]]


def snapshots(warehouse: Warehouse, entity: str) -> dict[date, Rows]:
    """What is stored, by day and entity."""
    cursor = warehouse.connection.execute(f"select * from features.{entity}_daily".encode())
    names = [column.name for column in cursor.description or ()]
    found: dict[date, Rows] = {}
    for values in cursor:
        row = dict(zip(names, values, strict=True))
        found.setdefault(row["snapshot_date"], {})[row[f"{entity}_id"]] = row
    return found


def differing(warehouse: Warehouse, business: PlainBusiness) -> list[str]:
    """Every feature of every snapshot that is not what the rows up to its day come to, in words; populations, too."""
    return [
        said
        for entity in ("customer", "channel", "product")
        for day, rows in snapshots(warehouse, entity).items()
        for said in _of_a_day(rows, getattr(business, f"{entity}_features")(day), f"{entity}_daily on {day}")
    ]


def _of_a_day(rows: Rows, counted: Rows, place: str) -> list[str]:
    if set(rows) != set(counted):
        return [f"{place}: {sorted(set(rows) ^ set(counted))} in one of them alone"]
    return [
        f"{place}: {feature} of {name} is {rows[name][feature]}, not {value}"
        for name, features in counted.items()
        for feature, value in features.items()
        if not _equal(rows[name][feature], value)
    ]


def _equal(stored: Any, counted: Any) -> bool:
    """Ratios are kept to sixteen places."""
    if isinstance(counted, Fraction) and stored is not None:
        return abs(Fraction(stored) - counted) <= Fraction(1, 10**15)
    return bool(stored == counted)

"""Features and outcomes of customers, worked out from generated files by plain pandas; no tests.

Independent of the platform's own SQL, and of a warehouse: a few of the features, under the names of the platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

HORIZON = 90


@dataclass(frozen=True)
class Shop:
    """A folder of generated files, read once."""

    folder: Path

    def _read(self, source: str) -> pd.DataFrame:
        paths = sorted((self.folder / source).iterdir())
        return pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths])

    @cached_property
    def sales(self) -> pd.DataFrame:
        rows = self._read("revenue").drop_duplicates("transaction_id", keep="last")
        dates = rows["transaction_date"].where(rows["transaction_date"].str.fullmatch(r"\d{4}-\d\d-\d\d"))
        rows["day"] = pd.to_datetime(dates, errors="coerce", format="%Y-%m-%d")
        rows["amount"] = pd.to_numeric(rows["amount"], errors="coerce")
        rows = rows[rows["day"].notna() & (rows["amount"].abs() <= 1_000_000) & (rows["customer_id"] != "")]
        return rows[["customer_id", "day", "amount", "status"]]

    @cached_property
    def orders(self) -> pd.DataFrame:
        return self.sales[self.sales["status"].isin(["paid", "completed"])]

    @cached_property
    def versions(self) -> pd.DataFrame:
        rows = self._read("customers")
        rows["at"] = pd.to_datetime(rows["updated_at"], errors="coerce", utc=True).dt.tz_localize(None)
        return rows[rows["at"].notna() & (rows["customer_id"] != "")].sort_values("at", kind="stable")

    @cached_property
    def states(self) -> pd.DataFrame:
        rows = self._read("subscriptions")
        rows["at"] = pd.to_datetime(rows["effective_at"], errors="coerce", utc=True).dt.tz_localize(None)
        rows = rows[rows["at"].notna() & (rows["customer_id"] != "")].sort_values("at", kind="stable")
        return rows.drop_duplicates(["subscription_id", "effective_at"], keep="last")

    @property
    def last_day(self) -> date:
        last: date = self.sales["day"].max().date()
        return last

    def subscribers(self, day: pd.Timestamp) -> set[str]:
        """Who has a subscription that runs at the end of a day."""
        newest = self.states[self.states["at"] < day + pd.Timedelta(days=1)].groupby("subscription_id").tail(1)
        return set(newest.loc[newest["status"] == "active", "customer_id"])

    def snapshot(self, on: date) -> pd.DataFrame:
        """One row is one customer active on a day, with features as of its end and what came of them."""
        day, horizon = pd.Timestamp(on), pd.Timedelta(days=HORIZON)
        rows = self._features(day)
        rows = rows[(rows["recency_days"] < HORIZON) | (rows["has_active_subscription"] == 1.0)]
        later = self.orders[(self.orders["day"] > day) & (self.orders["day"] <= day + horizon)]
        alive = set(later["customer_id"]) | self.subscribers(day + horizon)
        moment = (day + pd.Timedelta(days=1)).tz_localize("UTC")
        own = {"snapshot_date": on, "event_timestamp": moment, "churned": ~rows.index.isin(alive)}
        return rows.assign(**own).rename_axis("customer_id").reset_index()

    def _features(self, day: pd.Timestamp) -> pd.DataFrame:
        known = self.orders[self.orders["day"] <= day]
        by_customer = known.groupby("customer_id")
        subscribers = self.subscribers(day)
        rows = pd.DataFrame(
            {
                "total_orders": by_customer.size(),
                "first": by_customer["day"].min(),
                "last": by_customer["day"].max(),
                "customer_lifetime_value": by_customer["amount"].sum(),
            }
        )
        rows = rows.reindex(rows.index.union(sorted(subscribers)))
        for days in (30, 90):
            window = known[known["day"] > day - pd.Timedelta(days=days)].groupby("customer_id")
            rows[f"orders_last_{days}d"] = window.size()
            rows[f"revenue_last_{days}d"] = window["amount"].sum()
        before = known[(known["day"] <= day - pd.Timedelta(days=90)) & (known["day"] > day - pd.Timedelta(days=180))]
        rows["orders_prior_90d"] = before.groupby("customer_id").size()
        counts = [name for name in rows if name.startswith(("orders_", "revenue_"))]
        rows[[*counts, "total_orders"]] = rows[[*counts, "total_orders"]].fillna(0.0)
        rows["recency_days"] = (day - rows["last"]).dt.days
        rows["tenure_days"] = (day - rows["first"]).dt.days
        gap = (rows["last"] - rows["first"]).dt.days / (rows["total_orders"] - 1).where(rows["total_orders"] > 1)
        rows["recency_ratio"] = rows["recency_days"] / np.maximum(gap, 1.0)
        rows["has_active_subscription"] = rows.index.isin(subscribers).astype(float)
        traits = self.versions[self.versions["at"] < day + pd.Timedelta(days=1)].groupby("customer_id").tail(1)
        traits = traits.set_index("customer_id")[["segment", "plan_type", "acquisition_channel"]].replace("", None)
        return rows.drop(columns=["first", "last"]).join(traits)


def month_ends(first: date, last: date) -> list[date]:
    """The last days of months from one day to another."""
    return [day.date() for day in pd.date_range(first, last, freq="ME")]

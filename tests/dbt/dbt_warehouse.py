"""The staging side of a test warehouse: its tables, the rows a test puts there, the marks publishing would leave."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import echo_quality
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.odcs import read_contracts

CONTRACTS = Path(echo_quality.__file__).with_name("contracts")
CALENDAR = "dim_date"
_BUILT = "schemaname in ('intermediate', 'core', 'finance', 'marketing', 'experiments', 'customers', 'features')"


@dataclass
class Warehouse:
    """One connection that sees what dbt commits at once; every call is a transaction of its own."""

    connection: psycopg.Connection[Any]

    def create(self) -> None:
        """The empty tables, as the contracts ask for them."""
        prepare_tables(self.connection, read_contracts(CONTRACTS).values())

    def reset(self) -> None:
        """Empty staging tables and an empty ledger; seeds, views and the calendar stay, the other built tables go."""
        commands = self.rows(
            f"""select format('truncate %I.%I', schemaname, tablename) from pg_tables
            where schemaname in ('staging', 'ops', 'streaming')
            union all select format('drop table %I.%I', schemaname, tablename) from pg_tables
            where {_BUILT} and tablename not in ('{CALENDAR}', 'readouts', 'revenue_forecast')"""
        )
        self.connection.execute("; ".join(command for (command,) in commands).encode())

    def add(self, source: str, **columns: object) -> None:
        """One row of `staging.<source>`; columns that are not given have the table's ordinary value or are null."""
        row = _ORDINARY[source] | columns
        query = sql.SQL("insert into staging.{} ({}) values ({})").format(
            sql.Identifier(source),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join([sql.Placeholder()] * len(row)),
        )
        self.connection.execute(query, list(row.values()))

    def sell(self, transaction_id: str, day: str, amount: str, **columns: object) -> None:
        """A revenue line."""
        self.add("revenue", transaction_id=transaction_id, transaction_date=day, amount=amount, **columns)

    def touch(self, source: str, mark: int, *days: str) -> None:
        """What publishing load `mark` leaves in the ledger."""
        self.connection.cursor().executemany(
            "insert into ops.dirty_days values (%s, %s, %s)"
            " on conflict (source, day) do update set mark = excluded.mark",
            [(source, day, mark) for day in days],
        )

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.connection.execute(query.encode(), parameters or None).fetchall()

    def content(self) -> dict[str, list[str]]:
        """Every row of every built table as text, sorted: two warehouses with the same content are equal."""
        return {
            table: [row for (row,) in self.rows(f"select t::text from {table} as t order by 1")]
            for (table,) in self.rows(f"select schemaname || '.' || tablename from pg_tables where {_BUILT} order by 1")
        }

    def add_three_months_and_ten_days(self) -> None:
        """101 sales and the marketing of four channels whose totals are known, from 2024-01-01 to 2024-04-10."""
        number = 0
        for first, count, total, status in _SALES:
            for place, amount in enumerate(_split(Decimal(total), count)):
                day = date.fromisoformat(first) + timedelta(days=place)
                self.sell(
                    f"t{number}", day.isoformat(), str(amount), customer_id=f"c{number % 40}", status=status,
                    product=("Basic", "Pro Plan", "Enterprise")[number % 3], _row_id=number,
                )  # fmt: skip
                number += 1
        for number, (label, leads, conversions, spend) in enumerate(_MARKETING):
            self.add(
                "marketing", event_id=f"m{number}", event_date=f"2024-01-{number + 1:02}", channel=label,
                leads=leads, conversions=conversions, spend=spend,
            )  # fmt: skip

    def add_every_kind_of_reference(self, shuffled_by: int | None = None) -> None:
        """Rows whose ids, names and labels are known, unknown, mapped, unmapped and missing; in order or shuffled."""
        rows = list(_REFERENCES)
        if shuffled_by is not None:
            random.Random(shuffled_by).shuffle(rows)
        for source, columns in rows:
            self.add(source, **columns)


_ORDINARY: dict[str, dict[str, object]] = {
    "revenue": {"currency": "USD", "customer_id": "c1", "status": "paid", "_row_id": 1},
    "marketing": {"channel": "Email", "leads": 0, "conversions": 0, "spend": 0, "_row_id": 1},
    "customers": {"updated_at": "2024-01-01T00:00Z", "created_at": "2024-01-01T00:00Z", "_row_id": 1},
    "products": {"updated_at": "2024-01-01T00:00Z", "name": "Basic", "_row_id": 1},
    "subscriptions": {
        "effective_at": "2024-01-01T00:00Z", "plan": "Basic", "amount": 10, "currency": "USD",
        "billing_period": "monthly", "status": "active", "started_at": "2024-01-01T00:00Z", "_row_id": 1,
    },
    "experiments": {
        "name": "Checkout", "unit": "user", "arms": '{"a": 0.5, "b": 0.5}', "control": "a", "mde": "0.02",
        "primary_metric": "conversion", "alpha": "0.05", "power": "0.8",
        "started_at": "2024-01-01T00:00Z", "_row_id": 1,
    },
    "experiment_assignments": {"variant": "a", "_row_id": 1},
    "funnel_events": {"channel": "Email", "stage": "lead", "_row_id": 1},
}  # fmt: skip

_SALES = (
    ("2024-01-01", 28, "51930.50", "paid"),
    ("2024-02-01", 20, "40000.00", "paid"),
    ("2024-02-21", 7, "14900.00", "completed"),
    ("2024-03-01", 28, "61190.00", "paid"),
    ("2024-04-01", 9, "22080.00", "paid"),
    ("2024-03-03", 5, "3750.00", "refunded"),
    ("2024-04-07", 4, "1960.00", "failed"),
)
_MARKETING = (
    ("LinkedIn", 800, 100, "4000.00"), ("linkedin ads", 48, 48, "800.00"),
    ("Google Ads", 5000, 600, "10000.00"), ("adwords", 933, 42, "7290.00"),
    ("Facebook", 6000, 600, "15000.00"), ("FB ", 482, 49, "880.00"),
    ("Email", 3168, 288, "500.00"), ("Twitter", 823, 35, "1720.00"),
)  # fmt: skip

_KNOWN = {"customer_id": "001"}
_NEW = {"customer_id": "new"}
_REFERENCES: tuple[tuple[str, dict[str, object]], ...] = (
    ("customers", {"customer_id": "001", "segment": "smb", "_row_id": 1, "acquisition_channel": "Fair"}),
    ("customers", {"customer_id": "001", "segment": None, "_row_id": 2, "acquisition_channel": "Fair"}),
    ("customers", {"customer_id": "001", "segment": "old", "_row_id": 3, "updated_at": "2023-06-01T00:00Z"}),
    ("products", {"product_id": "p1", "name": "Basic", "price": "49.99"}),
    ("subscriptions", {"subscription_id": "s1", "customer_id": "subscriber"}),
    ("revenue", {"transaction_id": "t1", "transaction_date": "2024-01-01", "amount": 10, "product_id": "p1", **_KNOWN}),
    ("revenue", {"transaction_id": "t2", "transaction_date": "2024-01-02", "amount": 20, "product": "Basic", **_NEW}),
    ("revenue", {"transaction_id": "t3", "transaction_date": "2024-01-03", "amount": 30, "product_id": "p9", **_KNOWN}),
    ("revenue", {"transaction_id": "t4", "transaction_date": "1999-12-31", "amount": -5, "quantity": -1, **_KNOWN}),
    ("revenue", {"transaction_id": "t5", "transaction_date": "2024-01-03", "amount": 1, "channel": " fair", **_KNOWN}),
    ("marketing", {"event_id": "m1", "event_date": "2024-01-01", "channel": "FAIR", "leads": 3}),
    ("experiments", {"experiment_id": "e1", "guardrails": '{"churn": 0.01}'}),
    ("experiment_assignments", {"experiment_id": "e1", "user_id": "u1", "assigned_at": "2024-01-31T23:30:00-02:00"}),
    ("funnel_events", {"event_id": "f1", "lead_id": "l1", "event_at": "2024-03-01T00:30:00+01:00"}),
)  # fmt: skip


def _split(total: Decimal, count: int) -> list[Decimal]:
    """`count` amounts in cents that add up to `total`."""
    each = (total / count).quantize(Decimal("0.01"))
    return [each] * (count - 1) + [total - each * (count - 1)]

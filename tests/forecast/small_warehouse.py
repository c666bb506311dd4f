"""Filling the warehouse that `conftest.py` makes: files with lines, and the mart that follows from them; no tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from echo_assets.forecast import stored
from echo_assets.forecast.reading import Known, known_revenue
from echo_ml.models.forecast.revenue import RevenueForecast, revenue_forecast

VERSION = "version 1"
MADE_BY_DBT = f"""
drop table if exists finance.revenue_daily, finance.metrics_catalog;
create table finance.revenue_daily (transaction_date date not null, revenue numeric(18, 2) not null);
create table finance.metrics_catalog as select 'total_revenue' as metric, '{VERSION}' as definition_version;
"""
"""What dbt builds, as far as the forecast reads it."""
FAR = date(2100, 1, 1)


@dataclass
class SmallWarehouse:
    """Files that stand, and questions to the tables."""

    connection: psycopg.Connection[Any]

    def deliver(self, revenue: Mapping[date, float], landed_at: datetime | None = None) -> int:
        """A file with one line of each day, taken in days later if nothing else is said; the number of its load."""
        landed = landed_at or datetime.combine(max(revenue) + timedelta(days=3), datetime.min.time(), UTC)
        [load] = self.connection.execute(
            """insert into ops.loads
                (source, file, partition_key, sha256, bytes, modified_ns, contract_version, max_rejected_share, status,
                landed_at)
            values ('revenue', 'f', 'f', 'f', 1, 1, '1', 1, 'loaded', %s) returning load_id""",
            [landed],
        ).fetchone() or (0,)
        for number, (day, amount) in enumerate(revenue.items()):
            self.connection.execute(
                """insert into staging.revenue
                    (_row_id, transaction_id, transaction_date, amount, currency, customer_id, status)
                values (%s, %s, %s, %s, 'USD', 'c1', 'paid')""",
                [(load << 32) + number, f"{load}-{number}", day, amount],
            )
        self.build()
        self.touch(load, max(revenue))
        return int(load)

    def build(self) -> None:
        """The mart of what is staged."""
        self.connection.execute("truncate finance.revenue_daily")
        self.connection.execute(
            "insert into finance.revenue_daily select transaction_date, sum(amount) from staging.revenue group by 1"
        )

    def touch(self, mark: int, day: date) -> None:
        """Mark a day of the source as changed."""
        self.connection.execute(
            """insert into ops.dirty_days values ('revenue', %s, %s)
            on conflict (source, day) do update set mark = excluded.mark""",
            [day, mark],
        )

    def known(self, today: date = FAR, timezone: str = "UTC") -> Known:
        """What is known now."""
        found = known_revenue(self.connection, today, timezone)
        assert found
        return found

    def forecast(self, run: str = "run 1") -> tuple[Known, RevenueForecast]:
        """Forecast what is known and record it as a run of MLflow of this name."""
        known = self.known()
        found = revenue_forecast(known.history, known.as_of)
        with self.connection.transaction():
            stored.add(self.connection, known, found, run, "dagster run")
        return known, found

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def value(self, query: str) -> Any:
        [(value,)] = self.rows(query)
        return value

"""The four headline queries on what the graph keeps, against a plain table and one partitioned by month.

    python benchmarks/headline_queries.py [--rows 10000000] [--rounds 5]

All three answer in the same server, in turns, and must answer the same. Prints medians and ratios to the better table.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg
from big_warehouse import big_warehouse

_PLAIN = """
create table {table} (
    transaction_id text not null, transaction_date date not null, customer_id text not null,
    amount numeric(18, 2) not null, status text not null
)
"""
_MONTHS = """
do $$ begin
    for at in 0 .. 35 loop
        execute format(
            'create table partitioned_%s partition of partitioned for values from (%L) to (%L)', at,
            date '2023-01-01' + at * interval '1 month', date '2023-01-01' + (at + 1) * interval '1 month'
        );
    end loop;
end $$
"""
_FILL = """
insert into {table} select transaction_id, transaction_date, customer_id, amount, status from staging.revenue
"""
_COUNTED = "status in ('paid', 'completed')"


@dataclass(frozen=True)
class Question:
    """One query: how a table of transactions answers it, and how the warehouse does."""

    name: str
    table: str
    ours: str


QUESTIONS = (
    Question(
        "monthly revenue",
        f"""select date_trunc('month', transaction_date::timestamp)::date, sum(amount), count(*),
                count(distinct customer_id)
            from {{table}} where {_COUNTED} and transaction_date >= '2024-01-01' and transaction_date < '2025-01-01'
            group by 1 order by 1""",
        """select month, total_revenue, transactions, customers from finance.revenue_summary
           where month >= '2024-01-01' and month < '2025-01-01' order by 1""",
    ),
    Question(
        "last 30 days",
        f"""select transaction_date, sum(amount), avg(sum(amount)) over (order by transaction_date rows 6 preceding)
            from {{table}} where {_COUNTED}
                and transaction_date > (select max(transaction_date) from {{table}}) - 30
            group by 1 order by 1""",
        """select transaction_date, revenue, avg(revenue) over (order by transaction_date rows 6 preceding)
           from finance.revenue_daily
           where transaction_date > (select max(transaction_date) from finance.revenue_daily) - 30 order by 1""",
    ),
    Question(
        "customer LTV",
        f"""select customer_id, sum(amount), count(*), min(transaction_date), max(transaction_date)
            from {{table}} where {_COUNTED} group by 1 order by 2 desc, 1 limit 100""",
        """select customer_id, revenue, orders, first_order_date, last_order_date
           from intermediate.int_customer_orders order by 2 desc, 1 limit 100""",
    ),
    Question(
        "cohort retention",
        f"""with active as (
                select distinct customer_id, date_trunc('month', transaction_date::timestamp)::date as month
                from {{table}} where {_COUNTED}
            ), cohorts as (select customer_id, min(month) as cohort from active group by 1)
            select cohort, (extract(year from age(month, cohort)) * 12 + extract(month from age(month, cohort)))::int,
                count(*)
            from active join cohorts using (customer_id) group by 1, 2 order by 1, 2""",
        """select cohort_month, months_since, active_customers from customers.cohort_retention
           where active_customers > 0 order by 1, 2""",
    ),
)


def timed(connection: psycopg.Connection[Any], query: str) -> tuple[float, list[tuple[Any, ...]]]:
    """Seconds and answer."""
    start = time.perf_counter()
    rows = connection.execute(query.encode()).fetchall()
    return time.perf_counter() - start, rows


def tables(connection: psycopg.Connection[Any]) -> None:
    """The same rows, once in a plain table and once partitioned by month."""
    connection.execute(_PLAIN.format(table="plain").encode())
    connection.execute((_PLAIN.format(table="partitioned") + "partition by range (transaction_date)").encode())
    connection.execute(_MONTHS.encode())
    for table in ("plain", "partitioned"):
        connection.execute(_FILL.format(table=table).encode())
        connection.execute(f"vacuum analyze {table}".encode())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with big_warehouse(options.rows) as warehouse:
        print(f"built in {warehouse.built():.0f} s", flush=True)
        tables(warehouse.connection)
        print(f"{options.rows} transactions, median of {options.rounds}\n")
        print(f"{'query':<18}{'plain':>10}{'by month':>10}{'ours':>10}   better table/ours     plain/ours")
        for question in QUESTIONS:
            texts = [question.table.format(table=table) for table in ("plain", "partitioned")] + [question.ours]
            rounds = [[timed(warehouse.connection, text) for text in texts] for _ in range(options.rounds)]
            if any(answer != each[0][1] for each in rounds for _, answer in each):
                raise SystemExit(f"{question.name}: the three answers differ")
            plain, by_month, ours = (median(each[at][0] for each in rounds) for at in range(3))
            ratios = f"{min(plain, by_month) / ours:>22.1f}{plain / ours:>15.1f}"
            print(f"{question.name:<18}{plain:>9.3f}s{by_month:>9.3f}s{ours:>9.4f}s{ratios}", flush=True)


if __name__ == "__main__":
    main()

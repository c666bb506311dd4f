"""A warehouse of a given number of transactions to measure in: staged rows with their marks, and real runs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from measuring import Place, bench_place

if TYPE_CHECKING:
    import dagster as dg

    from echo_assets.refresh import Refresh

FIRST_DAY, DAYS = "2023-07-01", 540
_CUSTOMERS, _PRODUCTS = 50_000, 1_000
_STAGED = (
    f"""insert into staging.customers
            (customer_id, updated_at, segment, plan_type, acquisition_channel, created_at, _row_id)
        select format('C%s', n), timestamptz '2023-07-01' + n % 500 * interval '1 day',
            (array['smb', 'mid', 'large'])[1 + n % 3], 'basic', 'Email', timestamptz '2023-07-01', (1::bigint << 32) + n
        from generate_series(1, {_CUSTOMERS}) as n""",
    f"""insert into staging.products (product_id, updated_at, name, category, price, created_at, _row_id)
        select format('P%s', n), timestamptz '2023-07-01', format('Product %s', n), 'things', n,
            timestamptz '2023-07-01', (2::bigint << 32) + n
        from generate_series(1, {_PRODUCTS}) as n""",
    f"""insert into staging.revenue
            (transaction_id, transaction_date, amount, currency, customer_id, product_id, channel, status, _row_id)
        select format('T%s', n), date '{FIRST_DAY}' + (hashint8(n) & 2147483647) % {DAYS},
            1 + (hashint8(n + 1) & 2147483647) % 100000 / 100.0, 'USD',
            format('C%s', 1 + (hashint8(n + 2) & 2147483647) % {_CUSTOMERS}),
            format('P%s', 1 + (hashint8(n + 3) & 2147483647) % {_PRODUCTS}), 'Email',
            (array['paid', 'completed', 'paid', 'refunded'])[1 + (hashint8(n + 4) & 2147483647) % 4],
            (3::bigint << 32) + n
        from generate_series(1::bigint, :rows) as n""",
    "insert into ops.dirty_days select 'customers', date '2023-07-01' + n, 1 from generate_series(0, 499) as n",
    "insert into ops.dirty_days values ('products', '2023-07-01', 2)",
    f"insert into ops.dirty_days select 'revenue', date '{FIRST_DAY}' + n, 3 from generate_series(0, {DAYS - 1}) as n",
    "select setval(pg_get_serial_sequence('ops.loads', 'load_id'), 3)",
    "vacuum analyze staging.revenue, staging.customers, staging.products",
)


@dataclass
class BigWarehouse:
    """An open one."""

    place: Place
    connection: psycopg.Connection[Any]
    refresh: Refresh

    def built(self) -> float:
        """Seconds to build everything that is dirty, checks included; the process must not be at its first build."""
        start = time.perf_counter()
        for report in self.refresh.days():
            if not report.succeeded:
                raise SystemExit("\n".join(step.message for step in report.failed))
        return time.perf_counter() - start

    def sell_late(self, number: int, day: str) -> None:
        """One late row, as a load of its own would leave it."""
        [(mark,)] = self.connection.execute("select nextval(pg_get_serial_sequence('ops.loads', 'load_id'))").fetchall()
        values = {"id": f"late {number}", "day": day, "mark": mark}
        self.connection.execute(
            """insert into staging.revenue
                   (transaction_id, transaction_date, amount, currency, customer_id, product_id, status, _row_id)
               values (%(id)s, %(day)s, 12.5, 'USD', 'C1', 'P1', 'paid', (%(mark)s::bigint << 32) + 1)""",
            values,
        )
        self.connection.execute(
            """insert into ops.dirty_days values ('revenue', %(day)s, %(mark)s)
               on conflict (source, day) do update set mark = excluded.mark""",
            values,
        )


@contextmanager
def big_warehouse(rows: int) -> Iterator[BigWarehouse]:
    """A server with `rows` transactions in staging and nothing built; all of it goes away with the block."""
    import dagster as dg

    from echo_assets.definitions import build
    from echo_assets.refresh import Refresh
    from echo_assets.sources import Sources

    with bench_place() as place, psycopg.connect(place.url, autocommit=True) as connection:
        os.environ.update({"ECHO_HOME": str(place.settings.home), "ECHO_LANDING": str(place.settings.landing)})
        for statement in _STAGED:
            connection.execute(statement.replace(":rows", str(rows)).encode())
        job: dg.JobDefinition = build(place.settings).resolve_implicit_global_asset_job_def()
        with dg.DagsterInstance.ephemeral() as instance:
            yield BigWarehouse(place, connection, Refresh(Sources(place.settings), job, instance))

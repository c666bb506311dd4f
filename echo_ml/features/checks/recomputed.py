"""Snapshots beside the facts: some features of a sample of rows, counted again in the plainest SQL that says them.

The models count from aggregates and by windows, for all days at once; here each sampled row looks at its own facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from echo_ml.features.checks.verdict import Verdict, plain, sample_of
from echo_ml.features.declared import FeatureView

SAMPLED = 100


@dataclass(frozen=True)
class Recount:
    """How features follow from facts: a relation with the columns `id`, `day` and `age` (days before the snapshot)."""

    facts: str
    features: Mapping[str, str]


_SALES = Recount(
    facts="""
        select facts.customer_id as id, facts.transaction_date as day, facts.amount, facts.is_counted, facts.status
        from core.fact_transactions as facts
    """,
    features={
        "total_orders": "count(*) filter (where is_counted)",
        "customer_lifetime_value": "coalesce(sum(amount) filter (where is_counted), 0)",
        "orders_last_30d": "count(*) filter (where is_counted and age < 30)",
        "revenue_last_90d": "coalesce(sum(amount) filter (where is_counted and age < 90), 0)",
        "refunds_last_90d": "count(*) filter (where status = 'refunded' and age < 90)",
        "last_order_date": "max(day) filter (where is_counted)",
    },
)
_CHANNELS = Recount(
    facts="""
        select channels.channel_id as id, facts.event_date as day, facts.leads, facts.conversions, facts.spend
        from core.fact_marketing as facts inner join core.dim_channel as channels using (channel_key)
    """,
    features={
        "leads_7d": "coalesce(sum(leads) filter (where age < 7), 0)",
        "conversions_7d": "coalesce(sum(conversions) filter (where age < 7), 0)",
        "spend_28d": "coalesce(sum(spend) filter (where age < 28), 0)",
    },
)
_PRODUCTS = Recount(
    facts="""
        select products.product_id as id, facts.transaction_date as day, facts.amount
        from core.fact_transactions as facts inner join core.dim_product as products using (product_key)
        where facts.is_counted
    """,
    features={
        "orders_28d": "count(*) filter (where age < 28)",
        "revenue_28d": "coalesce(sum(amount) filter (where age < 28), 0)",
        "returns_28d": "count(*) filter (where amount < 0 and age < 28)",
    },
)
RECOUNTS: Mapping[str, Recount] = {"customer_daily": _SALES, "channel_daily": _CHANNELS, "product_daily": _PRODUCTS}
"""By view."""
_COUNTED = """
with sampled as (
    select * from {table} order by md5({key} || snapshot_date) limit {sampled}
), facts as materialized (
    select * from ({facts}) as facts where id in (select {key} from sampled)
), looked_at as (
    select sampled.{key} as entity, sampled.snapshot_date, facts.*, sampled.snapshot_date - facts.day as age
    from sampled left join facts on facts.id = sampled.{key} and facts.day <= sampled.snapshot_date
), counted as (
    select entity, snapshot_date, {counts} from looked_at group by entity, snapshot_date
)
select sampled.{key}, sampled.snapshot_date, array_remove(array[{differing}], null) as differing
from sampled inner join counted on counted.entity = sampled.{key} and counted.snapshot_date = sampled.snapshot_date
"""


def matches_facts(connection: Connection[Any], view: FeatureView, sampled: int = SAMPLED) -> Verdict:
    """For a sample of snapshots, what is counted again from the facts up to their day is what they say."""
    recount = RECOUNTS[view.name]
    counts = {name: sql.SQL(count) for name, count in recount.features.items() if name in view.names}
    statement = sql.SQL(_COUNTED).format(
        table=sql.Identifier(*view.table.split(".")), key=sql.Identifier(view.key), sampled=sql.Literal(sampled),
        facts=sql.SQL(recount.facts),
        counts=sql.SQL(", ").join(
            sql.SQL("{} as {}").format(count, sql.Identifier(name)) for name, count in counts.items()
        ),
        differing=sql.SQL(", ").join(map(_differing, counts)),
    )  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement).fetchall()
    wrong = [{**plain(row), "differing": ", ".join(row["differing"])} for row in rows if row["differing"]]
    facts = {"sampled": len(rows), "features": len(counts), "differing": len(wrong)}
    if wrong:
        said = f"{len(wrong)} of {len(rows)} rows are not what their facts say."
        return Verdict(False, said, facts=facts, sample=sample_of(wrong))
    return Verdict(True, f"{len(rows)} rows, {len(counts)} features each, are what their facts say.", facts=facts)


def _differing(name: str) -> sql.Composed:
    return sql.SQL("case when sampled.{0} is distinct from counted.{0} then {1} end").format(
        sql.Identifier(name), sql.Literal(name)
    )

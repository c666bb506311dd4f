"""What the truth of generated data says beside what the marts say: one row a figure, or a period with its figures.

Columns of the marts are compared as they stand; nothing is computed here but the rounding that the truth has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.summary import RunSummary

Truth = Mapping[str, Any]
Figures = dict[str, str]
_COUNTS = ("rows_in_file", "staged", "quarantined", "duplicates")


@dataclass(frozen=True)
class Mart:
    """One mart: what to select of it, as (name, figures), and the same of the truth."""

    label: str
    relations: tuple[str, ...]
    query: str
    expected: Callable[[Truth], Iterable[tuple[str, Iterable[Any]]]]

    def of_truth(self, truth: Truth) -> Figures:
        """The figures as they must be."""
        return {f"{self.label} {name}".strip(): _text(figures) for name, figures in self.expected(truth)}

    def of_warehouse(self, connection: Connection[Any]) -> Figures:
        """The figures as they are; none of a mart that a failed run did not build."""
        built = "select bool_and(to_regclass(name) is not null) from unnest(%s::text[]) as name"
        if connection.execute(built, [list(self.relations)]).fetchone() != (True,):
            return {}
        return {
            f"{self.label} {name}".strip(): _text(figures) for name, *figures in connection.execute(self.query.encode())
        }


def compared(summary: RunSummary, truth: Truth) -> list[dict[str, str]]:
    """Each figure that a run reports: metrics, months, and rows by fate for every source."""
    metrics = summary.metrics
    rows = [_row("total revenue", truth["total_revenue"], _figure(metrics, "total_revenue", 2))]
    rows.append(_row("average order value", truth["average_order_value"], _figure(metrics, "average_order_value", 2)))
    rate = f"{float(truth['conversion_rate']):.4f}"
    rows.append(_row("conversion rate", rate, _figure(metrics, "conversion_rate", 4)))
    ours_by_month = {month["month"]: _figure(month, "revenue", 2) for month in metrics.get("revenue_by_month", ())}
    rows += [
        _row(f"revenue {month['month'][:7]}", month["revenue"], ours_by_month.get(month["month"][:7], ""))
        for month in truth["revenue_by_month"]
    ]
    for source, figures in truth["sources"].items():
        loads = [file.load for file in summary.files if file.load.source == source]
        for count in _COUNTS:
            ours = sum(getattr(load, count) or 0 for load in loads)
            rows.append(_row(f"{source}: {count.replace('_', ' ')}", str(figures[count]), str(ours)))
    return rows


def compared_marts(connection: Connection[Any], truth: Truth) -> list[dict[str, str]]:
    """Each figure of the marts; one that either side alone has differs."""
    rows = []
    for mart in MARTS:
        expected, found = mart.of_truth(truth), mart.of_warehouse(connection)
        rows += [_row(name, expected.get(name, ""), found.get(name, "")) for name in expected | found]
    return rows


def _figure(figures: Mapping[str, Any], name: str, digits: int) -> str:
    """A figure as the truth writes it; nothing where a run that failed left none."""
    value = figures.get(name)
    return "" if value is None else f"{value:.{digits}f}"


def compared_stream(
    before: Mapping[str, Any], after: Mapping[str, Any], truth: Truth, sums: tuple[str, str, str, str]
) -> list[dict[str, str]]:
    """What events must have brought, beside what the stream's tables hold and by how much the figures grew."""
    revenue, orders, events, dead = sums
    expected = f"{Decimal(truth['revenue']):.2f}"
    rows = [
        _row("stream: events", str(truth["events"]), events),
        _row("stream: dead letters", str(truth["malformed"]), dead),
        _row("stream: orders", str(truth["orders"]), orders),
        _row("stream: revenue by minute", expected, f"{Decimal(revenue):.2f}"),
    ]
    grown = Decimal(str(after["total_revenue"])) - Decimal(str(before["total_revenue"]))
    return [*rows, _row("stream: growth of total revenue", expected, f"{grown:.2f}")]


def _row(figure: str, truth: str, ours: str) -> dict[str, str]:
    return {"figure": figure, "truth": truth, "echo": ours, "agrees": "ok" if truth == ours else "DIFFERS"}


def _text(figures: Iterable[Any]) -> str:
    return " ".join("-" if figure is None else str(figure) for figure in figures)


def _each(part: str, name: str, *figures: str) -> Callable[[Truth], Iterable[tuple[str, Iterable[Any]]]]:
    """The records of a part of the truth, by `name`."""
    return lambda truth: [(record[name], [record[figure] for figure in figures]) for record in truth[part]]


_WATERFALL = ("starting_mrr", "new", "reactivation", "expansion", "contraction", "churn", "ending_mrr")
_RETENTION = ("nrr", "grr", "nrr_12m", "grr_12m")
_WATERFALL_COLUMNS = [name if name.endswith("_mrr") else f"{name}_mrr" for name in _WATERFALL]

MARTS = (
    Mart(
        "MRR and who pays it",
        ("finance.mrr_monthly",),
        """select to_char(month, 'YYYY-MM'), round(mrr, 2), active_subscribers, active_subscriptions
        from finance.mrr_monthly order by month""",
        _each("mrr_by_month", "month", "mrr", "active_customers", "active_subscriptions"),
    ),
    Mart(
        "MRR waterfall",
        ("finance.mrr_waterfall",),
        f"""select to_char(month, 'YYYY-MM'), {", ".join(f"round({name}, 2)" for name in _WATERFALL_COLUMNS)}
        from finance.mrr_waterfall order by month""",
        _each("mrr_waterfall", "month", *_WATERFALL),
    ),
    Mart(
        "NRR and GRR, 1 and 12 months",
        ("finance.revenue_retention",),
        f"""select to_char(month, 'YYYY-MM'), {", ".join(f"round({name}, 6)" for name in _RETENTION)}
        from finance.revenue_retention order by month""",
        _each("revenue_retention", "month", *_RETENTION),
    ),
    Mart(
        "ARR",
        ("finance.arr_quarterly",),
        """select to_char(quarter, 'YYYY-"Q"Q'), arr from finance.arr_quarterly order by quarter""",
        _each("arr_quarterly", "quarter", "arr"),
    ),
    Mart(
        "cohort",
        ("customers.cohort_retention",),
        """select to_char(cohort_month, 'YYYY-MM'), max(customers),
            string_agg(active_customers::text, ' ' order by months_since)
        from customers.cohort_retention group by cohort_month order by cohort_month""",
        lambda truth: [
            (cohort["cohort"], [cohort["customers"], *cohort["active"]]) for cohort in truth["cohort_retention"]
        ],
    ),
    Mart(
        "product",
        ("finance.revenue_by_product",),
        """select coalesce(product_id, nullif(product_name, '(unknown)'), '(none)'), total_revenue, transactions
        from finance.revenue_by_product order by 1""",
        lambda truth: [
            (of["product_id"] or of["product"] or "(none)", [of["revenue"], of["counted_transactions"]])
            for of in truth["revenue_by_product"]
        ],
    ),
    Mart(
        "status",
        ("core.fact_transactions",),
        "select status, count(*), sum(amount) from core.fact_transactions group by 1 order by 1",
        _each("revenue_by_status", "status", "transactions", "amount"),
    ),
    Mart(
        "channel",
        ("marketing.channel_performance",),
        """select channel, leads, conversions, spend, round(conversion_rate, 6)
        from marketing.channel_performance order by channel""",
        _each("channel_performance", "channel", "leads", "conversions", "spend", "conversion_rate"),
    ),
    Mart(
        "versions of",
        ("core.dim_customer", "core.dim_product"),
        """select 'customers', count(*), count(distinct customer_id) from core.dim_customer
        where not is_inferred and customer_key <> -1
        union all
        select 'products', count(*), count(distinct product_id) from core.dim_product
        where not is_inferred and product_key <> -1""",
        lambda truth: [(name, [of["versions"], of["members"]]) for name, of in truth["dimensions"].items()],
    ),
)

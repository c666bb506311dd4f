"""`revenue`: one CSV file for each month, written while the transactions are drawn and added up.

Lives here: how a transaction looks in a file and which faults are planted. Must not live here: the draw (sales.py) or
the figures (revenue_truth.py).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.channels import LABELS
from echo_quality.synthetic.period import Period, stream
from echo_quality.synthetic.products import NAMES, PRODUCTS
from echo_quality.synthetic.recipes import Fault, Piece, Recipe
from echo_quality.synthetic.revenue_truth import NAMED_ONLY_NAME, Ledger
from echo_quality.synthetic.sales import STATUSES, Market, Sales
from echo_quality.synthetic.shipping import ship
from echo_quality.synthetic.truth_counts import SourceTruth

CURRENCY = "USD"
PAYMENT_METHODS = ("credit_card", "paypal", "stripe", "bank_transfer")
FAULTS = (
    Fault.of("missing_amount", "amount", ""),
    Fault.of("amount_not_a_number", "amount", "twelve"),
    Fault.of("impossible_date", "transaction_date", "2024-02-30"),
    Fault.of("missing_customer", "customer_id", ""),
    Fault.of("amount_above_maximum", "amount", "1000000.01", quantity="1"),
    Fault.of("unknown_status", "status", "settled"),
    Fault.of("amount_nan", "amount", "NaN"),
    Fault.of("negative_amount", "amount", "-25.00", quantity="1"),
    Fault.of("amount_infinite", "amount", "Infinity"),
    Fault.of("amount_zero", "amount", "0.00", quantity="1"),
    Fault.of("date_not_a_date", "transaction_date", "now"),
    Fault.of("missing_date", "transaction_date", ""),
    Fault.of("missing_status", "status", ""),
)


def write_revenue(out: Path, rows: int, market: Market, ledger: Ledger, seed: int, period: Period) -> SourceTruth:
    """Write the source and enter every good transaction into the ledger."""

    def pieces(month: int) -> Iterator[Piece]:
        for sales in market.month(month):
            ledger.enter(sales)
            yield Piece(_table(sales), {"status": _status_before(sales)})

    recipe = Recipe("revenue", "transaction_id", "T", 7, rows + 1, FAULTS)
    names = [f"revenue_{month}.csv" for month in period.month_names]
    return ship(out, recipe, names, pieces, stream(seed, "revenue", "planting"))


def _status_before(sales: Sales) -> pa.Array:
    return cells.chosen(STATUSES, np.where(sales.was < 0, sales.status, sales.was))


def _table(sales: Sales) -> pa.Table:
    known = sales.product < PRODUCTS
    payment = np.where(sales.payment < len(PAYMENT_METHODS), sales.payment, -1)
    return pa.table(
        {
            "transaction_id": cells.numbered("T", sales.number, 7),
            "transaction_date": cells.dates(sales.day),
            "amount": cells.cents(sales.amount),
            "currency": cells.chosen((CURRENCY,), np.zeros_like(sales.day)),
            "customer_id": cells.numbered("C", sales.customer + 1, 6),
            "product_id": cells.only(known, cells.numbered("P", sales.product + 1, 4)),
            "product": cells.chosen((*NAMES, NAMED_ONLY_NAME, ""), sales.product),
            "quantity": cells.whole(sales.quantity),
            "discount": cells.cents(sales.discount),
            "channel": cells.chosen(LABELS, sales.label),
            "status": cells.chosen(STATUSES, sales.status),
            "payment_method": cells.chosen(PAYMENT_METHODS, payment),
        }
    )

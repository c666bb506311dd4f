"""Adding up transactions as they are drawn: revenue, cohorts and churn, in whole cents and whole customers.

Memory depends on customers, months and products, never on transactions. Must not live here: files.
"""

from fractions import Fraction

import numpy as np

from echo_quality.synthetic.figures import money, ratio
from echo_quality.synthetic.period import Flags, Ints, Period, day_text
from echo_quality.synthetic.products import NAMES, PRODUCTS
from echo_quality.synthetic.sales import COUNTED_STATUSES, NAMED_ONLY, STATUSES, UNNAMED, Sales
from echo_quality.synthetic.truth import RevenueTruth
from echo_quality.synthetic.truth_parts import Churn, Cohort, ProductRevenue, RevenueMonth, StatusAmount

NAMED_ONLY_NAME = "Gift Card"
CHURN_DAYS = 90


class _Sum:
    """Amounts and counts by a small index."""

    def __init__(self, size: int) -> None:
        self.cents = np.zeros(size, dtype=np.int64)
        self.count = np.zeros(size, dtype=np.int64)

    def add(self, index: Ints, cents: Ints) -> None:
        # Weights are summed as doubles: exact, since a piece holds far less than 2^53 cents.
        self.cents += np.bincount(index, cents, len(self.cents)).astype(np.int64)
        self.count += np.bincount(index, minlength=len(self.count))


class Ledger:
    """Every good transaction in its final state."""

    def __init__(self, customers: int, period: Period) -> None:
        """Start empty."""
        self._period = period
        self._by_month = _Sum(period.months)
        self._by_product = _Sum(PRODUCTS + 2)
        self._by_status = _Sum(len(STATUSES))
        self._active: Flags = np.zeros((customers, period.months), dtype=bool)
        self._as_of = period.end_day - 1 - CHURN_DAYS
        self._known: Flags = np.zeros(customers, dtype=bool)
        self._stayed: Flags = np.zeros(customers, dtype=bool)

    def enter(self, sales: Sales) -> None:
        """Add transactions."""
        self._by_status.add(sales.status, sales.amount)
        counted = sales.status < len(COUNTED_STATUSES)
        customer, day, cents = sales.customer[counted], sales.day[counted], sales.amount[counted]
        self._by_month.add(np.full(len(day), sales.month), cents)
        self._by_product.add(sales.product[counted], cents)
        self._active[customer, sales.month] = True
        self._known[customer[day <= self._as_of]] = True
        self._stayed[customer[day > self._as_of]] = True

    def truth(self) -> RevenueTruth:
        """Everything that was entered, added up."""
        cents, count = int(self._by_month.cents.sum()), int(self._by_month.count.sum())
        months = zip(self._period.month_names, *_lists(self._by_month), strict=True)
        statuses = zip(STATUSES, *_lists(self._by_status), strict=True)
        return RevenueTruth(
            total_revenue=money(cents),
            counted_transactions=count,
            average_order_value=money(Fraction(cents, count)) if count else None,
            revenue_by_month=[RevenueMonth(month, money(sum_), number) for month, sum_, number in months],
            revenue_by_product=self._products(),
            revenue_by_status=[StatusAmount(status, number, money(sum_)) for status, sum_, number in statuses],
            cohort_retention=self._cohorts(),
            churn=self._churn(),
        )

    def _products(self) -> list[ProductRevenue]:
        names: dict[int, tuple[str | None, str | None]] = {at: (f"P{at + 1:04d}", NAMES[at]) for at in range(PRODUCTS)}
        names |= {NAMED_ONLY: (None, NAMED_ONLY_NAME), UNNAMED: (None, None)}
        sums = enumerate(zip(*_lists(self._by_product), strict=True))
        return [ProductRevenue(*names[at], money(cents), count) for at, (cents, count) in sums if count]

    def _cohorts(self) -> list[Cohort]:
        months = self._period.month_names
        first = np.where(self._active.any(axis=1), self._active.argmax(axis=1), -1)
        cohorts = ((month, self._active[first == at, at:].sum(axis=0)) for at, month in enumerate(months))
        return [Cohort(month, int(active[0]), active.tolist()) for month, active in cohorts if active[0]]

    def _churn(self) -> Churn | None:
        if self._as_of < self._period.first_day:
            return None
        known, churned = int(self._known.sum()), int((self._known & ~self._stayed).sum())
        return Churn(day_text(self._as_of), CHURN_DAYS, known, churned, ratio(churned, known))


def _lists(total: _Sum) -> tuple[list[int], list[int]]:
    return total.cents.tolist(), total.count.tolist()

"""Drawing transactions: who buys what on which day, for how much and with which outcome, a piece of a month at a time.

Lives here: the draw and its distribution over customers and days. Must not live here: adding up (revenue_truth.py) or
the files (revenue.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from echo_quality.synthetic.channels import CHANNELS, spelled
from echo_quality.synthetic.period import Floats, Ints, Period, stream
from echo_quality.synthetic.population import Population
from echo_quality.synthetic.products import PRODUCTS, Catalogue

STATUSES = ("paid", "completed", "refunded", "failed", "pending", "cancelled")
STATUS_SHARES = (0.74, 0.14, 0.04, 0.04, 0.02, 0.02)
COUNTED_STATUSES = STATUSES[:2]
NAMED_ONLY, UNNAMED = PRODUCTS, PRODUCTS + 1

_PIECE = 100_000
_CHANGED_FROM = np.array([4, 4, 0, 4, -1, 4])  # what a status was before; -1 = it was never anything else
_NAMED_ONLY_SHARE, _UNNAMED_SHARE, _RETURN_SHARE = 0.01, 0.003, 0.01
_NAMED_ONLY_CENTS = 5_000
_QUANTITY_SHARES = (0.7, 0.15, 0.08, 0.04, 0.03)
_DISCOUNTS = np.array([0, 5, 10, 20])
_DISCOUNT_SHARES = (0.7, 0.12, 0.12, 0.06)
_PAYMENT_SHARES = (0.45, 0.25, 0.2, 0.07, 0.03)
_WEEKDAYS = np.array([1.0, 1.05, 1.1, 1.1, 1.2, 0.75, 0.6])  # from Monday; 1970-01-01 was a Thursday
_SEASON = 0.15
_USUAL_CHANNEL_SHARE = 0.5


@dataclass(frozen=True)
class Sales:
    """Transactions of one month; `was` is the status before a correction, -1 where there is none."""

    number: Ints
    month: int
    customer: Ints
    day: Ints
    product: Ints
    quantity: Ints
    discount: Ints
    amount: Ints
    label: Ints
    status: Ints
    was: Ints
    payment: Ints


class Market:
    """What transactions are drawn from: customers, prices and the weight of each day."""

    def __init__(self, rows: int, population: Population, catalogue: Catalogue, seed: int, period: Period) -> None:
        """Spread `rows` transactions over the months by what the customers there are would buy."""
        self._population, self._seed, self._period = population, seed, period
        others = np.full((2, period.days), _NAMED_ONLY_CENTS, dtype=np.int64)
        self._prices = np.concatenate([catalogue.prices, others])
        days = np.arange(period.first_day, period.end_day)
        weights = _WEEKDAYS[(days + 3) % 7] * (1 + _SEASON * np.sin(2 * np.pi * days / 365.25))
        self._calendar = np.concatenate([[0.0], np.cumsum(weights)])
        totals = np.cumsum([self._appetite(month)[0][-1] for month in range(period.months)])
        self._ends = np.rint(rows * totals / totals[-1]).astype(np.int64)

    def month(self, month: int) -> Iterator[Sales]:
        """The transactions of one month, at least one piece, however empty."""
        end = int(self._ends[month])
        at = int(self._ends[month - 1]) if month else 0
        appetite, first, last = self._appetite(month)
        for piece in range(max(1, -(-(end - at) // _PIECE))):
            count = min(_PIECE, end - at)
            rng = stream(self._seed, "revenue", month, piece)
            customer, day = self._draw_buyers(rng, count, appetite, first, last)
            yield self._draw_baskets(rng, np.arange(at + 1, at + count + 1), month, customer, day)
            at += count

    def _appetite(self, month: int) -> tuple[Floats, Ints, Ints]:
        """Cumulated weight of the customers in a month, and the days from and until which each is there."""
        start, end = (int(day) - self._period.first_day for day in self._period.month_starts[month : month + 2])
        first = np.clip(self._population.arrives - self._period.first_day, start, end)
        last = np.maximum(np.clip(self._population.leaves - self._period.first_day, start, end), first)
        weights = self._population.orders * (self._calendar[last] - self._calendar[first])
        return np.cumsum(weights), first, last

    def _draw_buyers(
        self, rng: np.random.Generator, count: int, appetite: Floats, first: Ints, last: Ints
    ) -> tuple[Ints, Ints]:
        total = float(appetite[-1])
        drawn = np.minimum(rng.random(count) * total, np.nextafter(total, 0))
        customer = np.searchsorted(appetite, drawn, side="right")
        low, high = self._calendar[first[customer]], self._calendar[last[customer]]
        at = np.searchsorted(self._calendar, low + rng.random(count) * (high - low), side="right") - 1
        return customer, np.clip(at, first[customer], last[customer] - 1)

    def _draw_baskets(self, rng: np.random.Generator, number: Ints, month: int, customer: Ints, day: Ints) -> Sales:
        count = len(number)
        product = _draw_products(rng, count)
        status = rng.choice(len(STATUSES), count, p=STATUS_SHARES)
        usual = rng.random(count) < _USUAL_CHANNEL_SHARE
        channel = np.where(usual, self._population.channel[customer], rng.integers(0, len(CHANNELS), count))
        quantity = 1 + rng.choice(len(_QUANTITY_SHARES), count, p=_QUANTITY_SHARES)
        returned = 1 + np.flatnonzero(rng.random(max(0, count - 1)) < _RETURN_SHARE)
        returned = returned[np.diff(returned, prepend=-1) > 1]  # never the return of a return
        for column in (customer, day, product, status, channel):
            column[returned] = column[returned - 1]
        quantity[returned] = -1
        full = self._prices[product, day] * quantity
        discount = np.maximum(full, 0) * rng.choice(_DISCOUNTS, count, p=_DISCOUNT_SHARES) // 100
        return Sales(
            number=number,
            month=month,
            customer=customer,
            day=day + self._period.first_day,
            product=product,
            quantity=quantity,
            discount=discount,
            amount=full - discount,
            label=spelled(rng, channel),
            status=status,
            was=_CHANGED_FROM[status],
            payment=rng.choice(len(_PAYMENT_SHARES), count, p=_PAYMENT_SHARES),
        )


def _draw_products(rng: np.random.Generator, count: int) -> Ints:
    product = rng.integers(0, PRODUCTS, count)
    kind = rng.random(count)
    product[kind < _NAMED_ONLY_SHARE + _UNNAMED_SHARE] = NAMED_ONLY
    product[kind < _UNNAMED_SHARE] = UNNAMED
    return product

"""Who the customers are: traits, how often they buy, when they come and when they leave for good.

Here churn is planted: leaving depends on plan, acquisition channel and segment, all of which are visible in the data.
Must not live here: any row of a file.
"""

from dataclasses import dataclass

import numpy as np

from echo_quality.synthetic.channels import CHANNELS
from echo_quality.synthetic.period import SECONDS_A_DAY, Floats, Ints, Period, stream

SEGMENTS = ("starter", "growth", "professional", "enterprise")
PLANS = ("basic", "pro", "enterprise")
LEAST_CUSTOMERS = 50
ROWS_A_CUSTOMER = 20

_SEGMENT_SHARES = (0.4, 0.3, 0.2, 0.1)
_SEGMENT_ORDERS = np.array([0.7, 1.0, 1.4, 2.0])
_SEGMENT_LEAVES = np.array([1.3, 1.0, 0.8, 0.6])
_PLAN_SHARES = (0.5, 0.35, 0.15)
_PLAN_LEAVES = np.array([3.0, 0.8, 0.15])
_CHANNEL_LEAVES = np.array([0.8, 2.0, 0.4, 0.6, 2.2, 0.5])
_DAYS_TO_LEAVING = 1500.0
_ORDERS_SPREAD = 1.0
_THERE_FROM_THE_START = 0.4
_LAST_ARRIVAL = 0.95
_NEVER = 1 << 40


@dataclass(frozen=True)
class Population:
    """Arrays with one entry for each customer; customer i is C followed by i + 1."""

    segment: Ints
    plan: Ints
    channel: Ints
    created_at: Ints
    leaves: Ints  # the first day on which the customer buys nothing more
    orders: Floats  # how often, relative to the others

    @property
    def size(self) -> int:
        """How many customers."""
        return len(self.segment)

    @property
    def arrives(self) -> Ints:
        """The day each customer was created."""
        return self.created_at // SECONDS_A_DAY


def settle(rows: int, seed: int, period: Period) -> Population:
    """Draw the customers for `rows` transactions; the first one is there all the time."""
    rng = stream(seed, "population")
    size = max(LEAST_CUSTOMERS, rows // ROWS_A_CUSTOMER)
    segment = rng.choice(len(SEGMENTS), size, p=_SEGMENT_SHARES)
    plan = rng.choice(len(PLANS), size, p=_PLAN_SHARES)
    channel = rng.integers(0, len(CHANNELS), size)
    arrives = _arrivals(rng, size, period)
    hazard = _PLAN_LEAVES[plan] * _CHANNEL_LEAVES[channel] * _SEGMENT_LEAVES[segment] / _DAYS_TO_LEAVING
    stays = 1 + (rng.exponential(1.0, size) / hazard).astype(np.int64)
    leaves = np.maximum(arrives, period.first_day) + stays
    leaves[0] = _NEVER
    created_at = arrives * SECONDS_A_DAY + rng.integers(0, SECONDS_A_DAY, size)
    orders = _SEGMENT_ORDERS[segment] * rng.lognormal(0.0, _ORDERS_SPREAD, size)
    return Population(segment, plan, channel, created_at, leaves, orders)


def _arrivals(rng: np.random.Generator, size: int, period: Period) -> Ints:
    """Some in the year before the period, the others all through it, in order."""
    before = period.first_day - 1 - rng.integers(0, 365, size)
    within = period.first_day + (rng.random(size) * period.days * _LAST_ARRIVAL).astype(np.int64)
    arrives = np.sort(np.where(rng.random(size) < _THERE_FROM_THE_START, before, within))
    arrives[0] = min(int(arrives[0]), period.first_day - 1)
    return arrives

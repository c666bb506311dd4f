"""`subscriptions`: the life of each subscription as a log of states, in all four billing periods.

Lives here: the log. What it amounts to month by month is worked out in recurring.py. A subscription of a customer who
has left is cancelled at its next event, so cancellation says something about churn.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.period import SECONDS_A_DAY, Flags, Ints, Period, stream
from echo_quality.synthetic.population import PLANS, Population
from echo_quality.synthetic.recipes import SHARES_OF_A_LOG, Fault, Piece, Recipe
from echo_quality.synthetic.revenue import CURRENCY
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth_counts import SourceTruth

FILES = ("subscriptions_1.csv", "subscriptions_2.csv")
STATUSES = ("trial", "active", "paused", "cancelled")
TRIAL, ACTIVE, PAUSED, CANCELLED = range(len(STATUSES))
BILLING_PERIODS = ("weekly", "monthly", "quarterly", "annual")
FAULTS = (
    Fault.of("unknown_billing_period", "billing_period", "fortnightly"),
    Fault.of("unknown_status", "status", "frozen"),
    Fault.of("missing_customer", "customer_id", ""),
    Fault.of("amount_not_a_number", "amount", "gratis"),
    Fault.of("negative_amount", "amount", "-9.00"),
    Fault.of("impossible_effective_at", "effective_at", "2024-06-31T00:00:00Z"),
)

_CUSTOMER_SHARE, _SECOND_SHARE = 0.6, 0.05
_PERIOD_SHARES = (0.1, 0.55, 0.15, 0.2)
# Cents by plan and billing period. Annual amounts are whole units of currency (see truth.py).
_PRICES = np.array([[749, 2900, 8299, 29900], [2549, 9900, 28199, 101900], [12849, 49900, 142199, 509900]])
_ROUNDS = 8
_TRIAL_SHARE, _TRIAL_DAYS = 0.3, 14
_DAYS_BETWEEN = 80.0
_ON_A_BOUNDARY = 0.05
# Upper bounds of a draw: cancelled subscriptions come back, paused ones resume, trials are taken up or not.
_COMES_BACK, _RESUMES, _TAKEN_UP = 0.25, 0.75, 0.7
_UPGRADE, _DOWNGRADE, _PAUSE, _CANCEL, _REBILL, _NOTHING = range(6)
_ACTION_SHARES = (0.28, 0.16, 0.1, 0.1, 0.14, 0.22)


@dataclass(frozen=True)
class Subscriptions:
    """The log by effective_at, and the customer of each subscription."""

    customer: Ints
    subscription: Ints
    effective_at: Ints
    started_at: Ints
    plan: Ints
    billing: Ints
    cents: Ints
    status: Ints


def draw_subscriptions(population: Population, seed: int, period: Period) -> Subscriptions:
    """Draw the life of every subscription."""
    rng = stream(seed, "subscriptions")
    customer = _subscribers(rng, population.size)
    size = len(customer)
    earliest = np.maximum(population.created_at[customer], period.first_day * SECONDS_A_DAY)
    now = earliest + (rng.random(size) ** 2 * (period.end - earliest)).astype(np.int64)
    now = np.minimum(_some_on_month_start(rng, now, period), period.end - 1)
    started_at = now
    state = {
        "plan": population.plan[customer],
        "billing": rng.choice(len(BILLING_PERIODS), size, p=_PERIOD_SHARES),
        "seats": 1 + rng.poisson(0.6, size),
        "status": np.where(rng.random(size) < _TRIAL_SHARE, TRIAL, ACTIVE),
    }
    rows = [_row(np.arange(size), now, state)]
    for _ in range(_ROUNDS):
        gaps = np.where(state["status"] == TRIAL, _TRIAL_DAYS, 1 + rng.exponential(_DAYS_BETWEEN, size))
        now = _some_on_month_start(rng, now + (gaps * SECONDS_A_DAY).astype(np.int64), period)
        left = now >= population.leaves[customer] * SECONDS_A_DAY
        goes_on = _next_states(rng, state, left) & (now < period.end)
        now = np.where(goes_on, now, period.end)
        rows.append(_row(np.flatnonzero(goes_on), now, state))
    log = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    order = np.lexsort((log["subscription"], log["effective_at"]))
    return Subscriptions(customer=customer, started_at=started_at, **{name: of[order] for name, of in log.items()})


def _subscribers(rng: np.random.Generator, customers: int) -> Ints:
    """Most customers have one subscription, some have two."""
    some = rng.permutation(customers)[: int(customers * _CUSTOMER_SHARE)]
    return np.concatenate([some, some[: int(len(some) * _SECOND_SHARE)]])


def _some_on_month_start(rng: np.random.Generator, seconds: Ints, period: Period) -> Ints:
    """Move some instants on to the first instant of the month after."""
    months = np.clip(period.month_of(seconds // SECONDS_A_DAY), 0, period.months - 1)
    moved = period.month_starts[months + 1] * SECONDS_A_DAY
    return np.where((rng.random(len(seconds)) < _ON_A_BOUNDARY) & (moved > seconds), moved, seconds)


def _row(who: Ints, now: Ints, state: dict[str, Ints]) -> dict[str, Ints]:
    plan, billing, seats = (state[name][who] for name in ("plan", "billing", "seats"))
    return {
        "subscription": who,
        "effective_at": now[who],
        "plan": plan,
        "billing": billing,
        "cents": _PRICES[plan, billing] * seats,
        "status": state["status"][who],
    }


def _next_states(rng: np.random.Generator, state: dict[str, Ints], left: Flags) -> Flags:
    """Move every subscription to its next state; False where it stays cancelled and writes no row."""
    was, chance = state["status"], rng.random(len(left))
    action = rng.choice(len(_ACTION_SHARES), len(left), p=_ACTION_SHARES)
    acts = (was == ACTIVE) & ~left
    step = (acts & (action == _UPGRADE)).astype(np.int64) - (acts & (action == _DOWNGRADE))
    state["plan"] = np.clip(state["plan"] + step, 0, len(PLANS) - 1)
    state["billing"] = (state["billing"] + (acts & (action == _REBILL))) % len(BILLING_PERIODS)
    from_active = np.select([action == _PAUSE, action == _CANCEL], [PAUSED, CANCELLED], ACTIVE)
    from_trial = np.where(chance < _TAKEN_UP, ACTIVE, CANCELLED)
    from_pause = np.where(chance < _RESUMES, ACTIVE, CANCELLED)
    from_cancelled = np.where(chance < _COMES_BACK, ACTIVE, CANCELLED)
    status = np.choose(was, [from_trial, from_active, from_pause, from_cancelled])
    state["status"] = np.where(left, CANCELLED, status)
    goes_on: Flags = (was != CANCELLED) | (state["status"] != CANCELLED)
    return goes_on


def write_subscriptions(out: Path, log: Subscriptions, seed: int, period: Period) -> SourceTruth:
    """Write the source."""
    recipe = Recipe("subscriptions", "subscription_id", "S", 6, len(log.customer) + 1, FAULTS, SHARES_OF_A_LOG)
    pieces = by_file(partial(_piece, log), period.file_of(log.effective_at))
    return ship(out, recipe, FILES, pieces, stream(seed, "subscriptions", "planting"))


def _piece(log: Subscriptions, at: Ints) -> Piece:
    """Some rows of the log; a correction is one that first came with a higher amount."""
    who, effective_at, status = log.subscription[at], log.effective_at[at], log.status[at]
    rows = pa.table(
        {
            "subscription_id": cells.numbered("S", who + 1, 6),
            "effective_at": cells.instants(effective_at),
            "customer_id": cells.numbered("C", log.customer[who] + 1, 6),
            "plan": cells.chosen(PLANS, log.plan[at]),
            "amount": cells.cents(log.cents[at]),
            "currency": cells.chosen((CURRENCY,), np.zeros_like(who)),
            "billing_period": cells.chosen(BILLING_PERIODS, log.billing[at]),
            "status": cells.chosen(STATUSES, status),
            "started_at": cells.instants(log.started_at[who]),
            "ended_at": cells.only(status == CANCELLED, cells.instants(effective_at)),
        }
    )
    return Piece(rows, {"amount": cells.cents(log.cents[at] + 1200)})

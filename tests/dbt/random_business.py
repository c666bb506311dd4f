"""A small business at random: few customers, products and channels, so that all meet; many events near a midnight."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from dbt_warehouse import Warehouse

LAST = date(2024, 8, 20)
_DAYS = 230
_HOURS = ("00:00:00", "03:30:00", "12:00:00", "18:29:59", "18:30:00", "23:59:59")
_SOURCES = {
    "revenue": "transaction_date", "marketing": "event_date", "customers": "updated_at", "products": "updated_at",
    "subscriptions": "effective_at",
}  # fmt: skip


def fill(warehouse: Warehouse, seed: int) -> None:
    """Rows of every source that features are made of."""
    rng = random.Random(seed)
    for number in range(160):
        sell(warehouse, rng, f"t{number}")
    sell(warehouse, rng, "last", LAST)
    for number in range(60):
        leads = rng.choice((0, 0, 3, 10))
        warehouse.add(
            "marketing", event_id=f"m{number}", event_date=_day(rng), channel=_label(rng), leads=leads,
            conversions=rng.randint(0, leads), spend=_money(rng),
        )  # fmt: skip
    for number in range(24):
        warehouse.add(
            "customers", customer_id=f"c{rng.randrange(9)}", updated_at=_instant(rng), created_at=_instant(rng),
            segment=rng.choice(("small", "large", None)), plan_type=rng.choice(("basic", "pro")), _row_id=number,
            acquisition_channel=rng.choice(("Email", "fair", None)), is_deleted=rng.random() < 0.2,
        )  # fmt: skip
    for number in range(12):
        warehouse.add(
            "products", product_id=f"p{rng.randrange(5)}", updated_at=_instant(rng), price=_money(rng), _row_id=number,
            created_at=_instant(rng), is_deleted=rng.random() < 0.2,
        )  # fmt: skip
    for number in range(40):
        subscription = rng.randrange(12)
        warehouse.add(
            "subscriptions", subscription_id=f"s{subscription}", customer_id=f"c{subscription % 10}",
            amount=_money(rng), effective_at=_instant(rng),
            status=rng.choice(("active", "cancelled", "paused", "trial", "active")),
            billing_period=rng.choice(("weekly", "monthly", "quarterly", "annual")), _row_id=number,
        )  # fmt: skip


def sell(warehouse: Warehouse, rng: random.Random, transaction_id: str, day: date | None = None) -> None:
    """One line of revenue, of any kind."""
    is_return = rng.random() < 0.15
    amount, quantity = _money(rng), rng.choice((None, 1, 2, Decimal("0.5")))
    kind = rng.choice(("id", "id", "name", "none"))
    warehouse.sell(
        transaction_id, (day or _day(rng)).isoformat(), str(-amount if is_return else amount),
        customer_id=f"c{rng.randrange(8)}", quantity=-quantity if is_return and quantity else quantity,
        discount=rng.choice((None, 0, _money(rng))), channel=rng.choice((None, _label(rng))),
        status=rng.choice(("paid", "paid", "completed", "refunded", "failed", "pending", "cancelled")),
        product_id=f"p{rng.randrange(6)}" if kind == "id" else None,
        product=rng.choice(("Basic", "Pro")) if kind != "none" else None,
    )  # fmt: skip


def publish(warehouse: Warehouse, mark: int, zone: str = "UTC") -> None:
    """Mark every day of every row, as publishing all of them by one load would."""
    for source, column in _SOURCES.items():
        days = {_day_of(value, zone) for (value,) in warehouse.rows(f"select distinct {column} from staging.{source}")}
        warehouse.touch(source, mark, *sorted(map(str, days)))
    warehouse.connection.execute("select setval(pg_get_serial_sequence('ops.loads', 'load_id'), %s)", [mark])


def _day_of(value: date, zone: str) -> date:
    return value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value


def _day(rng: random.Random) -> date:
    return LAST - timedelta(min(rng.choice((rng.randrange(_DAYS), rng.randrange(45))), _DAYS))


def _instant(rng: random.Random) -> datetime:
    return datetime.fromisoformat(f"{_day(rng) - timedelta(1)}T{rng.choice(_HOURS)}").replace(tzinfo=UTC)


def _money(rng: random.Random) -> Decimal:
    return Decimal(rng.randint(1, 20_000)) / 100


def _label(rng: random.Random) -> str:
    choices: tuple[Callable[[], str], ...] = (lambda: "Email", lambda: " google ads", lambda: "AdWords", lambda: "Fair")
    return rng.choice(choices)()

"""`products`: forty products with price changes, categories that go A-B-A or to NULL and back, and empty updates.

Lives here: the log, the price of every day, and the number of versions a slowly changing dimension must have.
Products are few, so this is the one source written row by row. They are never renamed.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.period import SECONDS_A_DAY, Ints, Period, stream
from echo_quality.synthetic.recipes import Fault, Piece, Recipe, Shares
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth_counts import Dimension, SourceTruth

PRODUCTS = 40
FILES = ("products_1.jsonl", "products_2.jsonl")
FAULTS = (
    Fault.of("price_not_a_number", "price", "free"),
    Fault.of("missing_name", "name", ""),
    Fault.of("negative_price", "price", "-1.00"),
    Fault.of("impossible_updated_at", "updated_at", "2024-04-31T00:00:00Z"),
    Fault.of("is_active_not_a_flag", "is_active", "maybe"),
)
CATEGORIES = ("analytics", "automation", "integration", "reporting")
LINES = ("Atlas", "Beacon", "Compass", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Iris", "Juniper")
TIERS = ("Basic", "Plus", "Pro", "Max")
NAMES = tuple(f"{line} {tier}" for line in LINES for tier in TIERS)

_SHARES = Shares(0.04, 0.03, 0.03, 0.02, 0.04, 0.04, 0.01)
_TIER_CENTS = (1900, 4900, 14900, 49900)
_CHANGES = ("price", "category_and_back", "category_to_null_and_back", "nothing", "price", "active")


@dataclass(frozen=True)
class _Version:
    product: int
    updated_at: int
    category: int
    cents: int
    is_active: bool


@dataclass(frozen=True)
class Catalogue:
    """The log of all products, by updated_at, and the price in cents of each product on each day of the period."""

    log: tuple[_Version, ...]
    prices: Ints

    @property
    def versions(self) -> int:
        """Rows that differ from the product's row before in what the dimension tracks."""
        seen: dict[int, tuple[int, int]] = {}
        count = 0
        for row in self.log:
            count += seen.get(row.product) != (row.category, row.cents)
            seen[row.product] = (row.category, row.cents)
        return count


def draw_catalogue(seed: int, period: Period) -> Catalogue:
    """Draw the history of all products."""
    rng = stream(seed, "products")
    log = [version for product in range(PRODUCTS) for version in _history(rng, product, period)]
    log.sort(key=lambda version: (version.updated_at, version.product))
    prices = np.zeros((PRODUCTS, period.days), dtype=np.int64)
    for version in log:
        prices[version.product, max(0, version.updated_at // SECONDS_A_DAY - period.first_day) :] = version.cents
    return Catalogue(tuple(log), prices)


def _history(rng: np.random.Generator, product: int, period: Period) -> list[_Version]:
    created_at = period.first_day * SECONDS_A_DAY - int(rng.integers(1, 300 * SECONDS_A_DAY))
    cents = _TIER_CENTS[product % len(TIERS)] + 100 * int(rng.integers(0, 10))
    now = _Version(product, created_at, int(rng.integers(0, len(CATEGORIES))), cents, True)
    history = [now]
    for _ in range(int(rng.integers(0, 4))):
        change = _CHANGES[int(rng.integers(0, len(_CHANGES)))]
        for state in _after(rng, now, change):
            at = max(history[-1].updated_at, period.first_day * SECONDS_A_DAY) + 3600
            now = replace(state, updated_at=at + int(rng.exponential(0.25 * period.days * SECONDS_A_DAY)))
            history.append(now)
    return [version for version in history if version.updated_at < period.end]


def _after(rng: np.random.Generator, now: _Version, change: str) -> list[_Version]:
    if change == "price":
        return [replace(now, cents=now.cents * int(rng.integers(90, 116)) // 100)]
    if change == "category_and_back":
        return [replace(now, category=(now.category + 1) % len(CATEGORIES)), now]
    if change == "category_to_null_and_back":
        return [replace(now, category=-1), now]
    return [now if change == "nothing" else replace(now, is_active=not now.is_active)]


def write_products(out: Path, catalogue: Catalogue, seed: int, period: Period) -> tuple[SourceTruth, Dimension]:
    """Write the source and say how many versions its dimension must have."""
    log = catalogue.log
    product, updated_at, category, cents = (
        np.array([getattr(row, name) for row in log]) for name in ("product", "updated_at", "category", "cents")
    )
    created_at = {row.product: row.updated_at for row in reversed(log)}
    active = np.array([row.is_active for row in log])
    rows = pa.table(
        {
            "product_id": cells.numbered("P", product + 1, 4),
            "updated_at": cells.instants(updated_at),
            "name": cells.chosen(NAMES, product),
            "category": cells.chosen(CATEGORIES, category),
            "price": cells.cents(cents),
            "is_active": cells.chosen(("false", "true"), active.astype(np.int64)),
            "created_at": cells.instants(np.array([created_at[row.product] for row in log])),
        }
    )
    before = cells.chosen(("true", "false"), active.astype(np.int64))
    recipe = Recipe("products", "product_id", "P", 4, PRODUCTS + 1, FAULTS, _SHARES)

    def piece(at: Ints) -> Piece:
        return Piece(rows.take(pa.array(at)), {"is_active": before.take(pa.array(at))})

    pieces = by_file(piece, period.file_of(updated_at))
    truth = ship(out, recipe, FILES, pieces, stream(seed, "products", "planting"))
    return truth, Dimension(PRODUCTS, catalogue.versions)

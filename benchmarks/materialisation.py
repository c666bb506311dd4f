r"""Materialising a view of many customers: Echo's way beside Feast's default settings, and the same values read back.

    python benchmarks/materialisation.py [--customers 50000] [--rounds 1]

Offline and online are one PostgreSQL server. Feast's defaults: its own PostgreSQL online store, a row for each feature,
one batch. Beside them Feast with wide rows and Echo's settings, as `feast materialize` does it here. Each round begins
with empty online tables; afterwards all customers are read back from both stores through Feast and compared. Prints
seconds and ratios; ends with 1 if Echo's way is not 3 times as fast as Feast's defaults, or a value differs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from feature_rows import FeatureRows, feature_rows, other_online_store

from echo_ml.features.feast_objects import feast_objects
from echo_ml.features.materialising import materialise
from echo_ml.features.registry import quiet
from echo_ml.features.stores import feature_store
from echo_ml.features.through_feast import unheard

BOUND = 3.0
SPAN = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
VIEW = "customer_daily"


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def through(store: Any) -> Callable[[], None]:
    """Feast's materialisation of the view into a store."""

    def work() -> None:
        with unheard():
            store.materialize(*SPAN, feature_views=[VIEW])

    return work


def differing(rows: FeatureRows, one: Any, other: Any, customers: int) -> int:
    """How many values of all customers differ between two stores."""
    names = [f"{VIEW}:{name}" for name in rows.view(VIEW).names]
    found = 0
    for first in range(1, customers + 1, 1000):
        ids = [{"customer_id": f"C{number}"} for number in range(first, min(first + 1000, customers + 1))]
        read = [store.get_online_features(features=names, entity_rows=ids).to_dict() for store in (one, other)]
        found += sum(a != b for name in read[0] for a, b in zip(read[0][name], read[1][name], strict=True))
    return found


def main() -> None:
    """Measure in turns, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=1)
    asked = parser.parse_args()
    with feature_rows(asked.customers) as rows:
        own = other_online_store(rows.places, rows.feasts_own, "own")
        wide = feature_store(rows.places, "wide")
        with quiet(), unheard():
            for store in (own, wide):
                store.apply(feast_objects(rows.views, "UTC", services_too=False))
        works: dict[str, Callable[[], object]] = {
            "Feast's defaults": through(own),
            "Feast on wide rows": through(wide),
            "in SQL": lambda: materialise(rows.connection, rows.view(VIEW)),
        }
        taken: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(asked.rounds):
            for name, work in works.items():
                rows.connection.execute(f"truncate feature_online.{VIEW}, feast_online.own_{VIEW}".encode())
                taken[name].append(seconds(work))
                print(f"{name} {taken[name][-1]:.2f} s", flush=True)
        through(own)()
        wrong = differing(rows, own, wide, asked.customers)
    base = median(taken["Feast's defaults"])
    print(f"\n{asked.customers} customers x {len(rows.view(VIEW).names)} features, median of {asked.rounds}")
    print("                                seconds   times as fast")
    for name, times in taken.items():
        print(f"{name:30} {median(times):8.2f} {base / median(times):8.1f}")
    print(f"{wrong} values differ when all customers are read back")
    if wrong or base / median(taken["in SQL"]) < BOUND:
        sys.exit(f"below the bound of {BOUND}, or values differ")


if __name__ == "__main__":
    main()

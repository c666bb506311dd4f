r"""Reading 30 features online, beside a primary-key SELECT of the same values and Feast's own way of reading them.

    python benchmarks/online_features.py [--customers 10000] [--reads 1000]

The same random ids for all, in turns of random order: the reader that serves and a plain SELECT by primary key through
psycopg, both on one connection; Feast's `get_online_features` over the same tables, and over its own PostgreSQL store,
which keeps a row for each feature. Prints p50 and p99 for 1 and for 100 entities and the ratios of the p50 to that of
the SELECT; ends with 1 if the reader's is above 2.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
from feature_rows import FeatureRows, feature_rows, other_online_store

from echo_ml.features.feast_objects import feast_objects
from echo_ml.features.materialising import materialise
from echo_ml.features.online import OnlineFeatures
from echo_ml.features.registry import quiet
from echo_ml.features.through_feast import unheard

BOUND = 2.0
ENTITIES = (1, 100)
FEAST_EVERY = 5
"""Feast is asked at every fifth turn: its medians are far from the bound."""
Read = Callable[[list[str]], Any]


def readers(rows: FeatureRows, feast_too: bool) -> dict[str, Read]:
    """Every way of reading, over the same values."""
    views = [rows.view("customer_daily"), rows.view("customer_exposures")]
    names = [f"{view.name}:{name}" for view in views for name in view.names]
    assert len(names) == 30, f"{len(names)} features: choose others"
    for view in views:
        materialise(rows.connection, view)
    connection = psycopg.connect(rows.places.url, autocommit=True)
    connection.execute("analyze")
    features = OnlineFeatures(lambda: nullcontext(connection), views)
    found: dict[str, Read] = {
        "SELECT by primary key": lambda ids: connection.execute(
            _select(views, len(ids)), [ids if len(ids) > 1 else ids[0]]
        ).fetchall(),
        "OnlineFeatures": lambda ids: features.read("customer", ids),
    }
    if feast_too:
        stores = {
            "Feast on wide rows": other_online_store(rows.places, rows.places.online_store, "wide"),
            "Feast on its own store": other_online_store(rows.places, rows.feasts_own, "own"),
        }
        for name, store in stores.items():
            with quiet(), unheard():
                store.apply(feast_objects(rows.views, "UTC", services_too=False))
                store.materialize(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
            found[name] = lambda ids, store=store: store.get_online_features(  # type: ignore[misc]
                features=names, entity_rows=[{"customer_id": each} for each in ids]
            ).to_dict()
    return found


def _select(views: list[Any], entities: int) -> bytes:
    columns = ", ".join(f"v{number}.{name}" for number, view in enumerate(views) for name in view.names)
    where = "v0.customer_id = %s" if entities == 1 else "v0.customer_id = any(%s)"
    joined = "left join feature_online.customer_exposures as v1 using (customer_id)"
    return f"select {columns} from feature_online.customer_daily as v0 {joined} where {where}".encode()


def measured(ways: dict[str, Read], customers: int, entities: int, reads: int) -> dict[str, np.ndarray]:
    """Milliseconds of each read, in turns."""
    rng = np.random.default_rng(1)
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(reads + 20):
        ids = [f"C{number}" for number in rng.integers(1, customers, entities)]
        for name in rng.permutation(list(ways)):
            read = ways[name]
            if name.startswith("Feast") and turn % FEAST_EVERY:
                continue
            start = time.perf_counter()
            read(ids)
            if turn >= 20:
                taken[name].append((time.perf_counter() - start) * 1000)
    return {name: np.array(times) for name, times in taken.items()}


def main() -> None:
    """Measure in turns, print medians, tails and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--reads", type=int, default=1_000)
    parser.add_argument(
        "--without-feast", action="store_true", help="only the reader and the SELECT: seconds, not minutes"
    )
    asked = parser.parse_args()
    worst = 0.0
    with feature_rows(asked.customers) as rows:
        ways = readers(rows, not asked.without_feast)
        for entities in ENTITIES:
            taken = measured(ways, asked.customers, entities, asked.reads)
            base = float(np.median(taken["SELECT by primary key"]))
            print(
                f"\n30 features of {entities} of {asked.customers} customers   p50 ms   p99 ms   p50 over SELECT",
                flush=True,
            )
            for name, times in taken.items():
                ratio = float(np.median(times)) / base
                print(
                    f"{name:44} {np.median(times):8.3f} {np.percentile(times, 99):8.3f} {ratio:8.2f}   n={len(times)}"
                )
                worst = max(worst, ratio if name == "OnlineFeatures" else 0.0)
    sys.exit(f"the reader takes {worst:.2f} times a SELECT, over the bound of {BOUND}" if worst > BOUND else None)


if __name__ == "__main__":
    main()

"""Customers without a warehouse: frames as Feast hands them over, with outcomes that follow from a rule; no tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from echo_ml.models.churn.split import Split
from echo_ml.models.churn.training_set import TrainingSet, training_set_of

Floats = NDArray[np.float64]
SPLIT = Split((date(2024, 1, 31), date(2024, 2, 29)), date(2024, 5, 31), date(2024, 8, 31), 90)
"""Two snapshots that teach, one that calibrates, one that tests."""


@dataclass(frozen=True)
class Chance:
    """The chance to churn, from recency in days, whether one is a trial customer, and a share by luck."""

    of: Callable[[Floats, Floats], Floats]


NO_SIGNAL = Chance(lambda recency, trial: np.full(len(recency), 0.2))
RECENCY_ONLY = Chance(lambda recency, trial: 0.05 + 0.5 * recency / 90)
MORE_THAN_RECENCY = Chance(lambda recency, trial: 0.02 + 0.25 * recency / 90 + 0.5 * trial)


def found(
    customers: int = 600, chance: Chance = MORE_THAN_RECENCY, split: Split = SPLIT, seed: int = 5
) -> pd.DataFrame:
    """What Feast would find: every customer at every snapshot of a split, with `churned`."""
    rng = np.random.default_rng(seed)
    snapshots = []
    trial = (rng.random(customers) < 0.3).astype(float)
    for day in split.snapshots:
        recency = rng.integers(0, 90, customers).astype(float)
        snapshots.append(
            pd.DataFrame(
                {
                    "customer_id": [f"C{number:05}" for number in range(customers)],
                    "event_timestamp": pd.Timestamp(day, tz="UTC") + pd.Timedelta(days=1),
                    "snapshot_date": day,
                    "churned": rng.random(customers) < chance.of(recency, trial),
                    "recency_days": np.where(rng.random(customers) < 0.05, np.nan, recency),
                    "orders_last_90d": rng.poisson(2, customers).astype(float),
                    "plan_type": np.where(trial == 1, "trial", rng.choice(["pro", "basic"], customers)),
                }
            )
        )
    return pd.concat(snapshots, ignore_index=True)


def made_set(
    customers: int = 600, chance: Chance = MORE_THAN_RECENCY, split: Split = SPLIT, seed: int = 5
) -> TrainingSet:
    """A training set of them."""
    return training_set_of(found(customers, chance, split, seed), split)

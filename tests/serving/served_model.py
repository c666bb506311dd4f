"""A source of models without a registry: a formula over three features, with versions that can be broken. No tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from echo_ml.serving.champion import LoadedModel, Rows

INPUTS = ("orders_last_30d", "recency_days", "lifetime_avg_order_value")


def churn_of(values: Mapping[str, Any], version: str) -> float:
    """What version so-and-so says; a missing value counts as nothing."""
    orders, recency, value = (float(values[name] or 0) for name in INPUTS)
    odds = 0.3 * orders - 0.02 * recency + 0.001 * value - 0.1 * int(version)
    return round(1 / (1 + math.exp(max(-500.0, min(500.0, odds)))), 12)  # on every machine the same


def formula(version: str) -> Callable[[Rows], list[float]]:
    """The model of a version."""
    return lambda rows: [churn_of(row, version) for row in rows]


@dataclass
class Registry:
    """Versions by alias; `broken` says what goes wrong as a version is loaded, `away` what with the registry."""

    version: str | None = "1"
    broken: dict[str, LoadedModel | Exception] = field(default_factory=dict)
    away: Exception | None = None
    loads: list[str] = field(default_factory=list)
    name: str = "churn_predictor"

    def champion(self) -> str | None:
        """The version that the alias points at."""
        if self.away:
            raise self.away
        return self.version

    def load(self, version: str) -> LoadedModel:
        """A version in memory."""
        self.loads.append(version)
        found = self.broken.get(version)
        if isinstance(found, Exception):
            raise found
        return found or LoadedModel(self.name, version, f"run-{version}", INPUTS, formula(version))

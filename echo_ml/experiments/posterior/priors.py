"""What is believed of a conversion rate before any of its users are seen, as a Beta distribution with a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echo_ml.experiments.moments import Moments


@dataclass(frozen=True)
class Prior:
    """Beta(a, b), both above 0: as if a conversions among a + b users had been seen. It is of each arm by itself."""

    name: str
    a: float
    b: float


FLAT = Prior("flat", 1, 1)
"""Every rate is as likely (Bayes, 1763)."""
JEFFREYS = Prior("Jeffreys", 0.5, 0.5)
"""The same whichever scale the rate is on (Jeffreys, Proceedings of the Royal Society A 186, 1946, 453-461)."""


def from_history(past: Moments) -> Prior:
    """The Beta whose mean and variance are those of past rates; `past` has one control arm by experiment, shape (n,).

    Method of moments (Kleinman, Journal of the American Statistical Association 68, 1973, 46-54, with equal weights):
    what the rates vary beyond the chance of the draw is the prior's variance. It weighs no less than Jeffreys' prior,
    and no more than the users of the smallest of these experiments: it cannot outvote one where rates hardly vary.
    Raises ValueError below two experiments of several users, or where none or all of the users converted.
    """
    seen = past.users > 1
    users, rates = past.users[seen], past.y[seen] / past.users[seen]
    mean = float(rates.mean()) if rates.size else 0.0
    if rates.size < 2 or not 0 < mean < 1:
        raise ValueError(
            "A prior from history needs two past experiments of several users, some of whom converted, not all."
        )
    by_chance = float(np.mean(1 / users))
    spread = float(rates.var(ddof=1)) / (mean * (1 - mean))
    correlation = (spread - by_chance) / (1 - by_chance)
    most = float(users.min())
    weight = most if correlation <= 0 else min(max(1 / correlation - 1, 1.0), most)
    return Prior("history", mean * weight, (1 - mean) * weight)

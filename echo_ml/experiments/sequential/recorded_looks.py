"""A path that goes on from looks that were recorded: what was seen then stays as it was seen.

Data that arrive late change what is known of earlier days. A look is what was known when it was taken, so that taking
the past anew with later data would be further looks, which no boundary has paid for.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

from echo_ml.experiments.findings import Path


def continued(earlier: Path, fresh: Path, alpha: float) -> Path:
    """The recorded path with the days of `fresh` that follow it; `alpha` is the arm's level.

    `fresh` may begin with any day. Its boundaries and its p-values must not depend on the statistic of days before.
    """
    start = next((at for at, day in enumerate(fresh.days) if day > earlier.days[-1]), len(fresh.days))
    joined = replace(
        fresh,
        days=earlier.days + fresh.days[start:],
        users=earlier.users + fresh.users[start:],
        statistic=earlier.statistic + fresh.statistic[start:],
        lower=earlier.lower + fresh.lower[start:],
        upper=earlier.upper + fresh.upper[start:],
        p_value=tuple(accumulate(earlier.p_value + fresh.p_value[start:], _smaller)),
    )
    later = (at for at in range(len(earlier.days), len(joined.days)) if _crosses(joined, at, alpha))
    first = next(later, None)
    return replace(joined, crossed_on=earlier.crossed_on or (None if first is None else joined.days[first]))


def _smaller(one: float | None, other: float | None) -> float | None:
    return min((each for each in (one, other) if each is not None), default=None)


def _crosses(path: Path, at: int, alpha: float) -> bool:
    p_value, statistic, upper = path.p_value[at], path.statistic[at], path.upper[at]
    if p_value is not None:
        return p_value <= alpha
    return statistic is not None and upper is not None and abs(statistic) >= upper

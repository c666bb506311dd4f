"""How large an experiment would have to be that nobody has begun: users and days, from what was measured before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from echo_ml.experiments.design import Metric
from echo_ml.experiments.fixed.comparing import value
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.sizes.power import outcome_of
from echo_ml.experiments.sizes.sizing import MOST_UNITS, ErrorRates, required_users


class NotPlannable(ValueError):
    """What was measured, or asked for, cannot be planned with; the text says why and what could."""


@dataclass(frozen=True)
class Plan:
    """Users of all arms, of each arm, and days. `days` is None where no user comes by."""

    needed: int
    by_arm: tuple[int, ...]
    days: int | None
    formula: str
    baseline: float
    std_deviation: float


def plan_of(
    metric: Metric, measured: Moments, shares: Sequence[float], mde: float, rates: ErrorRates, users_a_day: float
) -> Plan:  # fmt: skip
    """Plan one look at the end, each arm compared with the first one.

    `measured` are scalar moments of units as control would be; `shares` sum to 1, control first; `mde` is the absolute
    effect to be seen (any sign). With several arms each comparison has its share of alpha (Bonferroni), as in readouts.
    The arm that needs most users decides. NotPlannable where nothing was measured, or the effect cannot be there.
    """
    outcome = outcome_of(metric.kind, measured)
    if outcome is None:
        raise NotPlannable(
            f"{metric.name}: {float(measured.users):,.0f} units were measured, and nothing varies among them"
        )
    each = ErrorRates(rates.alpha / (len(shares) - 1), rates.power, rates.sides)
    try:
        found = [required_users(outcome, mde, each, share / shares[0]) for share in shares[1:]]
    except ValueError as error:
        raise NotPlannable(f"{metric.name}: {error}") from None
    control = max(math.inf if users is None else users for users in found)
    if not math.isfinite(control):
        raise NotPlannable(f"{metric.name}: an effect of {mde} needs more than {MOST_UNITS:.0e} units")
    total = control / shares[0]
    by_arm = tuple(math.ceil(total * share - 1e-6) for share in shares)
    days = math.ceil(sum(by_arm) / users_a_day) if users_a_day > 0 else None
    middle = float(value(metric.kind, measured)[0])
    return Plan(sum(by_arm), by_arm, days, str(outcome.formula), middle, math.sqrt(outcome.variance))

"""Boundaries for a planned number of looks: the error is spent over the looks, by how much is known at each.

Method: alpha spending (Lan and DeMets 1983, Biometrika 70:659), where each look may use what its share of the planned
information allows, so that looks may be unequal, added or left out as long as no one does so because of the effect
seen. Boundaries are computed by recursive numerical integration (Armitage, McPherson and Rowe 1969, JRSS A 132:235),
never looked up. Assumption: the statistic is a sum of independent, approximately normal increments (every difference
of two means is, at more than some tens of units a look). Which days are looks is the business of `paths.py`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from echo_ml.experiments.moments import Floats

UNREACHABLE = 1e-16
"""A look that may spend less than this has no boundary: nothing within 8 standard errors would cross it."""
SAME_LOOK = 1e-4
"""Looks between which less than this share of the information arrives count as one, for what they may spend."""
_EDGE = 9.0
_NODES_A_DEVIATION = 3.0


class Spending(StrEnum):
    """How much of the error is spent by what share of the information."""

    OBRIEN_FLEMING = "O'Brien-Fleming"
    """Almost nothing early: the last boundary is close to that of a single look."""
    POCOCK = "Pocock"
    """About the same boundary at each look: stops earlier, needs more units if it does not."""

    def spent(self, share: Floats, alpha: float) -> Floats:
        """The error spent (of `alpha`, two-sided) at a share (0..1) of the information (Lan and DeMets 1983)."""
        from scipy.special import log_ndtr, ndtri

        if self is Spending.POCOCK:
            return alpha * np.log1p((math.e - 1) * share)
        with np.errstate(divide="ignore"):
            return np.asarray(4 * np.exp(log_ndtr(ndtri(alpha / 4) / np.sqrt(share))))


@dataclass(frozen=True)
class _Surviving:
    """Where the statistic is on the Brownian scale at `time`, of runs that crossed no boundary: masses at nodes."""

    time: float
    spent: float
    nodes: Floats
    masses: Floats

    def crossing(self, edge: float, deviation: float) -> tuple[float, float]:
        """The probability to be beyond +-edge after one more increment, and its derivative by the edge."""
        from scipy.special import ndtr

        above, below = (self.nodes - edge) / deviation, (-self.nodes - edge) / deviation
        slope = np.exp(-above * above / 2) + np.exp(-below * below / 2)
        return (
            float(self.masses @ (ndtr(above) + ndtr(below))),
            -float(self.masses @ slope) / (deviation * math.sqrt(2 * math.pi)),
        )

    def after(self, time: float, bound: float, spent: float, finest: float) -> _Surviving:
        """The runs that survive a look at `time`; `finest` is the smallest deviation of an increment to come."""
        deviation = math.sqrt(time - self.time)
        edge = min(bound, _EDGE) * math.sqrt(time)
        count = 16 + 8 * math.ceil(_NODES_A_DEVIATION * edge / min(deviation, finest) / 8)
        unit, weights = _quadrature(count)
        nodes = edge * unit
        steps = (nodes[:, None] - self.nodes) / deviation
        density = np.exp(-steps * steps / 2) @ self.masses / (deviation * math.sqrt(2 * math.pi))
        return _Surviving(time, spent, nodes, edge * weights * density)


_START = _Surviving(0.0, 0.0, np.zeros(1), np.ones(1))


def boundaries(
    information: Sequence[float],
    alpha: float = 0.05,
    spending: Spending = Spending.OBRIEN_FLEMING,
    spent_at: Sequence[float] | None = None,
) -> tuple[float, ...]:
    """The boundary of |z| at each look, two-sided; infinite where nothing may be spent.

    `information` (any positive unit; users will do) never falls from look to look. `spent_at` is the share of the
    planned information, 0..1, never falling either, that counts for spending; without it the last look is the planned
    end. A ValueError says which of this does not hold.
    """
    times = _shares(information)
    shares = times if spent_at is None else tuple(float(each) for each in spent_at)
    _check(times, shares, alpha)
    return _boundaries(times, shares, alpha, spending)


def crossing_probability(information: Sequence[float], bounds: Sequence[float], drift: float = 0.0) -> float:
    """The probability that |z| exceeds its bound at some look, where z at the last look has the mean `drift`.

    With a drift of 0 that is the error spent, otherwise the power. A ValueError if two looks are all but the same.
    """
    times = _shares(information)
    _check(times, times)
    if any(after - before < SAME_LOOK for before, after in itertools.pairwise(times)):
        raise ValueError(f"looks must be apart by {SAME_LOOK} of the information at least: {list(information)}")
    state = _START
    for at, (time, bound) in enumerate(zip(times, bounds, strict=True)):
        state = state.after(time, bound, 0.0, _finest(times, at))
    return 1 - float(state.masses @ np.exp(drift * state.nodes - drift * drift / 2))


@lru_cache(maxsize=1024)
def inflation(looks: int, alpha: float, power: float, spending: Spending = Spending.OBRIEN_FLEMING) -> float:
    """How many times the units of a single look are needed for the same power with so many equal looks.

    Jennison and Turnbull (2000), Group Sequential Methods, section 2.3.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    times = [look / looks for look in range(1, looks + 1)]
    bounds = boundaries(times, alpha, spending)
    single = float(ndtri(1 - alpha / 2) + ndtri(power))
    drift = brentq(lambda at: crossing_probability(times, bounds, at) - power, single - 0.5, 2 * single + 1, xtol=1e-10)
    return float((drift / single) ** 2)


@lru_cache(maxsize=4096)
def _boundaries(
    times: tuple[float, ...], shares: tuple[float, ...], alpha: float, spending: Spending
) -> tuple[float, ...]:
    spent = spending.spent(np.asarray(shares, dtype=np.float64), alpha).tolist()
    states, bounds = [_START], []
    for at, time in enumerate(times):
        while len(states) > 1 and time - states[-1].time < SAME_LOOK:
            states.pop()  # hardly anything is new: this look stands for the one before it as well
        known = states[-1]
        bounds.append(_bound(known, time, spent[at] - known.spent))
        if at + 1 < len(times):
            states.append(known.after(time, bounds[-1], spent[at], _finest(times, at)))
    return tuple(bounds)


def _bound(known: _Surviving, time: float, spend: float) -> float:
    """The bound of |z| at `time` that is crossed for the first time with the probability `spend`.

    Newton's method on the logarithm, which is concave; from above the root it converges without overshoot. Above it
    is the bound of a single look, and what a single increment exceeds from where the runs can be at most.
    """
    from scipy.special import ndtri

    if spend < UNREACHABLE:
        return math.inf
    deviation = math.sqrt(time - known.time)
    single = -float(ndtri(spend / 2))
    edge = min(single * math.sqrt(time), single * deviation + float(known.nodes[-1]))
    for _ in range(50):
        probability, slope = known.crossing(edge, deviation)
        step = probability / slope * math.log(probability / spend)
        edge -= step
        if abs(step) < 1e-11:
            break
    return edge / math.sqrt(time)


def _shares(information: Sequence[float]) -> tuple[float, ...]:
    if len(information) and not (information[0] > 0 and math.isfinite(information[-1])):
        raise ValueError(f"the information at each look must be positive and finite: {list(information)}")
    return tuple(float(each / information[-1]) for each in information)


def _finest(times: Sequence[float], at: int) -> float:
    later = [after - times[at] for after in times[at + 1 :] if after - times[at] >= SAME_LOOK]
    return math.sqrt(later[0]) if later else math.inf


@lru_cache(maxsize=512)
def _quadrature(count: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return nodes, weights


def _check(times: Sequence[float], shares: Sequence[float], alpha: float = 0.05) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}; it must lie between 0 and 1")
    if len(times) != len(shares):
        raise ValueError(f"{len(times)} looks, but {len(shares)} shares of the information to spend at")
    for name, values in (("information", times), ("share of the information", shares)):
        if any(after < before for before, after in itertools.pairwise(values)):
            raise ValueError(f"the {name} must not fall from look to look: {list(values)}")
    if any(not 0 <= share <= 1 for share in shares):
        raise ValueError(f"shares of the information must lie between 0 and 1: {list(shares)}")

"""An effect with its error: what every comparison at a fixed horizon gives, and how a test by z or by t gives it.

Which error belongs to which kind of metric is the business of `proportions.py`, `means.py` and `ratios.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echo_ml.experiments.moments import Floats


@dataclass(frozen=True)
class Estimate:
    """Arrays of one shape: the variant's value minus control's, in the metric's unit, or a lift relative to control.

    `lower` and `upper` are the ends of a two-sided interval at 1 - alpha, `p_value` is two-sided, of no effect. NaN is
    what cannot be known: everything where an arm is empty; error, interval and p-value where too few units or values
    that are all the same tell nothing of the noise.
    """

    effect: Floats
    std_error: Floats
    lower: Floats
    upper: Floats
    p_value: Floats

    @classmethod
    def of(cls, effect: Floats, std_error: Floats, lower: Floats, upper: Floats, p_value: Floats) -> Estimate:
        """Broadcast to one shape."""
        return cls(*np.broadcast_arrays(effect, std_error, lower, upper, p_value))


def by_z(effect: Floats, std_error: Floats, alpha: float) -> Estimate:
    """The estimate whose error is normal: many units, or a variance that is known."""
    from scipy.special import ndtr

    error = known_error(std_error)
    margin = normal_quantile(alpha) * error
    return Estimate.of(effect, std_error, effect - margin, effect + margin, 2 * ndtr(-np.abs(effect / error)))


def by_t(effect: Floats, std_error: Floats, degrees_of_freedom: Floats, alpha: float) -> Estimate:
    """The estimate whose error was itself estimated, with as many degrees of freedom (Student's t)."""
    from scipy.special import stdtr, stdtrit

    error = known_error(std_error)
    margin = stdtrit(degrees_of_freedom, 1 - alpha / 2) * error
    p_value = 2 * stdtr(degrees_of_freedom, -np.abs(effect / error))
    return Estimate.of(effect, std_error, effect - margin, effect + margin, p_value)


def normal_quantile(alpha: float) -> float:
    """How many standard errors a two-sided interval at 1 - alpha reaches to either side."""
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2))


def known_error(std_error: Floats) -> Floats:
    """NaN where the error is 0: values that are all the same do not say how far others would scatter."""
    return np.where(std_error > 0, std_error, np.nan)

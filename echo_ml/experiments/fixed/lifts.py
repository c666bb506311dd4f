"""The relative lift: how much more the variant has than control, as a share of control's value, with its interval."""

from __future__ import annotations

import numpy as np

from echo_ml.experiments.fixed.estimates import Estimate, by_z, known_error, normal_quantile
from echo_ml.experiments.moments import Floats, quotient


def relative_lift(
    control_value: Floats, control_var: Floats, variant_value: Floats, variant_var: Floats, alpha: float
) -> Estimate:
    """From values and the variances of them, of any kind of metric: variant / control - 1 (0.05 is 5 % more).

    The interval is Fieller's (Supplement to the JRSS 7, 1940, 1-64): all lifts for which the variant does not differ
    significantly from control times 1 + lift. Unlike the delta method on the logarithm it needs no variant above 0, and
    it leaves out 0 exactly where `p_value`, of an unpooled z, is below alpha. `std_error` is by the delta method.
    Assumes two arms that are independent, with values that are about normal.

    The lift is NaN where control's value is not above 0: there is nothing to be relative to. The interval is NaN where
    control's own interval reaches 0 (then no lift is ruled out), and where a value comes without variance.
    """
    ratio = quotient(variant_value, control_value)
    error = quotient(np.sqrt(variant_var + ratio**2 * control_var), control_value)
    lower, upper = _fieller(
        ratio, quotient(control_var, control_value**2), quotient(variant_var, control_value**2), alpha
    )
    unpooled = by_z(variant_value - control_value, np.sqrt(control_var + variant_var), alpha)
    p_value = np.where(np.isnan(ratio), np.nan, unpooled.p_value)
    return Estimate.of(ratio - 1, error, lower - 1, upper - 1, p_value)


def _fieller(ratio: Floats, control_var: Floats, variant_var: Floats, alpha: float) -> tuple[Floats, Floats]:
    """The two ratios that are just not rejected; both variances relative to control's value squared."""
    z = normal_quantile(alpha)
    bounded = 1 - z**2 * known_error(control_var)
    root = np.sqrt(np.maximum(known_error(variant_var) * bounded + ratio**2 * control_var, 0))
    return quotient(ratio - z * root, bounded), quotient(ratio + z * root, bounded)

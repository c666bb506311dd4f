"""Two ratios of sums, such as revenue by order, where users and not orders were assigned to arms.

Events of one unit are alike, so that a test which takes them as independent finds effects that are not there; here the
unit carries the error.
"""

from __future__ import annotations

from echo_ml.experiments.fixed.estimates import Estimate
from echo_ml.experiments.fixed.means import welch
from echo_ml.experiments.moments import Floats, Moments, beyond_rounding, quotient


def value(moments: Moments) -> tuple[Floats, Floats]:
    """The ratio R of the sums of y and x, and the variance of it by the delta method.

    That is the variance of the mean of (y - R x) / mean(x) over units (Deng, Knoblich and Lu, KDD 2018, section 2). NaN
    where the denominators sum to nothing. With x = 1 for every unit it is the mean and its variance.
    """
    ratio = quotient(moments.y, moments.x)
    explained = ratio**2 * moments.xx
    squares = beyond_rounding(moments.yy - 2 * ratio * moments.xy + explained, moments.yy + explained)
    return ratio, quotient(squares * moments.users, (moments.users - 1) * moments.x**2)


def compare(control: Moments, variant: Moments, alpha: float) -> Estimate:
    """The difference of two ratios: Welch's t on the values by unit that the delta method makes linear.

    Assumes independent units, enough of them for the mean of x to be known well.
    """
    return welch(value(control), control.users, value(variant), variant.users, alpha)

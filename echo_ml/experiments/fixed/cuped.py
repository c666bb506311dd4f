"""CUPED: the effect with less noise, by what is known of each unit from before its exposure (the covariate).

A covariate from after the exposure would take the effect away with the noise; that it is from before is the business of
whoever counts.
"""

from __future__ import annotations

import math

import numpy as np

from echo_ml.experiments.fixed.estimates import Estimate, by_t, known_error
from echo_ml.experiments.fixed.means import satterthwaite
from echo_ml.experiments.moments import Floats, Moments, beyond_rounding, quotient

MIN_GAIN = 0.01
"""Share of the variance that a covariate must take away to be worth its while."""


def adjusted(control: Moments, variant: Moments, alpha: float) -> tuple[Estimate, Floats]:
    """The adjusted effect, in the metric's unit, and by which share (up to 1) its variance is less than the raw one's.

    Of means, counts and proportions, where `Moments.x` is the covariate. theta, the slope of y on x within both arms
    together, is that of a regression of y on arm and covariate, and so is the effect; the error is Welch's of
    y - theta x (Deng, Xu, Kohavi and Walker, WSDM 2013). Assumes that arms do not change x. All NaN where x does not
    vary. The reduction is about the squared correlation of x and y; chance makes it less than 0 where there is none.
    """
    slope = theta(control, variant)
    raw = quotient(control.variance, control.users) + quotient(variant.variance, variant.users)
    less, variant_less = _adjusted_variance(control, slope), _adjusted_variance(variant, slope)
    effect = variant.mean - control.mean - slope * (_covariate_mean(variant) - _covariate_mean(control))
    degrees = satterthwaite(less, control.users, variant_less, variant.users)
    estimate = by_t(effect, np.sqrt(less + variant_less), degrees, alpha)
    return estimate, 1 - quotient(less + variant_less, raw)


def theta(control: Moments, variant: Moments) -> Floats:
    """By how much y rises with one more of x, within arms: the pooled covariance over the pooled variance of x."""
    return quotient(_products(control) + _products(variant), known_error(_squares(control) + _squares(variant)))


def gain_warning(variance_reduction: float | None) -> str | None:
    """Why CUPED gains nothing, in words; None where it takes at least 1 % of the variance away."""
    if variance_reduction is None or math.isnan(variance_reduction):
        return "CUPED gains nothing: the covariate is the same for every unit"
    if variance_reduction >= MIN_GAIN:
        return None
    share = max(variance_reduction, 0.0)
    return f"CUPED gains nothing: the covariate explains {share:.1%} of the variance, less than {MIN_GAIN:.0%}"


def _covariate_mean(moments: Moments) -> Floats:
    return quotient(moments.x, moments.users)


def _squares(moments: Moments) -> Floats:
    """Squared distances of x from its mean, summed."""
    return beyond_rounding(moments.xx - moments.x * _covariate_mean(moments), moments.xx)


def _products(moments: Moments) -> Floats:
    return moments.xy - moments.y * _covariate_mean(moments)


def _adjusted_variance(moments: Moments, slope: Floats) -> Floats:
    """Variance of the mean of y - slope x."""
    squares = (moments.users - 1) * moments.variance + slope**2 * _squares(moments)
    left = beyond_rounding(squares - 2 * slope * _products(moments), moments.yy + slope**2 * moments.xx)
    return quotient(left, moments.users * (moments.users - 1))

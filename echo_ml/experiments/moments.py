"""Sufficient statistics of one metric in many groups of units: sums that add up across days, arms and segments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_ROUNDING = 1e-13
"""What sums in double precision are off by, relative to their size, with room to spare."""


@dataclass(frozen=True)
class Moments:
    """Sums over units, as arrays of one shape; every method of this package broadcasts over it.

    `y` is the metric's value by unit (the numerator of a ratio). `x` is the denominator of a ratio, and for any other
    kind what is known of the unit from before its exposure (the covariate); 0 where there is none. `yy`, `xx` and `xy`
    are the sums of squares and of products.
    """

    users: Floats
    y: Floats
    yy: Floats
    x: Floats
    xx: Floats
    xy: Floats

    @classmethod
    def of(
        cls, users: ArrayLike, y: ArrayLike, yy: ArrayLike | None = None, x: ArrayLike = 0.0, xx: ArrayLike = 0.0,
        xy: ArrayLike = 0.0,
    ) -> Moments:  # fmt: skip
        """Broadcast to one shape; without `yy` the values are 0 and 1, so that they are their own squares."""
        sums = (users, y, y if yy is None else yy, x, xx, xy)
        return cls(*np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in sums)))

    @classmethod
    def stacked(cls, groups: Iterable[Moments]) -> Moments:
        """Side by side along a new last axis."""
        return cls(*(np.stack(sums, axis=-1) for sums in zip(*(each._sums for each in groups), strict=True)))

    def __add__(self, other: Moments) -> Moments:
        """The groups of both, taken together."""
        return Moments(*(mine + theirs for mine, theirs in zip(self._sums, other._sums, strict=True)))

    def __getitem__(self, where: Any) -> Moments:
        """Some of the groups, as numpy would index each sum."""
        return Moments(*(each[where] for each in self._sums))

    def sum(self, axis: int) -> Moments:
        """Taken together along one axis, as days are."""
        return Moments(*(each.sum(axis=axis) for each in self._sums))

    def cumulative(self, axis: int) -> Moments:
        """Taken together up to each place along one axis, as looks at growing data are."""
        return Moments(*(each.cumsum(axis=axis) for each in self._sums))

    @property
    def _sums(self) -> tuple[Floats, ...]:
        return self.users, self.y, self.yy, self.x, self.xx, self.xy

    @cached_property
    def mean(self) -> Floats:
        """Mean of y by unit; NaN in a group of nobody."""
        return quotient(self.y, self.users)

    @cached_property
    def variance(self) -> Floats:
        """Unbiased variance of y between units; NaN below two units, 0 where all values are the same."""
        return quotient(beyond_rounding(self.yy - self.y * self.mean, self.yy), self.users - 1)


def quotient(numerator: Floats, denominator: Floats) -> Floats:
    """A quotient, NaN where the denominator is not above 0."""
    positive = denominator > 0
    return np.where(positive, numerator / np.where(positive, denominator, 1), np.nan)


def beyond_rounding(difference: Floats, of: Floats) -> Floats:
    """A sum of squares, left of sums as large as `of` by subtraction: 0 where it is no more than their rounding."""
    return np.where(difference <= _ROUNDING * of, 0.0, difference)

"""Sufficient statistics add up: groups taken together are the same as their units taken together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from echo_ml.experiments.moments import Moments

values = arrays(np.float64, st.integers(2, 30), elements=st.floats(-1000, 1000))


def moments(y):
    return Moments.of(len(y), y.sum(), (y * y).sum())


@given(values, values)
def test_two_groups_are_the_sum_of_their_moments(one, other):
    both, together = moments(one) + moments(other), np.concatenate([one, other])
    assert np.isclose(both.mean, together.mean())
    assert np.isclose(both.variance, together.var(ddof=1), atol=1e-5)


def test_days_add_up_and_looks_grow():
    days = Moments.of(users=[[2, 3], [1, 4]], y=[[1, 2], [0, 3]])
    assert days.sum(axis=1).users.tolist() == [5, 5]
    assert days.cumulative(axis=1).y.tolist() == [[1, 3], [0, 3]]
    assert days[1].users.tolist() == [1, 4]
    assert days[:, 0].y.tolist() == [1, 0]


def test_nobody_has_no_mean_and_one_unit_no_variance():
    assert np.isnan(Moments.of(0, 0).mean)
    assert np.isnan(Moments.of(1, 1).variance)

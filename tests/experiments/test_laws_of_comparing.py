"""Laws that every comparison keeps, whatever the data: symmetry, adding up, intervals around their effect, order."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed import comparing, lifts, means, multiplicity, ratios
from echo_ml.experiments.moments import Moments

ALPHA = 0.05
KINDS = st.sampled_from(list(MetricKind))
PROBABILITIES = arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 8)), elements=st.floats(0, 1))


@st.composite
def groups(draw, kind, days=3):
    """Moments by day of users with values, or with a yes and a no; as the denominator of a ratio 1 to 5 events."""
    shape = (days, draw(st.integers(2, 9)))
    y = draw(arrays(np.int64, shape, elements=st.integers(0, 1 if kind is MetricKind.PROPORTION else 50)))
    x = draw(arrays(np.int64, shape, elements=st.integers(1, 5)))
    return Moments.of(shape[1], *(each.sum(axis=1) for each in (y, y * y, x, x * x, x * y)))


PAIRS = KINDS.flatmap(lambda kind: st.tuples(st.just(kind), groups(kind), groups(kind)))


@given(PAIRS)
def test_swapping_the_arms_negates_the_effect_and_nothing_else(pair):
    kind, control, variant = pair
    there, back = comparing.compare(kind, control, variant, ALPHA), comparing.compare(kind, variant, control, ALPHA)
    assert np.allclose(there.effect, -back.effect, equal_nan=True)
    assert np.allclose(there.lower, -back.upper, equal_nan=True)
    assert np.allclose(there.p_value, back.p_value, equal_nan=True)


@given(PAIRS)
def test_the_interval_contains_the_effect_and_the_p_value_is_one(pair):
    found = comparing.compare(*pair, ALPHA)
    known = np.isfinite(found.lower)
    assert (found.lower[known] <= found.effect[known] + 1e-12).all()
    assert (found.upper[known] >= found.effect[known] - 1e-12).all()
    assert ((found.p_value >= 0) & (found.p_value <= 1) | np.isnan(found.p_value)).all()


@given(PAIRS)
def test_days_that_are_added_compare_as_their_total(pair):
    kind, control, variant = pair
    last = comparing.compare(kind, control.cumulative(axis=0), variant.cumulative(axis=0), ALPHA)
    total = comparing.compare(kind, control.sum(axis=0), variant.sum(axis=0), ALPHA)
    assert np.allclose(last.p_value[-1], total.p_value, equal_nan=True)
    assert np.allclose(last.upper[-1], total.upper, equal_nan=True)


@given(groups(MetricKind.MEAN), groups(MetricKind.MEAN))
def test_a_ratio_to_one_event_by_user_is_the_mean(control, variant):
    one_each = [Moments.of(each.users, each.y, each.yy, each.users, each.users, each.y) for each in (control, variant)]
    ratio, mean = ratios.compare(*one_each, ALPHA), means.compare(control, variant, ALPHA)
    assert np.allclose(ratio.std_error, mean.std_error)
    assert np.allclose(ratio.lower, mean.lower, equal_nan=True)
    assert np.allclose(ratio.p_value, mean.p_value, equal_nan=True)


positive = st.floats(0.01, 100)


@given(positive, positive, positive, positive)
def test_the_lift_leaves_out_nothing_but_what_is_rejected(control, control_error, variant, variant_error):
    """Fieller: at the ends of the interval, the variant differs from control times (1 + lift) by just z errors."""
    found = lifts.relative_lift(*map(np.float64, (control, control_error**2, variant, variant_error**2)), ALPHA)
    assume(control > 2 * control_error)
    assert found.lower <= found.effect <= found.upper
    for end in (1 + found.lower, 1 + found.upper):
        distance = abs(variant - end * control) / np.hypot(variant_error, end * control_error)
        assert np.isclose(distance, 1.959963984540054)
    assert (found.lower <= 0 <= found.upper) == (found.p_value >= ALPHA)


@given(PROBABILITIES)
def test_holm_is_stricter_than_benjamini_hochberg_and_that_than_one_test(p_values):
    holm, fdr = multiplicity.holm(p_values), multiplicity.benjamini_hochberg(p_values)
    assert (holm >= fdr - 1e-15).all()
    assert (fdr >= p_values - 1e-15).all()
    assert (holm <= 1).all()


@pytest.mark.parametrize("adjust", [multiplicity.holm, multiplicity.benjamini_hochberg])
@given(p_values=PROBABILITIES, data=st.data())
def test_a_test_that_gave_nothing_is_not_counted(adjust, p_values, data):
    at = data.draw(st.integers(0, p_values.shape[-1]))
    with_hole = np.insert(p_values, at, np.nan, axis=-1)
    assert np.isnan(adjust(with_hole)[:, at]).all()
    assert np.allclose(np.delete(adjust(with_hole), at, axis=-1), adjust(p_values))

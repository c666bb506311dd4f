"""A figure that cannot be given has a reason, and where all are given there is none."""

import pytest

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed.reasons import why_missing
from echo_ml.experiments.moments import Moments

SOME = Moments.of(users=100, y=30, yy=30, x=200, xx=500, xy=70)


@pytest.mark.parametrize(
    ("kind", "control", "variant", "words"),
    [
        (MetricKind.MEAN, Moments.of(0, 0), SOME, "control has no units"),
        (MetricKind.PROPORTION, SOME, Moments.of(0, 0), "the variant has no units"),
        (MetricKind.RATIO, SOME, Moments.of(9, 0), "the denominators of the variant sum to nothing"),
        (MetricKind.MEAN, SOME, Moments.of(1, 5, 25), "one unit does not say"),
        (MetricKind.COUNT, Moments.of(9, 9, 9), Moments.of(9, 18, 36), "all values are the same"),
        (MetricKind.PROPORTION, Moments.of(100, 0), SOME, "nothing for a lift to be relative to"),
        (MetricKind.PROPORTION, Moments.of(100, 1), SOME, "control's value may be 0"),
        (MetricKind.PROPORTION, SOME, Moments.of(100, 0), "the values of one arm are all the same"),
    ],
)
def test_what_is_missing_is_explained(kind, control, variant, words):
    assert words in why_missing(kind, control, variant, 0.05)


@pytest.mark.parametrize("kind", MetricKind)
def test_nothing_is_explained_where_nothing_is_missing(kind):
    assert why_missing(kind, SOME, SOME, 0.05) is None

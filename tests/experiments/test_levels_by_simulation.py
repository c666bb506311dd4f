"""Error rates at a fixed horizon, by simulations with a seed: A/A rejects at its level, intervals cover."""

import numpy as np

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.fixed import comparing, lifts, proportions, ratios
from echo_ml.experiments.moments import Moments

ALPHA, RUNS, USERS = 0.05, 2_000, 200


def orders(rng):
    """Orders by user (x) and what they cost (y): users differ in both, those who buy often buy cheap things."""
    count = 1 + rng.poisson(rng.gamma(1.0, 4.0, (RUNS, USERS)))
    price = rng.gamma(4.0, 5.0, (RUNS, USERS)) * (1 + 2 / count)
    y = price * count + rng.normal(0, 4, count.shape) * np.sqrt(count)
    squares_of_orders = (price**2 * count + 16 * count).sum(axis=1)
    x = count.astype(float)
    sums = (y.sum(axis=1), (y * y).sum(axis=1), x.sum(axis=1), (x * x).sum(axis=1), (x * y).sum(axis=1))
    return Moments.of(USERS, *sums), Moments.of(x.sum(axis=1), y.sum(axis=1), squares_of_orders)


def test_a_ratio_holds_its_level_where_a_test_by_event_does_not():
    rng = np.random.default_rng(20240301)
    (by_user, by_order), (other_by_user, other_by_order) = orders(rng), orders(rng)
    delta = (ratios.compare(by_user, other_by_user, ALPHA).p_value < ALPHA).mean()
    naive = (comparing.compare(MetricKind.MEAN, by_order, other_by_order, ALPHA).p_value < ALPHA).mean()
    standard_error = np.sqrt(ALPHA * (1 - ALPHA) / RUNS)
    assert abs(delta - ALPHA) < 3 * standard_error
    assert naive > 4 * ALPHA


def test_intervals_of_shares_and_of_lifts_cover_as_often_as_they_say():
    rng = np.random.default_rng(7)
    control, variant = (Moments.of(4_000, rng.binomial(4_000, share, 10_000)) for share in (0.05, 0.06))
    difference = proportions.compare(control, variant, ALPHA)
    lift = lifts.relative_lift(*proportions.value(control), *proportions.value(variant), ALPHA)
    for found, truth in ((difference, 0.01), (lift, 0.2)):
        covered = ((found.lower <= truth) & (truth <= found.upper)).mean()
        assert abs(covered - 0.95) < 3 * np.sqrt(0.05 * 0.95 / 10_000)

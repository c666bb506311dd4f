"""Posteriors of arms agree with published values, with closed forms of special cases, and with SciPy's quadrature."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from echo_ml.experiments.posterior.bayes import prob_best
from echo_ml.experiments.posterior.posterior_lifts import lift_of_means, lift_of_rates
from echo_ml.experiments.posterior.posteriors import Beta, Normal

# Altham (JRSS B 31, 1969): Fisher's one-sided p-value is a posterior chance under the priors Beta(1, 0) and Beta(0, 1).
PUBLISHED = [
    (
        "Fisher, Design of Experiments, 1935: the lady tells 3 of 4 cups",
        Beta(2, 3),
        Beta(3, 2),
        Fraction(17, 70),
        1e-12,
    ),
    ("the same, all 4 cups", Beta(1, 4), Beta(4, 1), Fraction(1, 70), 1e-12),
    ("Fisher, JRSS 98, 1935: convicted twins", Beta(3, 15), Beta(10, 4), Fraction(619, 1330665), 1e-12),
    ("Miller's formula, 245 of 2,080 against 210 of 2,100", Beta(246, 1836), Beta(211, 1891), 0.96749, 5e-6),
    ("both uniform", Beta(1, 1), Beta(1, 1), 0.5, 1e-12),
    ("both of the arcsine law (Jeffreys)", Beta(0.5, 0.5), Beta(0.5, 0.5), 0.5, 1e-9),
    ("above a uniform one: the mean", Beta(0.5, 2.5), Beta(1, 1), Fraction(1, 6), 1e-9),
    ("powers of uniforms: a / (a + c)", Beta(2.5, 1), Beta(0.7, 1), 2.5 / 3.2, 1e-9),
    ("one user against a rate that is known: 1 - 0.7 squared", Beta(3e8, 7e8), Beta(1, 2), 0.51, 1e-8),
    ("smallest of uniforms: d / (b + d)", Beta(1, 7.5), Beta(1, 2.5), 0.25, 1e-9),
]


@pytest.mark.parametrize(("one", "other", "chance", "precision"), [row[1:] for row in PUBLISHED], ids=lambda _: "")
def test_chances_are_the_published_ones(one, other, chance, precision):
    assert one.above(other) == pytest.approx(float(chance), abs=precision)


PAIRS = [
    (Beta(246, 1836), Beta(211, 1891)),
    (Beta(12.5, 88.5), Beta(9.5, 91.5)),
    (Beta(0.5, 200.5), Beta(3.5, 197.5)),
    (Beta(20_301, 179_701), Beta(20_001, 180_001)),
    (Beta(100_301.5, 899_701.5), Beta(100_001.5, 900_001.5)),
    (Beta(31.5, 70.5), Beta(100_001, 200_001)),
    (Beta(99.5, 1.5), Beta(95.5, 5.5)),
]


def by_scipy(integrand, *rates):
    """Over where the two rates have any density at all, in pieces."""
    found = [stats.beta(rate.a, rate.b) for rate in rates]
    edges = np.unique(np.concatenate([each.ppf([1e-15, 0.01, 0.25, 0.5, 0.75, 0.99, 1 - 1e-15]) for each in found]))
    spans = [(low, high) for low, high in pairwise(edges) if high > low]
    return sum(integrate.quad(lambda x: integrand(x, *found), *span, epsabs=1e-14)[0] for span in spans)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_chances_are_those_of_quadrature(one, other):
    expected = by_scipy(lambda x, mine, theirs: mine.pdf(x) * theirs.cdf(x), one, other)
    assert one.above(other) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_losses_are_those_of_quadrature(one, other):
    expected = by_scipy(lambda x, mine, theirs: mine.sf(x) * theirs.cdf(x), one, other)
    assert one.gain_over(other) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "gain"),
    [
        (Beta(1, 1), Beta(1, 1), 1 / 6),
        (Beta(2, 1), Beta(1, 1), 1 / 4),
        (Beta(1, 1), Beta(2, 1), 1 / 12),
        (Beta(2.5, 3.5), Beta(1, 1), 2.5 * 3.5 / (6 * 7) / 2),
    ],
)
def test_losses_against_uniform_rates_are_half_a_second_moment(one, other, gain):
    assert one.gain_over(other) == pytest.approx(gain, abs=1e-9)


@pytest.mark.parametrize(("z", "loss"), [(0.0, 0.3989), (0.5, 0.1978), (1.0, 0.08332), (2.0, 0.008491)])
def test_losses_of_normals_are_the_unit_normal_loss(z, loss):
    """Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961: the unit normal loss integral."""
    assert Normal(0, 0.6).gain_over(Normal(z, 0.8)) == pytest.approx(loss, rel=2e-4)


@pytest.mark.parametrize(("z", "chance"), [(0.0, 0.5), (1.644854, 0.95), (1.959964, 0.975), (-2.326348, 0.01)])
def test_chances_of_normals_are_those_of_the_table(z, chance):
    assert Normal(5 + z, 0.6).above(Normal(5, 0.8)) == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize("powers", [(1, 1, 1), (2, 3, 5), (0.5, 1.5, 4, 10)])
def test_the_best_of_powers_of_uniforms_is_in_proportion_to_the_powers(powers):
    """Minus their logarithms are exponential, of which the smallest is the one with the best power."""
    assert prob_best([Beta(power, 1) for power in powers]) == pytest.approx(np.array(powers) / sum(powers), abs=1e-8)


@pytest.mark.parametrize(
    "arms",
    [
        [Beta(211, 1891), Beta(246, 1836), Beta(100.5, 901.5)],
        [Beta(1001, 9001), Beta(11, 91), Beta(120_001, 1_080_001), Beta(30.5, 200.5)],
    ],
)
def test_the_best_of_many_rates_is_that_of_quadrature(arms):
    def best(at):
        others = [place for place in range(len(arms)) if place != at]
        return by_scipy(lambda x, *found: found[at].pdf(x) * np.prod([found[place].cdf(x) for place in others]), *arms)

    assert prob_best(arms) == pytest.approx([best(at) for at in range(len(arms))], abs=1e-8)


def test_the_best_of_three_normals_is_that_of_quadrature():
    arms = [Normal(0, 1), Normal(0.3, 0.5), Normal(-0.2, 2)]
    first = integrate.quad(
        lambda x: stats.norm.pdf(x) * stats.norm.cdf(x, 0.3, 0.5) * stats.norm.cdf(x, -0.2, 2), -9, 9, epsabs=1e-13
    )[0]
    assert prob_best(arms)[0] == pytest.approx(first, abs=1e-10)


def test_the_ratio_of_powers_of_uniforms_has_its_closed_form():
    """P(X / Y < r) is r^a c / (a + c) below 1, for X from Beta(a, 1) and Y from Beta(c, 1)."""
    found = lift_of_rates(Beta(2, 1), Beta(3, 1), alpha=0.05)
    assert found.expected == pytest.approx(2 / 3 * 3 / 2 - 1)
    assert found.interval.lower == pytest.approx((0.025 * 5 / 3) ** (1 / 2) - 1, abs=1e-7)
    assert found.interval.upper == pytest.approx((0.025 * 5 / 2) ** (-1 / 3) - 1, abs=1e-7)


@pytest.mark.parametrize(("variant", "control"), [*PAIRS, (Beta(1.5, 0.5), Beta(530.5, 8.5))])
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_the_interval_of_the_lift_has_half_of_alpha_to_either_side_by_quadrature(variant, control, alpha):
    found = lift_of_rates(variant, control, alpha).interval
    for end, chance in ((found.lower, alpha / 2), (found.upper, 1 - alpha / 2)):
        below = by_scipy(lambda x, base, mine, end=end: base.pdf(x) * mine.cdf((1 + end) * x), control, variant)
        assert below == pytest.approx(chance, abs=2e-7)


def test_the_interval_of_a_ratio_of_normals_is_that_of_its_distribution():
    variant, control = Normal(5.2, 0.3), Normal(5.0, 0.4)
    found = lift_of_means(variant, control, alpha=0.1).interval

    def below(lift):
        return integrate.quad(
            lambda x: stats.norm.pdf(x, 5.0, 0.4) * stats.norm.cdf((1 + lift) * x, 5.2, 0.3), 1, 9, epsabs=1e-13
        )[0]

    assert found.lower == pytest.approx(optimize.brentq(lambda lift: below(lift) - 0.05, -0.9, 0.5), abs=1e-6)
    assert found.upper == pytest.approx(optimize.brentq(lambda lift: below(lift) - 0.95, -0.5, 2), abs=1e-6)

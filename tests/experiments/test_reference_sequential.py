"""Sequential methods against published values and against independent computations.

Sources: ldbounds = vignette of the R package ldbounds 2.0.2 (of ld98, Reboussin et al. 2000, Controlled Clinical Trials
21:190). JT = Jennison and Turnbull 2000, Group Sequential Methods. AMR = Armitage, McPherson and Rowe 1969, table 2.
"""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from echo_ml.experiments.sequential import always_valid
from echo_ml.experiments.sequential.group_sequential import Spending, boundaries, crossing_probability, inflation
from echo_ml.experiments.sequential.sprt import Ending, sprt_of_shares, two_sample_sprt

OBF, POCOCK = Spending.OBRIEN_FLEMING, Spending.POCOCK


def equal(looks):
    return [look / looks for look in range(1, looks + 1)]


@pytest.mark.parametrize(("spending", "information", "published"), [
    (OBF, equal(5), (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),  # ldbounds
    (POCOCK, equal(5), (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),  # ld98
    (OBF, equal(3), (3.7103, 2.5114, 1.9930)),  # rpact asOF and gsDesign sfLDOF
    (POCOCK, equal(3), (2.279, 2.295, 2.296)),  # rpact asP
    (OBF, equal(4), (4.333, 2.963, 2.359, 2.014)),  # gsDesign sfLDOF
    (POCOCK, equal(4), (2.368, 2.368, 2.358, 2.350)),  # gsDesign sfLDPocock
    (OBF, (0.2, 0.4, 0.9, 1.0), (4.877, 3.357, 2.097, 2.054)),  # ld98, unequal looks, as the ones below
    (POCOCK, (0.2, 0.4, 0.9, 1.0), (2.438, 2.427, 2.224, 2.376)),
    (OBF, (0.3, 0.6, 0.9, 1.0), (3.929, 2.670, 2.121, 2.063)),
    (POCOCK, (0.3, 0.6, 0.9, 1.0), (2.312, 2.321, 2.318, 2.412)),
    (OBF, (0.8, 0.9, 1.0), (2.250, 2.177, 2.072)),
    (POCOCK, (0.8, 0.9, 1.0), (2.021, 2.271, 2.332)),
])  # fmt: skip
def test_boundaries_are_the_published_ones(spending, information, published):
    decimals = 4 if published[0] == round(published[0], 4) != round(published[0], 3) else 3
    assert np.allclose(boundaries(information, 0.05, spending), published, rtol=0, atol=1.3 * 10**-decimals)


def test_boundaries_of_twenty_looks_are_those_of_a_simulation():
    # 400,000 simulated paths: few of them get as far as the first of these boundaries
    simulated = [4.36, 3.97, 3.62, 3.41, 3.20, 3.03, 2.89, 2.75, 2.65, 2.54, 2.45, 2.38, 2.31, 2.25, 2.18, 2.13]
    difference = np.abs(np.array(boundaries(equal(20))[4:]) - simulated)
    assert difference[:2].max() < 0.03 and difference[2:].max() < 0.02


@pytest.mark.parametrize(
    ("looks", "error"), [(1, 0.05), (2, 0.083), (3, 0.107), (4, 0.126), (5, 0.142), (10, 0.193), (20, 0.248)]
)
def test_peeking_has_the_published_error(looks, error):  # AMR; JT table 2.1
    assert crossing_probability(equal(looks), [norm.isf(0.025)] * looks) == pytest.approx(error, abs=5.1e-4)


@pytest.mark.parametrize(
    ("looks", "pocock", "obrien_fleming"),
    [(2, 2.178, 1.977), (3, 2.289, 2.004), (4, 2.361, 2.024), (5, 2.413, 2.040), (10, 2.555, 2.087)],
)
def test_classic_boundaries_have_an_error_of_5_percent(looks, pocock, obrien_fleming):  # JT tables 2.1 and 2.3
    falling = [obrien_fleming / math.sqrt(time) for time in equal(looks)]
    assert crossing_probability(equal(looks), [pocock] * looks) == pytest.approx(0.05, abs=1e-4)
    assert crossing_probability(equal(looks), falling) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize(("information", "bounds", "drift", "power"), [
    ((0.13, 0.40, 0.69, 0.90, 0.98, 1.0), (5.3666, 3.7102, 2.9728, 2.5365, 2.2154, 1.9668), 3.242, 0.8996411),
    (equal(5), (2.5758, 2.4919, 2.4108, 2.3391, 2.2754), 3.455209, 0.9),
])  # fmt: skip
def test_power_at_a_drift_is_the_published_one(information, bounds, drift, power):  # ldbounds; bounds of 4 decimals
    assert crossing_probability(information, bounds, drift) == pytest.approx(power, abs=1e-4)


def test_three_looks_agree_with_the_multivariate_normal():
    times, bounds = np.array([0.2, 0.7, 1.0]), np.array(boundaries((0.2, 0.7, 1.0), 0.03, POCOCK))
    correlation = np.sqrt(np.minimum.outer(times, times) / np.maximum.outer(times, times))
    inside = multivariate_normal.cdf(
        bounds, cov=correlation, lower_limit=-bounds, abseps=1e-9, maxpts=10**6, rng=np.random.default_rng(1)
    )
    assert 1 - inside == pytest.approx(0.03, abs=1e-6)


def test_one_look_is_the_fixed_test_and_needs_no_more_users():
    assert boundaries([700]) == pytest.approx([norm.isf(0.025)])
    assert inflation(1, 0.05, 0.8) == pytest.approx(1, abs=1e-5)


def test_msprt_is_the_formula_for_equal_arms():  # Johari et al. 2022, in n and rates instead of variances
    n, a, b, tau = 1000, 0.10, 0.13, 0.015
    v, d = a * (1 - a) + b * (1 - b), b - a
    ratio = math.sqrt(v / (v + n * tau**2)) * math.exp(n**2 * tau**2 * d**2 / (2 * v * (v + n * tau**2)))
    evidence = always_valid.log_evidence(np.array([d]), np.array([math.sqrt(v / n)]), tau)
    assert evidence[0] == pytest.approx(math.log(ratio), rel=1e-12)


def test_the_asymptotic_sequence_is_the_published_radius():  # Waudby-Smith et al. 2024, theorem 2.2, of one mean
    t, sigma, alpha, planned = 500.0, 2.0, 0.05, 1000
    rho = always_valid.tuned_rho(planned, alpha)
    published = sigma * math.sqrt(
        2 * (t * rho**2 + 1) / (t * rho) ** 2 * math.log(math.sqrt(t * rho**2 + 1) / alpha)
    )  # fmt: skip
    error = np.array([sigma / math.sqrt(t)])
    _, upper = always_valid.asymptotic_confidence_sequence(np.zeros(1), error, np.array([t]), planned, alpha)
    assert upper[0] == pytest.approx(published, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_the_tuned_rho_is_where_the_radius_is_smallest(alpha):
    radius = lambda rho: float(always_valid.normal_radius(np.array(1000 * rho**2), alpha))  # noqa: E731
    best = minimize_scalar(radius, bounds=(0.001, 1), method="bounded", options={"xatol": 1e-10})
    assert always_valid.tuned_rho(1000, alpha) == pytest.approx(best.x, rel=1e-5)


def test_the_sprt_weighs_both_sides_of_the_planned_effect():
    effect, error, mde = 0.02, 0.008, 0.015
    both = (norm.pdf(effect, mde, error) + norm.pdf(effect, -mde, error)) / 2
    found = two_sample_sprt(np.array([effect]), np.array([error]), mde)
    assert found.log_ratio[0] == pytest.approx(math.log(both / norm.pdf(effect, 0, error)), rel=1e-10)


def test_the_sprt_ends_for_a_difference_of_either_sign_for_none_and_stays_ended():
    effect = np.array([[0.0, 0.05, 0.0], [0.0, -0.05, 0.0], [0.0, 0.0, 0.05]])
    ending = two_sample_sprt(effect, np.array([0.05, 0.01, 0.001]), mde=0.03).ending
    assert ending.tolist() == [
        [Ending.CONTINUE, Ending.DIFFERENT, Ending.DIFFERENT],
        [Ending.CONTINUE, Ending.DIFFERENT, Ending.DIFFERENT],
        [Ending.CONTINUE, Ending.SMALLER, Ending.SMALLER],
    ]


def test_the_sprt_has_no_evidence_in_no_counts():
    found = sprt_of_shares([0, 0, 0], [0, 100, 200], [0, 0, 0], [0, 0, 200], mde=0.01)
    assert found.log_ratio.tolist() == [0, 0, 0]
    assert set(found.ending) == {Ending.CONTINUE}


@pytest.mark.parametrize(("arguments", "says"), [
    ({"mde": 0}, "mde is 0"),
    ({"mde": -0.01}, "mde is -0.01"),
    ({"mde": 1.0}, "below 1"),
    ({"mde": 0.01, "alpha": 0}, "alpha is 0"),
    ({"mde": 0.01, "power": 1}, "power is 1"),
    ({"mde": 0.01, "alpha": 0.5, "power": 0.4}, "must be above alpha"),
])  # fmt: skip
def test_the_sprt_refuses_what_cannot_be_meant(arguments, says):
    with pytest.raises(ValueError, match=says):
        sprt_of_shares([10], [100], [12], [100], **arguments)


def test_the_sprt_refuses_more_yes_than_users():
    with pytest.raises(ValueError, match="counts of yes"):
        sprt_of_shares([101], [100], [12], [100], mde=0.01)


@pytest.mark.parametrize(("arguments", "says"), [
    (([0.5, 0.4],), "must not fall"),
    (([0.0, 1.0],), "positive"),
    (([1.0], 1.5), "alpha is 1.5"),
    (([0.5, 1.0], 0.05, OBF, [0.5]), "2 looks, but 1 shares"),
    (([0.5, 1.0], 0.05, OBF, [0.5, 1.1]), "between 0 and 1"),
])  # fmt: skip
def test_boundaries_refuse_what_cannot_be_meant(arguments, says):
    with pytest.raises(ValueError, match=says):
        boundaries(*arguments)

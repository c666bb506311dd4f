"""The tests at a fixed horizon agree with published figures, and with statsmodels and scipy to 1e-6.

Laws that need no reference are in `test_laws_of_comparing.py`, the edges in `test_edges_of_comparing.py`.
"""

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from echo_ml.experiments import sample_ratio
from echo_ml.experiments.fixed import means, multiplicity, proportions, ratios
from echo_ml.experiments.moments import Moments

EXACT = {"rtol": 1e-6, "atol": 1e-12}

NEWCOMBE = "Newcombe, Statistics in Medicine 17 (1998) 873-890, table II"
WELCH = "Wikipedia, Welch's t-test, examples"
SLEEP = "R, help page of t.test, on the data of Student (Biometrika 6, 1908), also in Fisher (1925), section 24"
ASPIRIN = "Agresti, Categorical Data Analysis (2nd ed. 2002), section 3.1, Physicians' Health Study"
HOLM = "Wikipedia, Holm-Bonferroni method, example"
BH = "Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289-300, section 4"
MENDEL = "Mendel (1866), round and wrinkled, yellow and green peas; chi-square by Fisher (Annals of Science 1, 1936)"
R_CHISQ = "R, help page of chisq.test"
KOHAVI = "Kohavi, Tang and Xu, Trustworthy Online Controlled Experiments (2020), chapter 3, sample ratio mismatch"


def said_yes(yes, users):
    return Moments.of(users, yes)


def sample(values):
    values = np.asarray(values)
    return Moments.of(values.size, values.sum(), (values**2).sum())


def summary(users, mean, sd):
    return Moments.of(users, users * mean, (users - 1) * sd**2 + users * mean**2)


# Control and variant as (yes, users); the ends of the difference at 95 %.
PUBLISHED_NEWCOMBE = [
    ("a", (48, 80), (56, 70), 0.0524, 0.3339),
    ("b", (3, 10), (9, 10), 0.1705, 0.8090),
    ("c", (2, 7), (6, 7), 0.0582, 0.8062),
    ("d", (0, 29), (5, 56), -0.0381, 0.1926),
    ("e", (0, 20), (0, 10), -0.1611, 0.2775),
    ("f", (0, 10), (0, 10), -0.2775, 0.2775),
    ("g", (0, 20), (10, 10), 0.6791, 1.0000),
    ("h", (0, 10), (10, 10), 0.6075, 1.0000),
]
PUBLISHED_WALD = [
    (f"{NEWCOMBE} (a), method 1", (48, 80), (56, 70), (0.0575, 0.3425), 4),
    (f"{NEWCOMBE} (b), method 1", (3, 10), (9, 10), (0.2605, 0.9395), 4),
    (f"{NEWCOMBE} (c), method 1", (2, 7), (6, 7), (0.1481, 0.9947), 4),
    (f"{NEWCOMBE} (d), method 1", (0, 29), (5, 56), (0.0146, 0.1640), 4),
    (ASPIRIN, (104, 11037), (189, 11034), (0.005, 0.011), 3),
]


@pytest.mark.parametrize(("example", "control", "variant", "lower", "upper"), PUBLISHED_NEWCOMBE)
def test_newcombe_as_published(example, control, variant, lower, upper):
    found = proportions.compare(said_yes(*control), said_yes(*variant), 0.05)
    assert [round(float(found.lower), 4), round(float(found.upper), 4)] == [lower, upper], f"{NEWCOMBE} ({example})"


@pytest.mark.parametrize(("source", "control", "variant", "ends", "digits"), PUBLISHED_WALD)
def test_wald_as_published(source, control, variant, ends, digits):
    found = proportions.wald(said_yes(*control), said_yes(*variant), 0.05)
    assert (round(float(found.lower), digits), round(float(found.upper), digits)) == ends, source


SLEEP_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SLEEP_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
WELCH_1 = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
WELCH_2 = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4]
WELCH_3 = [17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8]
WELCH_4 = [21.5, 22.8, 21.0, 23.0, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8,
           20.7, 21.7, 21.5, 22.5, 23.6, 21.5, 22.5, 23.5, 21.5, 21.8]  # fmt: skip
WELCH_5 = [19.8, 20.4, 19.6, 17.8, 18.5, 18.9, 18.3, 18.9, 19.5, 22.0]
WELCH_6 = [28.2, 26.6, 20.1, 23.3, 25.2, 22.1, 17.7, 27.6, 20.6, 13.7,
           23.2, 17.5, 20.6, 18.0, 23.9, 21.6, 24.3, 20.4, 24.0, 13.2]  # fmt: skip
NIST = "NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.3, AUTO83B, unequal variances"


@pytest.mark.parametrize(
    ("source", "control", "variant", "t", "degrees", "p_value", "digits"),
    [
        (f"{WELCH} 1", sample(WELCH_2), sample(WELCH_1), -2.46, 25.0, 0.021, (2, 1, 3)),
        (f"{WELCH} 2", sample(WELCH_4), sample(WELCH_3), -1.57, 9.9, 0.149, (2, 1, 3)),
        (f"{WELCH} 3", sample(WELCH_6), sample(WELCH_5), -2.22, 24.5, 0.036, (2, 1, 3)),
        (SLEEP, sample(SLEEP_2), sample(SLEEP_1), -1.8608, 17.776, 0.07939, (4, 3, 5)),
        (NIST, summary(79, 30.48101, 6.10771), summary(249, 20.14458, 6.41470), -12.94627, 136.875, 0.0, (5, 3, 5)),
    ],
)
def test_welch_as_published(source, control, variant, t, degrees, p_value, digits):
    found = means.compare(control, variant, 0.05)
    freedom = means.satterthwaite(means.value(control)[1], control.users, means.value(variant)[1], variant.users)
    rounded = tuple(map(round, map(float, (found.effect / found.std_error, freedom, found.p_value)), digits))
    assert rounded == (t, degrees, p_value), source


def test_interval_of_welch_as_published():
    found = means.compare(sample(SLEEP_2), sample(SLEEP_1), 0.05)
    assert np.allclose([found.lower, found.upper], [-3.3654832, 0.2054832], rtol=0, atol=5e-8), SLEEP


HEART_ATTACKS = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
                 0.7590, 1.0000]  # fmt: skip


def test_multiplicity_as_published():
    assert (multiplicity.benjamini_hochberg(HEART_ATTACKS) <= 0.05).sum() == 4, BH
    assert (multiplicity.holm(HEART_ATTACKS) <= 0.05).sum() == 3, BH
    assert np.allclose(multiplicity.holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02]), HOLM


@pytest.mark.parametrize(
    ("source", "users", "shares", "p_value", "digits"),
    [
        (MENDEL, [315, 101, 108, 32], [9, 3, 3, 1], 0.9254, 4),
        (R_CHISQ, [89, 37, 30, 28, 2], [0.40, 0.20, 0.20, 0.15, 0.05], 0.04059, 5),
        (R_CHISQ, [89, 37, 30, 28, 2], [0.40, 0.20, 0.20, 0.19, 0.01], 0.215, 4),
        (KOHAVI, [821_588, 815_482], [0.5, 0.5], 1.8e-6, 7),
    ],
)
def test_sample_ratio_as_published(source, users, shares, p_value, digits):
    assert round(float(sample_ratio.p_value(users, shares)), digits) == p_value, source


COUNTS = [
    ((1_000, 10_000), (1_100, 10_000)),
    ((200, 10_000), (250, 10_000)),
    ((5, 1_000), (7, 1_000)),
    ((210, 2_100), (245, 2_080)),
    ((48, 80), (56, 70)),
    ((1, 50), (49, 50)),
    ((0, 30), (4, 40)),
    ((500_000, 5_000_000), (251_000, 2_500_000)),
]


@pytest.mark.parametrize(("control", "variant"), COUNTS)
def test_pooled_z_is_that_of_statsmodels(control, variant):
    expected = proportions_ztest([variant[0], control[0]], [variant[1], control[1]])[1]
    assert np.isclose(proportions.compare(said_yes(*control), said_yes(*variant), 0.05).p_value, expected, **EXACT)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("method", ["newcomb", "wald"])
@pytest.mark.parametrize(("control", "variant"), COUNTS)
def test_intervals_of_proportions_are_those_of_statsmodels(control, variant, method, alpha):
    compare = proportions.wald if method == "wald" else proportions.compare
    found = compare(said_yes(*control), said_yes(*variant), alpha)
    assert np.allclose(
        [found.lower, found.upper], confint_proportions_2indep(*variant, *control, method=method, alpha=alpha), **EXACT
    )


SAMPLES = [
    (WELCH_1, WELCH_2),
    (WELCH_3, WELCH_4),
    (SLEEP_1, SLEEP_2),
    ([1.0, 2.0], [3.0, 5.0]),
    ([0.0] * 95 + [120.0] * 5, [0.0] * 190 + [99.5, 10.0, 250.0, 40.0]),
]


@pytest.mark.parametrize(("control", "variant"), SAMPLES)
def test_welch_is_that_of_scipy_and_statsmodels(control, variant):
    found = means.compare(sample(control), sample(variant), 0.1)
    summaries = [figure for each in (variant, control) for figure in (np.mean(each), np.std(each, ddof=1), len(each))]
    assert np.isclose(found.p_value, stats.ttest_ind_from_stats(*summaries, equal_var=False).pvalue, **EXACT)
    both = CompareMeans(DescrStatsW(np.asarray(variant)), DescrStatsW(np.asarray(control)))
    assert np.isclose(found.p_value, both.ttest_ind(usevar="unequal")[1], **EXACT)
    assert np.allclose([found.lower, found.upper], both.tconfint_diff(0.1, usevar="unequal"), **EXACT)


@pytest.mark.parametrize("users", [10, 1_000, 1_000_000, 1_000_000_000])
def test_welch_is_exact_for_any_number_of_users(users):
    found = means.compare(summary(users, 1.0, 2.0), summary(users, 1.0 + 4 / users**0.5, 3.0), 0.05)
    reference = stats.ttest_ind_from_stats(1.0 + 4 / users**0.5, 3.0, users, 1.0, 2.0, users, equal_var=False)
    assert np.isclose(found.p_value, reference.pvalue, **EXACT)


@pytest.mark.parametrize(("ours", "theirs"), [(multiplicity.holm, "holm"), (multiplicity.benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("p_values", [HEART_ATTACKS, [0.04, 0.04, 0.01, 0.9], [0.3], [1.0, 1e-300, 0.02, 0.02, 0.5]])
def test_multiplicity_is_that_of_statsmodels(p_values, ours, theirs):
    assert np.allclose(ours(p_values), multipletests(p_values, method=theirs)[1], **EXACT)


@pytest.mark.parametrize(
    ("users", "shares"),
    [([5300, 4700], [0.5, 0.5]), ([5035, 2450, 1540, 975], [0.5, 0.25, 0.15, 0.1]), ([3, 9], [0.25, 0.75])],
)
def test_sample_ratio_is_that_of_scipy(users, shares):
    expected = stats.chisquare(users, np.sum(users) * np.asarray(shares)).pvalue
    assert np.isclose(sample_ratio.p_value(users, shares), expected, **EXACT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_error_of_a_ratio_is_that_of_a_regression_clustered_by_unit(seed):
    """The mean of all events, with errors that are alike within a unit (statsmodels, G / (G - 1) as its correction)."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(40), rng.integers(1, 9, 40))
    events = rng.gamma(2, 10, 40)[unit] + rng.normal(0, 3, unit.size)
    y, x = np.bincount(unit, events), np.bincount(unit).astype(float)
    ratio, variance = ratios.value(Moments.of(40, y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum()))
    clustered = OLS(events, np.ones(unit.size)).fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert np.allclose([ratio, variance**0.5], [clustered.params[0], clustered.bse[0]], **EXACT)

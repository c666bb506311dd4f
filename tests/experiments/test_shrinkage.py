"""Effects that are pooled in closed form: published values, statsmodels, and the laws of shrinkage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.meta_analysis import combine_effects

from echo_ml.experiments.posterior.shrinkage import Diagnostics, Effects, empirical_bayes

# Vaccinated with and without tuberculosis, others with and without it, 13 trials (Colditz and others, JAMA 271, 1994).
VACCINE = np.array([
    [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
    [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232], [17, 1699, 65, 1600],
    [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
])  # fmt: skip
# Effect and standard error of coaching in eight schools (Rubin, Journal of Educational Statistics 6, 1981).
SCHOOLS = np.array([28, 8, -3, 7, -1, 1, 18, 12]), np.array([15, 10, 16, 11, 9, 11, 10, 18])

some_effects = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.05, 0.5)), min_size=2, max_size=12)


def independent(effect, error):
    return Effects(np.asarray(effect, float), np.diag(np.square(error)), np.arange(len(effect)))


def log_risk_ratios():
    ill, well, others_ill, others_well = VACCINE.T.astype(float)
    ratio = (ill / (ill + well)) / (others_ill / (others_ill + others_well))
    variance = 1 / ill - 1 / (ill + well) + 1 / others_ill - 1 / (others_ill + others_well)
    return np.log(ratio), np.sqrt(variance)


def test_the_vaccine_trials_have_their_published_heterogeneity():
    """Viechtbauer, Journal of Statistical Software 36(3), 2010: DerSimonian-Laird 0.3088, average -0.7141."""
    found = empirical_bayes(independent(*log_risk_ratios()))
    assert found.deviation**2 == pytest.approx(0.3088, abs=5e-5)
    assert found.average == pytest.approx(-0.7141, abs=5e-5)


def test_eight_schools_are_pooled_completely():
    """Gelman and others, Bayesian Data Analysis, 2013, section 5.5: the pooled effect is 7.7, its error 4.1."""
    found = empirical_bayes(independent(*SCHOOLS))
    assert found.deviation == 0
    assert found.effect == pytest.approx(np.full(8, 7.7), abs=0.05)
    assert (found.upper - found.lower) / (2 * 1.96) == pytest.approx(np.full(8, 4.1), abs=0.05)


def test_the_average_is_that_of_statsmodels():
    effect, error = log_risk_ratios()
    expected = combine_effects(effect, error**2, method_re="dl")
    found = empirical_bayes(independent(effect, error))
    assert found.deviation**2 == pytest.approx(expected.tau2, abs=1e-10)
    assert found.average == pytest.approx(expected.mean_effect_re, abs=1e-10)


def test_each_effect_keeps_the_textbook_share_of_its_distance():
    effect, error = log_risk_ratios()
    found = empirical_bayes(independent(effect, error))
    kept = found.deviation**2 / (found.deviation**2 + error**2)
    assert found.effect == pytest.approx(found.average + kept * (effect - found.average))


@settings(max_examples=60, deadline=None)
@given(some_effects)
def test_effects_are_drawn_to_their_average_and_never_past_it(pairs):
    effect, error = np.array(pairs).T
    found = empirical_bayes(independent(effect, error))
    kept = found.effect - found.average
    assert np.all(np.abs(kept) <= np.abs(effect - found.average) + 1e-9)
    assert np.all(kept * (effect - found.average) >= -1e-9)
    assert np.all((found.lower <= found.effect) & (found.effect <= found.upper))


@settings(max_examples=60, deadline=None)
@given(some_effects, st.randoms(use_true_random=False))
def test_the_order_of_effects_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    one, other = (empirical_bayes(independent(*np.array(each).T)) for each in (pairs, shuffled))
    assert sorted(one.effect) == pytest.approx(sorted(other.effect), abs=1e-9)


def test_one_effect_stays_as_it_is():
    found = empirical_bayes(independent([0.1], [0.05]))
    assert found.effect == pytest.approx([0.1])
    assert found.upper == pytest.approx([0.1 + 1.959964 * 0.05])


def test_arms_that_share_a_noisy_control_are_less_evidence_that_effects_differ_between_experiments():
    effect, shared = np.array([0.1, 0.1, -0.1, -0.1]), np.kron(np.eye(2), np.full((2, 2), 0.006))
    experiment = np.array([0, 0, 1, 1])
    apart = empirical_bayes(Effects(effect, np.diag(np.full(4, 0.007)), experiment))
    together = empirical_bayes(Effects(effect, np.diag(np.full(4, 0.001)) + shared, experiment))
    assert together.deviation < apart.deviation


def test_true_effects_are_missed_by_less_than_raw_ones_and_lie_in_their_intervals():
    rng = np.random.default_rng(3)
    error = rng.uniform(0.01, 0.05, 400)
    true = rng.normal(0.01, 0.02, 400)
    raw = true + error * rng.normal(size=400)
    found = empirical_bayes(independent(raw, error))
    assert np.mean((found.effect - true) ** 2) < 0.6 * np.mean((raw - true) ** 2)
    assert np.mean((found.lower <= true) & (true <= found.upper)) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("diagnostics", "words"),
    [
        (Diagnostics(1.005, 900, 0), []),
        (Diagnostics(1.02, 900, 0), ["r-hat"]),
        (Diagnostics(1.0, 399, 0), ["effective sample size"]),
        (Diagnostics(1.0, 900, 3), ["3 divergences"]),
        (Diagnostics(float("nan"), float("nan"), 0), ["r-hat", "effective sample size"]),
    ],
)
def test_each_diagnostic_that_fails_is_said(diagnostics, words):
    problems = diagnostics.problems()
    assert len(problems) == len(words)
    assert all(word in problem for word, problem in zip(words, problems, strict=True))

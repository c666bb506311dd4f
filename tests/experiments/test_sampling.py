"""What PyMC samples agrees with what can be computed without it, within its Monte-Carlo error; slow, as it compiles."""

import numpy as np
import pytest
from scipy import stats

from echo_ml.experiments.posterior import shrinkage
from echo_ml.experiments.posterior.posteriors import Beta
from echo_ml.experiments.posterior.shrinkage import Effects, shrink

pytestmark = pytest.mark.slow

EXPERIMENT = np.array([0, 0, 1, 1, 2])
SHARED = np.where(EXPERIMENT[:, None] == EXPERIMENT, 0.0003, 0)
EFFECTS = Effects(
    np.array([0.12, 0.08, -0.06, 0.01, 0.02]), np.diag([4e-4, 6e-4, 9e-4, 3e-4, 8e-4]) + SHARED, EXPERIMENT
)
SCALE = 0.1


def sampled(model):
    """Draws of a model of the test's own, with as little of PyMC's own work around them as it lets one do."""
    with shrinkage._quiet_pymc() as pymc, model(pymc):
        return pymc.sample(
            1000, tune=500, chains=2, cores=1, random_seed=1, progressbar=False, compute_convergence_checks=False,
            compile_kwargs={"mode": "NUMBA"},
        ).posterior  # fmt: skip


def by_quadrature(effects, scale):
    """The posterior mean of each effect: closed form given deviation and share, averaged over a grid of both."""
    same = effects.experiment[:, None] == effects.experiment
    size = effects.effect.size
    grid = [(d, s) for d in np.linspace(0.001, 0.5, 120) for s in (np.arange(40) + 0.5) / 40]
    weights, means = [], []
    for deviation, share in grid:
        prior = scale**2 + deviation**2 * (share * same + (1 - share) * np.eye(size))
        seen = prior + effects.covariance
        weights.append(
            stats.multivariate_normal(np.zeros(size), seen).pdf(effects.effect)
            * stats.halfnorm.pdf(deviation, scale=scale)
        )
        means.append(prior @ np.linalg.solve(seen, effects.effect))
    return np.average(means, axis=0, weights=weights)


def test_two_rates_are_those_of_the_closed_form():
    def model(pymc):
        with pymc.Model() as made:
            rates = pymc.Beta("rates", 1, 1, shape=2)
            pymc.Binomial("seen", n=np.array([2100, 2080]), p=rates, observed=np.array([210, 245]))
        return made

    rates = sampled(model)["rates"].values.reshape(-1, 2)
    variant, control = Beta(246, 1836), Beta(211, 1891)
    error = 4 * np.sqrt(0.25 / 1000)
    assert np.mean(rates[:, 1] > rates[:, 0]) == pytest.approx(variant.above(control), abs=error)
    assert np.mean(np.maximum(rates[:, 0] - rates[:, 1], 0)) == pytest.approx(control.gain_over(variant), abs=1e-4)
    assert rates.mean(axis=0) == pytest.approx([control.mean, variant.mean], abs=1e-3)


def test_a_known_deviation_shrinks_as_the_formula_says():
    effect, error, deviation = np.array([0.1, -0.05, 0.02]), np.array([0.05, 0.03, 0.02]), 0.04

    def model(pymc):
        with pymc.Model() as made:
            true = pymc.Normal("true", 0, deviation, shape=3)
            pymc.Normal("seen", true, error, observed=effect)
        return made

    kept = deviation**2 / (deviation**2 + error**2)
    assert sampled(model)["true"].values.reshape(-1, 3).mean(axis=0) == pytest.approx(kept * effect, abs=4e-3)


@pytest.fixture(scope="module")
def shrunken():
    return shrink(EFFECTS, seed=1, scale=SCALE, draws=500, tune=500)


def test_the_hierarchy_is_that_of_quadrature(shrunken):
    assert shrunken.effect == pytest.approx(by_quadrature(EFFECTS, SCALE), abs=2e-3)


def test_its_chains_agree(shrunken):
    assert shrunken.diagnostics.max_r_hat < shrinkage.R_HAT_AT_MOST
    assert shrunken.diagnostics.min_ess > shrinkage.ESS_AT_LEAST
    assert "PyMC" in shrunken.method


def test_too_few_draws_say_so_are_the_same_for_the_same_seed_and_print_nothing(capfd):
    one, again = (shrink(EFFECTS, seed=2, draws=20, tune=20, chains=2) for _ in range(2))
    assert one.effect.tolist() == again.effect.tolist()
    assert any("effective sample size" in problem for problem in one.diagnostics.problems())
    assert any("r-hat" in problem for problem in one.diagnostics.problems())
    assert capfd.readouterr() == ("", "")

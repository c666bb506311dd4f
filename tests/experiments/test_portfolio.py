"""Experiments beside each other: what is tested, what is pooled, and what is only shown."""

from dataclasses import replace
from functools import partial

import pytest

from echo_ml.experiments.findings import Interval
from echo_ml.experiments.portfolio import portfolio
from echo_ml.experiments.posterior import shrinkage
from tests.experiments.made_readouts import CONVERSION, made_readout


def readout(name, lift=0.2, half=0.1, p_value=0.01, looks=1, lower_is_better=False, p_path=(), failing=()):
    """An experiment of one arm with this lift and interval; a better conversion rate is a higher one, if not said."""
    made = made_readout(name, failing=failing)
    row = replace(
        made.comparisons[0], lift=lift, lift_interval=Interval(lift - half, lift + half), p_value=p_value
    )  # fmt: skip
    primary = replace(CONVERSION, lower_is_better=lower_is_better)
    paths = (replace(made.paths[0], p_value=p_path),)
    return replace(
        made, comparisons=(row,), design=replace(made.design, looks=looks, primary=primary), paths=paths
    )  # fmt: skip


def two_arms(name):
    made = readout(name)
    return replace(made, comparisons=(made.comparisons[0], replace(made.comparisons[0], variant="other", lift=0.1)))


def test_without_experiments_there_is_an_empty_portfolio():
    assert portfolio([]).entries == ()


def test_q_values_are_over_all_experiments():
    found = portfolio([readout("a", p_value=0.01), readout("b", p_value=0.04), readout("c", p_value=0.03)])
    assert [entry.q_value for entry in found.entries] == pytest.approx([0.03, 0.04, 0.04])
    assert [entry.experiment_id for entry in found.entries] == ["a", "b", "c"]


def test_planned_looks_cost_what_bonferroni_says():
    (entry,) = portfolio([readout("a", p_value=0.004, looks=5)]).entries
    assert entry.p_value == pytest.approx(0.02)
    assert portfolio([readout("a", p_value=0.4, looks=5)]).entries[0].p_value == 1


def test_unplanned_looks_count_by_their_last_always_valid_p_value():
    (entry,) = portfolio([readout("a", p_value=0.001, looks=None, p_path=(0.5, 0.2, None))]).entries
    assert entry.p_value == 0.2
    assert portfolio([readout("a", looks=None)]).entries[0].q_value is None


def test_a_blocked_experiment_has_no_figures_and_is_neither_tested_nor_pooled():
    alone = portfolio([readout("a"), readout("b", lift=-0.1)])
    beside = portfolio([readout("a"), readout("blocked", failing=("sample_ratio_matches",)), readout("b", lift=-0.1)])
    blocked = beside.entries[1]
    assert (blocked.lift, blocked.q_value, blocked.shrunken_lift) == (None, None, None)
    assert "BLOCKED" in blocked.decision
    assert (beside.entries[0], beside.entries[2]) == alone.entries


def test_an_experiment_that_is_not_registered_is_listed():
    found = portfolio([replace(readout("a"), design=None, comparisons=())])
    assert found.entries[0].variant is None
    assert found.method is None


def test_a_control_of_zero_is_tested_and_not_pooled():
    made = readout("a")
    zero = replace(made, comparisons=(replace(made.comparisons[0], lift=None, lift_interval=None),))
    (entry,) = portfolio([zero]).entries
    assert entry.q_value == pytest.approx(0.01)
    assert entry.shrunken_lift is None


def test_lifts_are_drawn_to_each_other_and_the_method_is_said():
    found = portfolio([readout("a", 0.3), readout("b", 0.0), readout("c", 0.05)])
    assert 0 < found.entries[0].shrunken_lift < 0.3
    assert found.entries[1].shrunken_lift > 0
    interval = found.entries[0].shrunken_interval
    assert interval.lower < found.entries[0].shrunken_lift < interval.upper
    assert "empirical Bayes" in found.method
    assert found.diagnostics is None


def test_what_is_pooled_is_how_much_better_the_variant_is():
    """Less of what is better lower is as good as more of what is better higher."""
    higher = portfolio([readout("a", 0.3), readout("b", 0.1)])
    mixed = portfolio([readout("a", 0.3), readout("b", -0.1, lower_is_better=True)])
    assert mixed.average_lift == pytest.approx(higher.average_lift)
    assert mixed.entries[1].shrunken_lift == pytest.approx(-higher.entries[1].shrunken_lift)
    assert mixed.entries[1].shrunken_interval.lower == pytest.approx(-higher.entries[1].shrunken_interval.upper)


def test_arms_of_one_experiment_share_the_error_of_their_control():
    shared = portfolio([two_arms("a"), two_arms("b")])
    apart = portfolio([readout("a"), readout("b"), readout("c", 0.1), readout("d", 0.1)])
    widths = [
        found.entries[0].shrunken_interval.upper - found.entries[0].shrunken_interval.lower for found in (shared, apart)
    ]
    assert widths[0] > widths[1]


@pytest.mark.slow
def test_a_sampled_portfolio_says_so_and_how_well(monkeypatch):
    monkeypatch.setattr(shrinkage, "shrink", partial(shrinkage.shrink, draws=100, tune=100, chains=2))
    found = portfolio([two_arms("a"), readout("b", -0.1), readout("c", 0.05)], seed=1, shrink=True)
    assert "PyMC" in found.method
    assert found.diagnostics.min_ess > 0
    assert -0.1 < found.entries[2].shrunken_lift < 0.2

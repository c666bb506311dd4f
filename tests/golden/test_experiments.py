"""Ten experiments of a real set, from their Parquet file and a registry to readouts: nothing in them is significant."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner

from echo_assets.readouts.evidence import evidence_as_of
from echo_ml.experiments.analysis import readout_of
from echo_ml.experiments.decisions.decision_table import YELLOW_SAMPLE_RATIO
from echo_ml.experiments.findings import Outcome
from echo_quality.odcs import read_contracts

pytestmark = pytest.mark.golden
ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "echo_dbt"
ASSIGNMENTS = "echo_1m/experiments.parquet"
SPLIT = {"control": 0.5, "variant_a": 0.25, "variant_b": 0.15, "variant_c": 0.1}
LAST_DAY = datetime.date(2025, 12, 30)
EXPERIMENTS = {
    "exp_0d34441d8d7c": "pricing_page_redesign",
    "exp_1f5d72c74bf8": "checkout_flow_optimization",
    "exp_3323e8fbb631": "homepage_hero_test",
    "exp_4e08aa0d09ae": "email_frequency_test",
    "exp_58864ebc8b8f": "upsell_modal_test",
    "exp_70cffac770f4": "trial_length_test",
    "exp_9469dcae2e96": "notification_timing",
    "exp_aff93aedaabc": "onboarding_wizard",
    "exp_bd13276c56c7": "feature_discovery_prompt",
    "exp_f209b11d4e69": "payment_method_order",
}


def _registry() -> str:
    """The file that declares the ten: one look, at the end."""
    file = io.StringIO()
    rows = [
        {"experiment_id": experiment, "name": name, "unit": "user", "arms": json.dumps(SPLIT), "control": "control",
         "primary_metric": "conversion_rate", "mde": "0.02", "alpha": "0.05", "power": "0.8",
         "started_at": "2024-01-01T00:00:00Z", "ends_at": "2025-12-31T00:00:00Z", "min_days": "14"}
        for experiment, name in EXPERIMENTS.items()
    ]  # fmt: skip
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


@pytest.fixture
def warehouse(warehouse_of, sample, fresh_database, tmp_path, monkeypatch):
    """The assignments, loaded and built before anybody registered an experiment."""
    made = warehouse_of(read_contracts(ROOT / "echo_quality" / "contracts"))
    for variable, value in fresh_database.environment().items():
        monkeypatch.setenv(variable, value)
    load = made.load("experiment_assignments", "experiments.parquet", sample(ASSIGNMENTS))
    assert (load.status, load.staged, load.quarantined) == ("loaded", 16_673, 0), load.reason
    _build(tmp_path, "+experiment_outcomes", "+experiment_covariates", "metrics_catalog")
    return made


def _build(folder, *models):
    """These models and their tests."""
    built = dbtRunner().invoke(
        [
            *("build", "--select", *models, "--exclude-resource-type", "unit_test"),
            *("--indirect-selection", "buildable", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(folder), "--log-path", str(folder), "--quiet"),
        ]
    )
    assert built.success, built.exception


def _readouts(warehouse, day):
    return [readout_of(*known) for known in evidence_as_of(warehouse.connection, day)]


def test_readouts_are_blocked_until_the_experiments_are_registered_and_then_none_is_significant(warehouse, tmp_path):
    before = _readouts(warehouse, LAST_DAY - datetime.timedelta(5))
    assert [each.experiment_id for each in before] == sorted(EXPERIMENTS)
    for each in before:
        assert each.decision.outcome is Outcome.BLOCKED
        assert f"the registry has no experiment {each.experiment_id}" in " ".join(each.decision.reasons)
        assert sum(arm.users for arm in each.exposure) > 1_500

    warehouse.load("experiments", "experiments.csv", _registry())
    _build(tmp_path, *(f"stg_experiments+,+{model}" for model in ("experiment_outcomes", "experiment_covariates")))
    after = _readouts(warehouse, LAST_DAY)
    assert [each.experiment_id for each in after] == sorted(EXPERIMENTS)
    assert sum(arm.users for each in after for arm in each.exposure) == 16_673
    for each in after:
        assert [arm.variant for arm in each.exposure] == list(SPLIT)
        assert each.srm_p_value > YELLOW_SAMPLE_RATIO, each.experiment_id
        assert [row.variant for row in each.comparisons] == list(SPLIT)[1:]
        assert all(min(row.p_adjusted, row.q_value) > each.design.alpha for row in each.comparisons), each.experiment_id
        assert not any(path.crossed_on for path in each.paths), each.experiment_id
        assert each.decision.outcome in (Outcome.DO_NOT_SHIP, Outcome.NO_MEANINGFUL_EFFECT), each.decision

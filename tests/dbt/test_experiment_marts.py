"""Experiments as counted: arms, lifts and daily sums of generated data, and units that must not be compared."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from statistics import pvariance
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from generated_data import load_generated

pytestmark = pytest.mark.database

MARTS = (
    *("experiment_daily", "variant_performance", "experiment_results"),
    *("experiment_outcomes", "experiment_covariates"),
)
Generated = tuple[Warehouse, dict[str, Any]]


def _build(dbt: Dbt) -> None:
    """The marts with everything above them that is a table."""
    kinds = ("table", "incremental")
    above = [f"+{mart},config.materialized:{kind}" for mart in MARTS for kind in kinds]
    dbt.build_models(*above, "metrics_catalog")


def _text(value: Decimal | None) -> str | None:
    """A ratio as the truth writes it."""
    return None if value is None else str(value.quantize(Decimal("0.000001"), ROUND_HALF_UP))


@pytest.fixture(scope="module")
def generated(dbt: Dbt, prepared: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """Built once: the tests that use it only read."""
    prepared.reset()
    folder = tmp_path_factory.mktemp("generated")
    truth = load_generated(prepared, folder, 3000, "experiments", "experiment_assignments", "customers")
    _build(dbt)
    return prepared, truth


def test_every_arm_has_the_users_conversions_and_revenue_of_the_truth(generated: Generated) -> None:
    warehouse, truth = generated
    found = warehouse.rows(
        """select experiment_id, variant_name, is_control, designed_share, users, conversions, conversion_rate, revenue
        from experiments.variant_performance"""
    )
    assert {
        (experiment, arm): (is_control, _text(share), users, conversions, _text(rate), str(revenue))
        for experiment, arm, is_control, share, users, conversions, rate, revenue in found
    } == {
        (of["experiment_id"], arm["arm"]): (
            arm["arm"] == of["control"], arm["designed_share"], arm["users"], arm["conversions"],
            arm["conversion_rate"], arm["revenue"],
        )
        for of in truth["experiments"]
        for arm in of["arms"]
    }  # fmt: skip


def test_every_other_arm_has_the_lift_over_control_of_the_truth(generated: Generated) -> None:
    warehouse, truth = generated
    found = warehouse.rows(
        "select experiment_id, variant_name, control_name, absolute_lift, relative_lift"
        " from experiments.experiment_results"
    )
    assert {(*key, control): (_text(absolute), _text(relative)) for *key, control, absolute, relative in found} == {
        (of["experiment_id"], lift["arm"], of["control"]): (lift["realised_absolute"], lift["realised_relative"])
        for of in truth["experiments"]
        for lift in of["lifts"]
    }


def test_the_variance_of_an_arm_follows_from_the_sums_of_its_days(generated: Generated) -> None:
    warehouse, _ = generated
    revenues: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for experiment, arm, revenue in warehouse.rows(
        "select experiment_id, variant, coalesce(revenue, 0) from staging.experiment_assignments"
    ):
        revenues[experiment, arm].append(revenue)
    found = warehouse.rows(
        """select experiment_id, variant_name,
            (sum(revenue_squared) - sum(revenue) * sum(revenue) / sum(users)) / sum(users), count(*)
        from experiments.experiment_daily group by 1, 2"""
    )
    assert {(experiment, arm) for experiment, arm, _, _ in found} == revenues.keys()
    for experiment, arm, variance, days in found:
        assert days > 1
        assert float(variance) == pytest.approx(float(pvariance(revenues[experiment, arm])))


def test_every_test_of_these_marts_passes_on_generated_data(dbt: Dbt, generated: Generated) -> None:
    statuses = dbt("test", "--select", *MARTS, "--exclude", "test_type:unit").status
    assert len(statuses) >= 9
    assert set(statuses.values()) == {"pass"}


def test_the_unit_tests_of_these_marts_pass(dbt: Dbt, generated: Generated) -> None:
    statuses = dbt("test", "--select", *[f"{mart},test_type:unit" for mart in MARTS]).status
    assert len(statuses) == 6
    assert set(statuses.values()) == {"pass"}


def test_units_that_must_not_be_compared_are_counted_apart_and_unregistered_experiments_have_no_result(
    dbt: Dbt, warehouse: Warehouse
) -> None:
    """Empties what `generated` built, so it stands last."""
    warehouse.add("experiments", experiment_id="e1")
    for user, variant, day, experiment in [
        ("u1", "a", "05", "e1"), ("u2", "b", "05", "e1"), ("u3", "z", "05", "e1"), ("u4", "a", "05", "elsewhere"),
    ]:  # fmt: skip
        warehouse.add(
            "experiment_assignments", experiment_id=experiment, user_id=user, variant=variant, revenue=10,
            assigned_at=f"2024-01-{day}T10:00Z", converted=True, converted_at="2024-01-06T00:00Z",
        )  # fmt: skip
    warehouse.add("experiment_assignments", experiment_id="e1", user_id="early", assigned_at="2023-12-31T23:59Z")
    _build(dbt)
    assert warehouse.rows(
        """select experiment_id, variant_name, users, excluded_users, conversions, revenue::text
        from experiments.variant_performance order by 1, 2"""
    ) == [
        ("e1", "a", 1, 1, 1, "10.00"), ("e1", "b", 1, 0, 1, "10.00"), ("e1", "z", 0, 1, 0, "0.00"),
        ("elsewhere", "a", 1, 0, 1, "10.00"),
    ]  # fmt: skip
    assert warehouse.rows("select variant_name, absolute_lift from experiments.experiment_results order by 1") == [
        ("b", Decimal(0)), ("z", None),
    ]  # fmt: skip
    statuses = dbt("test", "--select", *MARTS, "--exclude", "test_type:unit").status
    assert set(statuses.values()) == {"pass"}


@pytest.mark.slow
def test_planted_errors_are_found_by_the_tests_that_should_find_them_and_by_no_other(
    dbt: Dbt, warehouse: Warehouse
) -> None:
    mistakes = {
        "update experiments.experiment_daily set revenue = revenue + 0.01": {"experiment_daily_equals_fact"},
        "update experiments.variant_performance set excluded_users = 1 where is_control": {
            "variant_performance_equals_fact",
        },
        "delete from experiments.experiment_results": {"experiment_results_covers_every_other_arm"},
        "update experiments.experiment_outcomes set numerator = 2 where metric = 'orders_per_user'": {
            "experiment_outcomes_equals_fact",
        },
        "update experiments.experiment_covariates set spent_before = 1": {"experiment_covariates_equals_fact"},
    }
    warehouse.add("experiments", experiment_id="e1", unit="customer")
    warehouse.add("experiment_assignments", experiment_id="e1", user_id="c1", assigned_at="2024-01-05T10:00Z")
    for day in ("04", "05"):
        warehouse.sell(day, f"2024-01-{day}", "10.00", customer_id="c1")
    _build(dbt)
    for mistake in mistakes:
        warehouse.connection.execute(mistake.encode())
    statuses = dbt("test", "--select", *MARTS, "--exclude", "test_type:unit", fails=True).status
    assert {name for name, status in statuses.items() if status == "fail"} == set.union(*mistakes.values())

"""Evidence of experiments, counted by SQL over the built models, beside the same counted row by row from raw rows."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg
import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse
from plain_evidence import START, Rows, count, random_rows

from echo_assets.readouts.evidence import evidence_as_of, metrics_of
from echo_assets.readouts.running import Running, running_days
from echo_ml.experiments.design import Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.registry import ALIASES

pytestmark = pytest.mark.database
MODELS = ("+experiment_outcomes", "+experiment_covariates", "metrics_catalog")
DAYS = [date(2024, 3, 1) + timedelta(days) for days in (0, 4, 10, 16)]


def _build(dbt: Dbt) -> None:
    kinds = [f"{name},config.materialized:{kind}" for name in MODELS for kind in ("table", "incremental")]
    dbt.build_models(*kinds)


@pytest.fixture(scope="module")
def rows(dbt: Dbt, prepared: Warehouse) -> Rows:
    """Built once: the tests that use them only read."""
    prepared.reset()
    found = random_rows(seed=5)
    found.add_to(prepared)
    _build(dbt)
    return found


def _evidence(warehouse: Warehouse, as_of: date) -> dict[str, Evidence]:
    return {evidence.experiment_id: evidence for _, _, evidence in evidence_as_of(warehouse.connection, as_of)}


def _plain_sums(rows: Rows, evidence: Evidence, metric: Metric) -> np.ndarray:
    """users, y, yy, x, xx, xy by arm and day."""
    counted = count(rows, evidence.experiment_id, evidence.as_of)
    sums = np.zeros((6, len(evidence.arms), len(evidence.days)))
    for user, y in counted.values(metric.name, metric.winsorised_at).items():
        unit = counted.units[user]
        x = unit["d"][metric.name] if metric.kind is MetricKind.RATIO else unit["x"]
        place = evidence.arms.index(unit["arm"]), evidence.days.index(unit["day"])
        sums[:, *place] += [1, y, y * y, x, x * x, x * y]
    return sums


@pytest.mark.parametrize("as_of", DAYS)
def test_the_sums_are_those_of_the_raw_rows(prepared: Warehouse, rows: Rows, as_of: date) -> None:
    catalogue = metrics_of(prepared.connection)
    for name, evidence in _evidence(prepared, as_of).items():
        for metric, moments in evidence.metrics.items():
            found = np.array(astuple(moments))
            expected = _plain_sums(rows, evidence, catalogue[metric])
            assert np.allclose(found, expected), (name, metric)
            assert name == "empty" or as_of < DAYS[1] or found[1].any(), f"nothing to compare: {name}, {metric}"


@pytest.mark.parametrize("as_of", DAYS)
def test_who_is_left_out_is_counted_by_reason_and_arm(prepared: Warehouse, rows: Rows, as_of: date) -> None:
    for name, evidence in _evidence(prepared, as_of).items():
        counted = count(rows, name, as_of)
        assert evidence.excluded == counted.excluded
        assert evidence.conversions_before_exposure == counted.early


def test_segments_add_up_to_the_whole_and_are_of_customers_only(prepared: Warehouse, rows: Rows) -> None:
    evidence = _evidence(prepared, DAYS[2])
    customers = evidence["customers"]
    assert sorted(customers.segments) == ["(none)", "large", "smb"]
    whole = customers.metrics["order_revenue_per_user"].sum(axis=1)
    parts = sum(np.array(astuple(moments)) for moments in customers.segments.values())
    assert np.allclose(parts, np.array(astuple(whole)))
    assert evidence["users"].segments == evidence["wild"].segments == {}


def test_an_experiment_runs_as_registered_or_from_its_first_to_its_last_assignment(
    prepared: Warehouse, rows: Rows
) -> None:
    of_nobody = [row["assigned_at"].date() for row in rows.assignments if row["experiment_id"] == "wild"]
    assert running_days(prepared.connection) == [
        Running("customers", date(2024, 3, 1), date(2024, 3, 11)),
        Running("empty", date(2024, 3, 1), date(2024, 3, 11)),
        Running("users", date(2024, 3, 1), None),
        Running("wild", min(of_nobody), max(of_nobody)),
    ]
    assert list(_evidence(prepared, date(2024, 3, 11))) == ["customers", "empty", "users", "wild"]
    assert list(_evidence(prepared, date(2024, 3, 20))) == ["users"]


def test_a_design_or_why_there_is_none_comes_with_the_evidence(prepared: Warehouse, rows: Rows) -> None:
    found = {
        evidence.experiment_id: (design, why) for design, why, evidence in evidence_as_of(prepared.connection, DAYS[1])
    }
    designs = {name: design and dict(design.arms) for name, (design, _) in found.items()}
    split = {"control": 0.5, "variant_a": 0.25, "variant_b": 0.25}
    assert designs == {"customers": split, "users": split, "empty": split, "wild": None}
    assert found["wild"][1] == "the registry has no experiment wild"


def test_who_nobody_is_assigned_to_has_empty_evidence(prepared: Warehouse, rows: Rows) -> None:
    empty = _evidence(prepared, DAYS[1])["empty"]
    assert empty.arms == ("control", "variant_a", "variant_b")
    assert len(empty.days) == 5
    assert not np.array(astuple(empty.metrics["experiment_conversion_rate"])).any()
    assert (empty.excluded, empty.conversions_before_exposure) == ({}, 0)


def test_an_arm_outside_of_the_registry_stands_after_the_others(prepared: Warehouse, rows: Rows) -> None:
    assert _evidence(prepared, DAYS[2])["users"].arms == ("control", "variant_a", "variant_b", "stray")


def test_how_late_and_how_clean_the_source_is_comes_with_it(prepared: Warehouse, rows: Rows) -> None:
    for number, (file, status, quarantined) in enumerate(
        [("a", "superseded", 90), ("a", "replaced", 10), ("b", "loaded", 20), ("c", "refused", 100)]
    ):
        prepared.connection.execute(
            """insert into ops.loads (source, file, partition_key, sha256, bytes, modified_ns, contract_version,
                max_rejected_share, rows_in_file, quarantined, status)
            values ('experiment_assignments', %s, %s, %s, 1, 1, '1.0.0', 1, 100, %s, %s)""",
            [file, file, str(number), quarantined, status],
        )
    evidence = _evidence(prepared, DAYS[1])["users"]
    assert evidence.rejected_share == 0.15
    assert evidence.stale_after_hours == 72


def test_assignments_are_known_up_to_the_newest_event_or_to_the_end_of_a_day_that_is_over(
    prepared: Warehouse, rows: Rows
) -> None:
    assert _evidence(prepared, DAYS[1])["users"].last_assigned_at == datetime(2024, 3, 6, tzinfo=UTC)
    [(assigned, converted)] = prepared.rows("select max(assigned_at), max(converted_at) from core.fact_experiments")
    assert converted > assigned
    assert _evidence(prepared, date(2024, 4, 1))["users"].last_assigned_at == converted


def test_the_aliases_of_the_registry_are_names_of_the_catalogue(prepared: Warehouse, rows: Rows) -> None:
    catalogue = metrics_of(prepared.connection)
    assert set(ALIASES.values()) <= set(catalogue)
    assert not set(ALIASES) & set(catalogue)
    assert {metric.kind for metric in catalogue.values()} == set(MetricKind)


def test_the_last_day_is_that_of_the_last_instant_in_the_business_zone(dbt: Dbt, warehouse: Warehouse) -> None:
    """Empties what `rows` built, so it stands below the others."""
    instants = {"midnight": "2024-03-11T00:00Z", "later": "2024-03-11T00:01Z", "none": None, "start": START}
    for name, ends_at in instants.items():
        warehouse.add("experiments", experiment_id=name, started_at=START, ends_at=ends_at)
    _build(dbt)
    in_utc = {each.experiment_id: str(each.last_day) for each in running_days(warehouse.connection)}
    assert in_utc == {"midnight": "2024-03-10", "later": "2024-03-11", "none": "None", "start": "2024-03-01"}
    try:
        dbt("run", "--select", "stg_experiments", "dim_experiment", variables="{timezone: Asia/Tokyo}")
        in_tokyo = {each.experiment_id: str(each.last_day) for each in running_days(warehouse.connection)}
    finally:
        dbt("run", "--select", "stg_experiments")
    assert in_tokyo == in_utc | {"midnight": "2024-03-11"}


def test_an_entry_that_cannot_be_used_is_said_and_its_units_are_counted(dbt: Dbt, warehouse: Warehouse) -> None:
    """Empties what `rows` built too."""
    warehouse.add("experiments", experiment_id="e1", primary_metric="convrsion_rate", started_at=START)
    warehouse.add("experiment_assignments", experiment_id="e1", user_id="u1", assigned_at=START)
    _build(dbt)
    [(design, why_not, evidence)] = evidence_as_of(warehouse.connection, START.date())
    assert design is None
    assert why_not is not None and why_not.startswith("experiment e1, primary_metric: no experiment measures")
    assert evidence.metrics["experiment_conversion_rate"].users.tolist() == [[1]]
    with psycopg.connect(warehouse.connection.info.dsn, password=warehouse.connection.info.password) as other:
        assert evidence_as_of(other, START.date() - timedelta(1)) == []

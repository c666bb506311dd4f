"""Planned runs in this process, on the storage the platform uses: what is recorded, reported and linked."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pytest

from echo_assets.planner.days import DayRange
from echo_assets.planner.plan import RunPlan
from echo_assets.planner.report import Progress
from echo_assets.planner.runs import execute, execute_assets, origin_of, run_key, tags_of

pytestmark = pytest.mark.database

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-02-01")
SEEN: list[str] = []


@dg.asset(key=["core", "dim"], check_specs=[dg.AssetCheckSpec("holds", asset=["core", "dim"], blocking=True)])
def dim() -> dg.MaterializeResult:
    result = dg.AssetCheckResult(passed=True, check_name="holds", metadata={"rows": 3})
    return dg.MaterializeResult(check_results=[result])


@dg.asset(key=["core", "fact"], deps=[dim], partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def fact(context: dg.AssetExecutionContext) -> None:
    SEEN[:] = context.partition_keys


@dg.multi_asset(specs=[dg.AssetSpec(["core", "built"]), dg.AssetSpec(["core", "not_built"])])
def breaks() -> Iterator[dg.MaterializeResult]:
    yield dg.MaterializeResult(asset_key=["core", "built"])
    raise dg.Failure("the disk is full")


@dg.asset(key=["core", "surprised"])
def surprised() -> None:
    raise KeyError("month")


@dg.asset(key=["core", "mart"], deps=[["core", "not_built"]])
def mart() -> None: ...


@pytest.fixture(scope="module")
def job() -> dg.JobDefinition:
    """The job of all assets, with the executor that would start a process per step: it must not be used."""
    definitions = dg.Definitions(assets=[dim, fact, breaks, surprised, mart], executor=dg.multiprocess_executor)
    return definitions.resolve_implicit_global_asset_job_def()


def planned(*selection: str, days: DayRange | None = None) -> RunPlan:
    return RunPlan(selection, days, key="a-key", reason="revenue changed")


def test_a_plan_runs_its_days_in_one_run_and_reports_what_it_did(
    job: dg.JobDefinition, instance: dg.DagsterInstance
) -> None:
    days = DayRange(date(2024, 1, 3), date(2024, 1, 5))
    steps: list[Progress] = []
    report = execute(planned("core/dim", "core/fact", days=days), job, instance, steps.append)
    assert SEEN == ["2024-01-03", "2024-01-04", "2024-01-05"]
    assert (report.succeeded, report.cancelled) == (True, False)
    assert report.materialized == ("core/dim", "core/fact")
    assert (report.skipped, report.failed) == ((), ())
    [check] = report.checks
    assert (check.asset, check.name, check.passed, check.blocking) == ("core/dim", "holds", True, True)
    assert check.metadata == {"rows": 3}
    assert Progress("ASSET_MATERIALIZATION", "core__dim", "core/dim") in steps


def test_a_run_is_recorded_with_its_selection_and_its_reason(
    job: dg.JobDefinition, instance: dg.DagsterInstance
) -> None:
    report = execute(planned("core/dim"), job, instance)
    run = instance.get_run_by_id(report.run_id)
    assert run and run.status == dg.DagsterRunStatus.SUCCESS
    assert run.asset_selection == {dg.AssetKey(["core", "dim"])}
    assert run.tags["echo/plan"] == "a-key"
    assert run.tags["echo/reason"] == "revenue changed"


def test_a_run_is_linked_to_the_code_location(job: dg.JobDefinition, instance: dg.DagsterInstance) -> None:
    origin = origin_of(job.name, "echo_assets.definitions", "echo", "/somewhere")
    report = execute(planned("core/dim"), job, instance, origin=origin)
    run = instance.get_run_by_id(report.run_id)
    assert run and run.remote_job_origin
    assert run.remote_job_origin.location_name == "echo"
    assert run.remote_job_origin.repository_origin.repository_name == "__repository__"
    assert run.remote_job_origin.job_name == job.name


def test_a_failure_is_reported_with_its_message_and_what_was_not_built(
    job: dg.JobDefinition, instance: dg.DagsterInstance
) -> None:
    report = execute(planned("core/built", "core/not_built", "core/mart"), job, instance)
    assert not report.succeeded
    assert report.materialized == ("core/built",)
    assert report.skipped == ("core/mart",)
    [failed] = report.failed
    assert (failed.step, failed.assets, failed.message) == ("breaks", ("core/not_built",), "the disk is full")


def test_an_unexpected_error_is_reported_by_its_cause_and_without_a_traceback(
    job: dg.JobDefinition, instance: dg.DagsterInstance
) -> None:
    [failed] = execute(planned("core/surprised"), job, instance).failed
    assert failed.message == "KeyError: 'month'"


def test_assets_can_be_run_without_a_plan(job: dg.JobDefinition, instance: dg.DagsterInstance) -> None:
    report = execute_assets([dg.AssetKey(["core", "fact"])], {"dagster/partition": "2024-01-09"}, job, instance)
    assert (report.succeeded, SEEN) == (True, ["2024-01-09"])


def test_a_plan_that_failed_is_requested_again_under_another_key_until_it_has_failed_too_often(
    job: dg.JobDefinition, instance: dg.DagsterInstance
) -> None:
    plan = planned("core/surprised")
    keys = []
    while (key := run_key(plan, instance)) is not None:
        keys.append(key)
        execute(plan, job, instance)
    assert keys == ["a-key-0", "a-key-1", "a-key-2"]


def test_a_plan_that_succeeded_keeps_its_key(job: dg.JobDefinition, instance: dg.DagsterInstance) -> None:
    plan = planned("core/dim")
    before = run_key(plan, instance)
    execute(plan, job, instance)
    assert run_key(plan, instance) == before == "a-key-0"


def test_a_plan_without_days_has_no_range() -> None:
    assert tags_of(planned("core/dim")) == {"echo/plan": "a-key", "echo/reason": "revenue changed"}

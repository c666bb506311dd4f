"""Readouts end to end, from files to rows, pages and checks: what is late adds rows, what is the same adds none."""

from __future__ import annotations

import json
from collections.abc import Collection

import dagster as dg
import pytest
from platform_under_test import Platform
from small_graph import UNTIL_THE_MODELS

from echo_assets import open_checks
from echo_assets.backfill import backfill_of
from echo_assets.file_runs import RANGE_END, RANGE_START
from echo_assets.planned import days_of_partitions
from echo_assets.readouts.due import READS
from echo_assets.readouts.pages import index_page, page_of

pytestmark = [pytest.mark.database, pytest.mark.slow]

REGISTRY = (
    "experiment_id,name,unit,arms,control,primary_metric,secondary_metrics,guardrails,mde,alpha,power,looks,"
    "started_at,ends_at,min_days\n"
    '{0},Checkout,user,"{{""a"": 0.5, ""b"": 0.5}}",a,conversion_rate,"[""revenue_per_user""]",,0.1,0.05,0.8,2,'
    "2024-01-01T00:00:00Z,2024-01-08T00:00:00Z,2\n"
)
ASSIGNED = "experiment_id,user_id,variant,assigned_at,converted,converted_at,revenue\n"
KNOWN, STRANGER = "EXP <1>/..", "EXP-9"
DAYS = range(1, 7)
PER_DAY = 20
SECRET = "person-"


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    """What evidence is counted from."""
    return READS


@pytest.fixture(scope="module")
def stages() -> Collection[str]:
    return (*UNTIL_THE_MODELS, "readouts")


def assigned(experiment: str, day: int, first: int = 0) -> str:
    """Users of one day, every other one in each arm; a fifth converts at once."""
    lines = [
        f"{experiment},{SECRET}{day}-{number},{'ab'[number % 2]},2024-01-{day:02}T08:00:00Z,"
        f"{'true' if number % 5 == 0 else 'false'},{f'2024-01-{day:02}T09:00:00Z' if number % 5 == 0 else ''},"
        f"{'12.50' if number % 5 == 0 else ''}"
        for number in range(first, first + PER_DAY)
    ]
    return "\n".join(lines) + "\n"


def recorded(platform: Platform) -> dict[tuple[str, int], int]:
    """How many rows there are of each experiment and day of January."""
    rows = platform.rows(
        "select experiment_id, extract(day from as_of)::int, count(*) from experiments.readouts group by 1, 2"
    )
    return {(experiment, day): count for experiment, day, count in rows}


def test_every_day_on_which_an_experiment_runs_is_read_once(platform: Platform) -> None:
    platform.drop("experiments", "registry.csv", REGISTRY.format(KNOWN))
    days = "".join(assigned(experiment, day) for experiment in (KNOWN, STRANGER) for day in DAYS)
    platform.drop("experiment_assignments", "a.csv", ASSIGNED + days)
    reports = platform.bring_up_to_date()
    assert [report.failed for report in reports if report.failed] == []
    assert recorded(platform) == {(experiment, day): 1 for experiment in (KNOWN, STRANGER) for day in DAYS}


def test_a_registered_experiment_is_decided_and_an_unregistered_one_is_blocked_and_says_so(platform: Platform) -> None:
    newest = "select decision, blocked_by, paragraph from experiments.readouts_latest where as_of = '2024-01-06' and "
    [(decision, blocked_by, _)] = platform.rows(f"{newest} experiment_id = '{KNOWN}'")
    assert (decision, blocked_by) != ("BLOCKED", None)
    [(decision, blocked_by, _)] = platform.rows(f"{newest} experiment_id = '{STRANGER}'")
    assert (decision, blocked_by) == ("BLOCKED", "registered")


def test_a_condition_that_fails_is_a_warning_that_names_the_experiment(platform: Platform) -> None:
    verdict = platform.verdict("readouts/experiments", "registered")
    assert (verdict.passed, verdict.severity) == (False, "WARN")
    assert STRANGER in verdict.message
    assert platform.verdict("readouts/experiments", "exposure_is_clean").passed
    assert platform.verdict("readouts/experiments", "decision_is_one_of_five").passed


def test_each_experiment_has_a_page_whatever_it_is_called_and_all_of_them_have_one(platform: Platform) -> None:
    for experiment in (KNOWN, STRANGER):
        assert page_of(platform.settings, experiment).is_file()
        assert page_of(platform.settings, experiment).parent == index_page(platform.settings).parent
    assert STRANGER in index_page(platform.settings).read_text()


def test_no_person_is_in_a_readout_or_on_a_page(platform: Platform) -> None:
    assert platform.value(f"select count(*) from core.fact_experiments where user_id like '{SECRET}%'") > 0
    assert platform.value(f"select count(*) from experiments.readouts as rows where rows::text like '%{SECRET}%'") == 0
    pages = list(index_page(platform.settings).parent.iterdir())
    assert pages
    assert not any(SECRET in page.read_text() for page in pages)


def test_the_newest_day_shows_a_table_and_pictures_that_the_event_log_can_keep(platform: Platform) -> None:
    shown = platform.metadata("readouts/experiments", "2024-01-06")
    assert STRANGER in shown["readouts"]
    assert shown["decisions"].keys() == {KNOWN, STRANGER}
    assert "data:image/png;base64," in shown["pictures"]
    assert len(json.dumps(shown, default=str)) < 300_000
    assert "pictures" not in platform.metadata("readouts/experiments", "2024-01-05")


def test_nothing_is_read_again_while_nothing_changes(platform: Platform) -> None:
    assert platform.bring_up_to_date() == []


def test_a_late_row_adds_readouts_of_its_day_and_later_ones_and_the_recorded_ones_stay(platform: Platform) -> None:
    platform.drop("experiment_assignments", "late.csv", ASSIGNED + assigned(KNOWN, 4, first=PER_DAY))
    before = platform.rows("select experiment_id, as_of, computed_at, readout from experiments.readouts")
    platform.bring_up_to_date()
    counts = recorded(platform)
    assert [counts[KNOWN, day] for day in DAYS] == [1, 1, 1, 2, 2, 2]
    assert [counts[STRANGER, day] for day in DAYS] == [1] * 6, "what says the same is not recorded again"
    after = platform.rows("select experiment_id, as_of, computed_at, readout from experiments.readouts")
    assert all(row in after for row in before)


@pytest.mark.parametrize("days", [("2024-01-06", "2024-01-06"), ("2024-01-05", "2024-01-06")], ids=["day", "range"])
def test_the_job_reads_the_days_that_are_chosen_and_the_portfolio(platform: Platform, days: tuple[str, str]) -> None:
    first, last = days
    job = platform.definitions.resolve_job_def("experiment_job")
    chosen = {"partition_key": first} if first == last else {"tags": {RANGE_START: first, RANGE_END: last}}
    result = job.execute_in_process(instance=platform.instance, raise_on_error=False, **chosen)
    assert result.success
    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events()}
    assert made == {"readouts/experiments", "readouts/portfolio"}
    asked = {each.check_name for each in result.get_asset_check_evaluations()}
    assert {"chains_agree", "registered", "decision_is_one_of_five"} <= asked


def test_a_check_that_only_its_own_step_answers_is_not_asked_alone(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a run of the portfolio that failed."""
    sampled = dg.AssetCheckKey(dg.AssetKey(["readouts", "portfolio"]), "chains_agree")
    asked_of_table = dg.AssetCheckKey(dg.AssetKey(["readouts", "experiments"]), "registered")
    monkeypatch.setattr(open_checks, "unanswered_checks", lambda *_: {sampled, asked_of_table})
    assert open_checks.open_model_checks(platform.instance, platform.job).others == {asked_of_table}


def test_a_replay_of_history_that_says_the_same_adds_nothing(platform: Platform) -> None:
    before = recorded(platform)
    replay = backfill_of(days_of_partitions(platform.sources), "readouts/experiments", "2024-01-01..2024-01-31")
    reports = list(replay.run(platform.refresh))
    assert [report.materialized for report in reports] == [("readouts/experiments",)]
    assert recorded(platform) == before
    assert platform.bring_up_to_date() == []

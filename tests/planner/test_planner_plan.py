"""What the planner decides, case by case and as properties that hold for any ledger."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from echo_assets.planner.days import BRIDGED_DAYS, DayRange
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.state import DirtyDay, Ledger, StaleAsset, Target

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
PARTITIONS = DayRange(FIRST, LAST)

VIEW = Target("stg/stg_transactions", frozenset({"revenue"}), keeps_marks=False)
OTHER_VIEW = Target("stg/stg_marketing_events", frozenset({"marketing"}), keeps_marks=False)
SEED = Target("seeds/channel_map", keeps_marks=False)
DIM = Target("core/dim_channel", frozenset({"revenue", "marketing"}), upstream=frozenset({VIEW.key, OTHER_VIEW.key}))
SALES = Target("core/fact_transactions", frozenset({"revenue"}), True, frozenset({VIEW.key, SEED.key}))
SPEND = Target("core/fact_marketing", frozenset({"marketing"}), True, frozenset({OTHER_VIEW.key, DIM.key, VIEW.key}))
FEATURE = Target("features/customer_daily", frozenset({"revenue"}), True, frozenset({SALES.key, VIEW.key, SEED.key}))
MART = Target("finance/revenue_summary", frozenset({"revenue"}), upstream=frozenset({SALES.key, VIEW.key, SEED.key}))
OTHER_MART = Target(
    "marketing/channel_performance",
    frozenset({"revenue", "marketing"}),
    upstream=frozenset({SPEND.key, DIM.key, VIEW.key, OTHER_VIEW.key}),
)
TARGETS = (VIEW, OTHER_VIEW, SEED, DIM, SALES, SPEND, FEATURE, MART, OTHER_MART)
DAILY = {target.key: target for target in TARGETS if target.by_day}
WHOLE = {target.key: target for target in TARGETS if not target.by_day and target.keeps_marks}


def dirty(target: Target, *days: date, mark: int = 1, source: str | None = None) -> frozenset[DirtyDay]:
    return frozenset(DirtyDay(target.key, source or min(target.sources), day, mark) for day in days)


def stale(*targets: Target, source: str = "revenue", mark: int = 1) -> frozenset[StaleAsset]:
    return frozenset(StaleAsset(target.key, source, mark) for target in targets)


def planned(runs: tuple[RunPlan, ...]) -> set[tuple[str, date]]:
    """Every day of every daily target that the runs build."""
    return {
        (key, run.days.first + timedelta(days=number))
        for run in runs
        if run.days
        for key in run.selection
        if key in DAILY
        for number in range(len(run.days))
    }


def test_nothing_dirty_is_nothing_to_run() -> None:
    assert plan(Ledger(), TARGETS, PARTITIONS) == ()


def test_one_changed_day_is_one_run_of_its_fact_its_view_and_what_is_built_on_it() -> None:
    day = date(2024, 3, 5)
    [run] = plan(Ledger(dirty(SALES, day), stale(MART)), (VIEW, SEED, SALES, MART, OTHER_VIEW), PARTITIONS)
    assert run.selection == (SALES.key, MART.key, VIEW.key)
    assert run.days == DayRange(day, day)
    assert run.reason == "revenue changed; rebuild 2024-03-05 (1 day)"


def test_several_ranges_are_several_runs_dimensions_in_the_first_and_marts_in_the_last() -> None:
    ledger = Ledger(dirty(SPEND, date(2024, 1, 5), date(2024, 6, 5)), stale(DIM, OTHER_MART, source="marketing"))
    first, last = plan(ledger, TARGETS, PARTITIONS)
    assert first.selection == (DIM.key, SPEND.key, OTHER_VIEW.key)
    assert first.days == DayRange(date(2024, 1, 5), date(2024, 1, 5))
    assert last.selection == (SPEND.key, OTHER_MART.key)
    assert last.days == DayRange(date(2024, 6, 5), date(2024, 6, 5))


def test_a_small_gap_is_bridged_and_a_larger_one_is_not() -> None:
    day = date(2024, 5, 1)
    near, far = day + timedelta(days=BRIDGED_DAYS + 1), day + timedelta(days=BRIDGED_DAYS + 2)
    assert [run.days for run in plan(Ledger(dirty(SALES, day, near)), [SALES], PARTITIONS)] == [DayRange(day, near)]
    assert len(plan(Ledger(dirty(SALES, day, far)), [SALES], PARTITIONS)) == 2


def test_days_outside_of_the_partitions_belong_to_the_first_and_the_last() -> None:
    runs = plan(Ledger(dirty(SALES, date(1999, 1, 1), date(2031, 1, 1))), [SALES], PARTITIONS)
    assert [run.days for run in runs] == [DayRange(FIRST, FIRST), DayRange(LAST, LAST)]


def test_a_clean_fact_is_not_rebuilt_for_the_days_of_another() -> None:
    ledger = Ledger(dirty(SALES, date(2024, 2, 1)) | dirty(SPEND, date(2024, 8, 1)))
    assert planned(plan(ledger, (SALES, SPEND), PARTITIONS)) == {
        (SALES.key, date(2024, 2, 1)),
        (SPEND.key, date(2024, 8, 1)),
    }


def test_a_daily_target_that_reads_another_is_built_in_the_same_run() -> None:
    ledger = Ledger(dirty(SALES, date(2024, 2, 1)) | dirty(FEATURE, date(2024, 2, 1), date(2024, 2, 3)))
    [run] = plan(ledger, (SALES, FEATURE), PARTITIONS)
    assert run.selection == (SALES.key, FEATURE.key)
    assert run.days == DayRange(date(2024, 2, 1), date(2024, 2, 3))


def test_a_daily_target_is_rebuilt_on_the_days_of_what_it_reads_even_if_its_own_marks_look_fresh() -> None:
    [run] = plan(Ledger(dirty(SALES, date(2024, 2, 1))), (SALES, FEATURE), PARTITIONS)
    assert run.selection == (SALES.key, FEATURE.key)


def test_a_stale_whole_target_alone_is_a_run_without_days() -> None:
    [run] = plan(Ledger(stale=stale(MART)), TARGETS, PARTITIONS)
    assert (run.selection, run.days) == ((MART.key, VIEW.key), None)


def test_what_is_built_on_a_rebuilt_fact_is_rebuilt_even_if_its_own_marks_look_fresh() -> None:
    [run] = plan(Ledger(dirty(SALES, FIRST)), TARGETS, PARTITIONS)
    assert MART.key in run.selection


def test_what_is_missing_from_the_database_is_built_once_a_daily_table_as_an_empty_one() -> None:
    [run] = plan(Ledger(missing=frozenset(target.key for target in TARGETS)), TARGETS, PARTITIONS)
    assert set(run.selection) == {target.key for target in TARGETS}
    assert run.days == DayRange(FIRST, FIRST)
    assert run.reason == "first build of core/dim_channel, core/fact_marketing, core/fact_transactions and 6 more"


def test_a_day_that_is_dirty_again_has_another_key_and_the_same_work_the_same() -> None:
    before = Ledger(dirty(SALES, FIRST, mark=1), epoch="a")
    [run], [same] = plan(before, [SALES], PARTITIONS), plan(replace(before), [SALES], PARTITIONS)
    [again] = plan(replace(before, dirty_days=dirty(SALES, FIRST, mark=2)), [SALES], PARTITIONS)
    [elsewhere] = plan(replace(before, epoch="b"), [SALES], PARTITIONS)
    assert run.key == same.key
    assert len({run.key, again.key, elsewhere.key}) == 3


DAYS = st.dates(FIRST - timedelta(days=40), LAST + timedelta(days=40))
DIRTY = st.builds(
    lambda target, day, mark: DirtyDay(target.key, min(target.sources), day, mark),
    st.sampled_from(list(DAILY.values())),
    DAYS,
    st.integers(1, 5),
)
STALE = st.builds(
    lambda target, mark: StaleAsset(target.key, min(target.sources), mark),
    st.sampled_from(list(WHOLE.values())),
    st.integers(1, 5),
)
LEDGERS = st.builds(
    Ledger,
    dirty_days=st.frozensets(DIRTY, max_size=25),
    stale=st.frozensets(STALE, max_size=4),
    missing=st.frozensets(st.sampled_from(sorted(WHOLE)), max_size=2),
)


@given(LEDGERS)
@settings(max_examples=200)
def test_every_dirty_day_and_every_stale_asset_is_planned(ledger: Ledger) -> None:
    runs = plan(ledger, TARGETS, PARTITIONS)
    assert {(entry.asset, PARTITIONS.nearest(entry.day)) for entry in ledger.dirty_days} <= planned(runs)
    built = {key for run in runs for key in run.selection}
    assert {entry.asset for entry in ledger.stale} | ledger.missing <= built


@given(LEDGERS)
@settings(max_examples=200)
def test_nothing_clean_is_planned_but_bridged_gaps_and_what_is_built_on_what_changes(ledger: Ledger) -> None:
    runs = plan(ledger, TARGETS, PARTITIONS)
    linked = {SALES.key: {SALES.key, FEATURE.key}, FEATURE.key: {SALES.key, FEATURE.key}, SPEND.key: {SPEND.key}}
    for key, day in planned(runs):
        group = linked[key]
        days = {PARTITIONS.nearest(entry.day) for entry in ledger.dirty_days if entry.asset in group}
        before = max((other for other in days if other <= day), default=None)
        after = min((other for other in days if other >= day), default=None)
        assert before and after and (after - before).days <= BRIDGED_DAYS + 1
    changed = {key for key, _ in planned(runs)} | {entry.asset for entry in ledger.stale} | ledger.missing
    for key in {key for run in runs for key in run.selection} & WHOLE.keys():
        assert key in changed or WHOLE[key].upstream & changed


@given(LEDGERS)
@settings(max_examples=200)
def test_nothing_is_built_before_what_it_reads(ledger: Ledger) -> None:
    runs = plan(ledger, TARGETS, PARTITIONS)
    known = {target.key: target for target in TARGETS}
    for position, run in enumerate(runs):
        for later in runs[position + 1 :]:
            for key in run.selection:
                for above in known[key].upstream & set(later.selection):
                    assert key in DAILY and above in DAILY
                    assert run.days and later.days
                    assert run.days.last < later.days.first


@given(LEDGERS, st.randoms(use_true_random=False))
def test_the_order_of_targets_does_not_matter_and_the_same_ledger_gives_the_same_plan(
    ledger: Ledger, shuffle: random.Random
) -> None:
    shuffled = list(TARGETS)
    shuffle.shuffle(shuffled)
    runs = plan(ledger, TARGETS, PARTITIONS)
    assert plan(ledger, shuffled, PARTITIONS) == runs
    assert len({run.key for run in runs}) == len(runs)


@given(LEDGERS)
def test_planning_again_after_the_first_run_leaves_the_rest(ledger: Ledger) -> None:
    runs = plan(ledger, TARGETS, PARTITIONS)
    while runs:
        ledger = after(ledger, runs[0])
        remaining = plan(ledger, TARGETS, PARTITIONS)
        assert len(remaining) < len(runs)
        runs = remaining


def after(ledger: Ledger, run: RunPlan) -> Ledger:
    """The ledger when the run has succeeded."""
    selected = set(run.selection)
    return replace(
        ledger,
        dirty_days=frozenset(
            entry
            for entry in ledger.dirty_days
            if not (entry.asset in selected and run.days and PARTITIONS.nearest(entry.day) in run.days)
        ),
        stale=frozenset(entry for entry in ledger.stale if entry.asset not in selected),
        missing=ledger.missing - selected,
    )
